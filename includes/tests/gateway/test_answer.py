"""Answers to the gateway."""

from {{ package_name }}.runtime.answer import answer
from {{ package_name }}.runtime.request import Response


def test_an_answer_has_the_correlation_id_beside_its_own_headers() -> None:
    assert answer({}, Response(201, "{}", {"etag": "1"}), "c-1") == {
        "statusCode": 201,
        "headers": {"x-correlation-id": "c-1", "etag": "1"},
        "body": "{}",
    }
