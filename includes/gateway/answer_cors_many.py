"""Answers as the gateway expects them, and web pages of other origins (CORS).

A REST API leaves CORS to the function: it allows the origin that asks, if it is one of `ORIGINS`.
"""

from typing import Any, Final

from .invocation import Event
from .request import Response

ORIGINS: Final = {
{% for origin in cors_origins.split(',') %}
    "{{ origin }}",
{% endfor %}
}
PREFLIGHT: Final = {
    "access-control-allow-headers": "authorization, content-type, idempotency-key, x-amz-date, "
    "x-amz-security-token, x-api-key, x-correlation-id",
    "access-control-allow-methods": "DELETE, GET, PATCH, POST, PUT",
    "access-control-max-age": "600",
}


def answer(event: Event, response: Response, correlation_id: str) -> dict[str, Any]:
    """Turn the response into what the gateway expects; a preflight has an answer of its own."""
    headers = {"x-correlation-id": correlation_id, **response.headers, "vary": "origin"}
    asked = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if asked.get("origin") in ORIGINS:
        headers["access-control-allow-origin"] = asked["origin"]
        headers["access-control-expose-headers"] = "location, x-correlation-id"
    if event.get("httpMethod") == "OPTIONS":
        return {"statusCode": 204, "headers": {**headers, **PREFLIGHT}, "body": ""}
    return {"statusCode": response.status, "headers": headers, "body": response.body}
