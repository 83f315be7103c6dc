"""Answers to the gateway: web pages of the chosen origin may read them, whoever asked first."""

import pytest

from {{ package_name }}.runtime.answer import answer
from {{ package_name }}.runtime.request import Response

from tests.fakes.http import request_event

RESPONSE = Response(201, "{}", {"etag": "1"})
ORIGIN = "{{ cors_origins }}"


def test_an_answer_has_the_correlation_id_beside_its_own_headers() -> None:
    answered = answer(request_event("GET", "/orders"), RESPONSE, "c-1")
    assert (answered["statusCode"], answered["body"]) == (201, "{}")
    assert (answered["headers"]["x-correlation-id"], answered["headers"]["etag"]) == ("c-1", "1")


@pytest.mark.parametrize("headers", [{}, {"Origin": ORIGIN}, {"origin": "https://elsewhere.test"}])
def test_the_chosen_origin_and_no_other_is_allowed(headers: dict[str, str]) -> None:
    answered = answer(request_event("GET", "/orders", headers=headers), RESPONSE, "c-1")
    assert answered["headers"]["access-control-allow-origin"] == ORIGIN


def test_a_preflight_is_told_what_may_be_sent() -> None:
    answered = answer(request_event("OPTIONS", "/orders"), RESPONSE, "c-1")
    assert answered["statusCode"] == 204
    assert "POST" in answered["headers"]["access-control-allow-methods"]
    assert "idempotency-key" in answered["headers"]["access-control-allow-headers"]
