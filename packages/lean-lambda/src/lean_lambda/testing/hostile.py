"""Texts, documents and requests as nobody sends them who means well."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

_LONG = 2_500
_short = st.text(st.characters(codec=None))  # with lone surrogates, which JSON can bring in
_long = st.sampled_from(["x", "é", "\n", '"', "\ud800"]).map(lambda letter: letter * _LONG)

texts = _short | _long
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
).map(json.dumps)
deep = st.sampled_from(["[", '{"a":', '[{"lines":']).map(lambda text: text * _LONG)
bodies = documents | deep | texts

MakeRequest = Callable[..., dict[str, Any]]
_HEADERS = ["content-type", "idempotency-key", "origin", "x-correlation-id"]
_base64 = st.binary().map(lambda raw: b64encode(raw).decode())


@st.composite
def requests(
    draw: st.DrawFn, make: MakeRequest, *paths: str, query: tuple[str, ...] = ("",)
) -> dict[str, Any]:
    """An event that `make` makes, to one of the paths or near it, with anything in every part.

    `make` is `request_event` of `testing.http_api` or `testing.rest_api`.
    """
    path = draw(st.sampled_from(paths))
    event = make(
        draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"]) | texts),
        path + draw(st.just("") | texts.map("/".__add__)),
        body=draw(st.none() | bodies | _base64),
        headers=draw(st.dictionaries(st.sampled_from(_HEADERS) | texts, texts, max_size=5)),
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
