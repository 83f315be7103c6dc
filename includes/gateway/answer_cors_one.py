"""Answers as the gateway expects them, and web pages of another origin (CORS).

A REST API leaves CORS to the function. The one origin is allowed whoever asks, so that an answer is
right for that page also when it was made for somebody else.
"""

from typing import Any, Final

from .invocation import Event
from .request import Response

CORS: Final = {
    "access-control-allow-origin": "{{ cors_origins }}",
    "access-control-expose-headers": "location, x-correlation-id",
}
PREFLIGHT: Final = {
    "access-control-allow-headers": "authorization, content-type, idempotency-key, x-amz-date, "
    "x-amz-security-token, x-api-key, x-correlation-id",
    "access-control-allow-methods": "DELETE, GET, PATCH, POST, PUT",
    "access-control-max-age": "600",
}


def answer(event: Event, response: Response, correlation_id: str) -> dict[str, Any]:
    """Turn the response into what the gateway expects; a preflight has an answer of its own."""
    headers = {"x-correlation-id": correlation_id, **response.headers, **CORS}
    if event.get("httpMethod") == "OPTIONS":
        return {"statusCode": 204, "headers": {**headers, **PREFLIGHT}, "body": ""}
    return {"statusCode": response.status, "headers": headers, "body": response.body}
