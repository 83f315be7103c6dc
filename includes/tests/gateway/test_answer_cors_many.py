"""Answers to the gateway: web pages of the chosen origins may read them, others may not."""

import pytest

from {{ package_name }}.runtime.answer import (
    ORIGINS,
    answer,
)
from {{ package_name }}.runtime.request import Response

from tests.fakes.http import request_event

RESPONSE = Response(201, "{}", {"etag": "1"})


def test_an_answer_has_the_correlation_id_beside_its_own_headers() -> None:
    answered = answer(request_event("GET", "/orders"), RESPONSE, "c-1")
    assert (answered["statusCode"], answered["body"]) == (201, "{}")
    assert answered["headers"] == {"x-correlation-id": "c-1", "etag": "1", "vary": "origin"}


@pytest.mark.parametrize("origin", sorted(ORIGINS))
def test_each_chosen_origin_is_allowed(origin: str) -> None:
    event = request_event("GET", "/orders", headers={"Origin": origin})
    assert answer(event, RESPONSE, "c-1")["headers"]["access-control-allow-origin"] == origin


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_no_other_origin_is_allowed(origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        event = request_event(method, "/orders", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer(event, RESPONSE, "c-1")["headers"]


def test_a_preflight_is_told_what_may_be_sent() -> None:
    event = request_event("OPTIONS", "/orders", headers={"origin": min(ORIGINS)})
    answered = answer(event, RESPONSE, "c-1")
    assert answered["statusCode"] == 204
    assert "POST" in answered["headers"]["access-control-allow-methods"]
    assert "idempotency-key" in answered["headers"]["access-control-allow-headers"]
