"""Requests as a REST API sends them (payload format 1.0)."""

from base64 import b64decode
{% if api_auth != 'none' %}
from typing import Any
{% endif %}

from .invocation import Event
from .request import Request


def read(event: Event) -> Request:
    """Turn the event into a `Request`."""
    body = event.get("body") or ""
    return Request(
        method=event["httpMethod"],
        path=event["path"],
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        query=event.get("queryStringParameters") or {},
        body=b64decode(body) if event.get("isBase64Encoded") else body.encode(),
{% if api_auth == 'none' %}
        caller="anonymous",
{% else %}
        caller=_caller(event["requestContext"]),
{% endif %}
    )
