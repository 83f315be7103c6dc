"""Answers as the gateway expects them."""

from typing import Any

from .invocation import Event
from .request import Response


def answer(_event: Event, response: Response, correlation_id: str) -> dict[str, Any]:
    """Turn the response into what the gateway expects."""
    return {
        "statusCode": response.status,
        "headers": {"x-correlation-id": correlation_id, **response.headers},
        "body": response.body,
    }
