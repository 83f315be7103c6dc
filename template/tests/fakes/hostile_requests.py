# Managed by the template: see docs/updating.md.
"""Requests as nobody sends them who means well."""

import json
from base64 import b64encode
from typing import Any

from hypothesis import strategies as st

from tests.fakes.hostile import bodies, texts
from tests.fakes.http import request_event

HEADERS = ["content-type", "idempotency-key", "origin", "x-correlation-id"]
base64 = st.binary().map(lambda raw: b64encode(raw).decode())


@st.composite
def requests(draw: st.DrawFn, *paths: str, query: tuple[str, ...] = ("",)) -> dict[str, Any]:
    """An event of the gateway, to one of the paths or near it, with anything in every part."""
    path = draw(st.sampled_from(paths))
    event = request_event(
        draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"]) | texts),
        path + draw(st.just("") | texts.map("/".__add__)),
        body=draw(st.none() | bodies | base64),
        headers=draw(st.dictionaries(st.sampled_from(HEADERS) | texts, texts, max_size=5)),
        query=draw(st.dictionaries(st.sampled_from(query) | texts, texts, max_size=5)),
    )
    return {**event, "isBase64Encoded": draw(st.booleans())}


def problem_or_success(answer: dict[str, Any]) -> bool:
    """Whether an answer can be handed on by Lambda, and says as JSON what is wrong if anything.

    Lambda writes it in UTF-8 and without escapes, so that half a character ends the invocation:
    github.com/aws/aws-lambda-python-runtime-interface-client, lambda_runtime_marshaller.py
    """
    json.dumps(answer, ensure_ascii=False).encode()
    body = json.loads(answer["body"])
    return answer["statusCode"] < 300 or (
        answer["headers"]["content-type"] == "application/problem+json"
        and body["status"] == answer["statusCode"]
        and len(body["detail"]) < 400
    )
