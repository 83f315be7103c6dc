"""Requests as an HTTP API sends them (payload format 2.0)."""

from base64 import b64decode
{% if api_auth != 'none' %}
from typing import Any
{% endif %}

from .invocation import Event
from .request import Request


def read(event: Event) -> Request:
    """Turn the event into a `Request`."""
    context = event["requestContext"]
    body = event.get("body") or ""
    return Request(
        method=context["http"]["method"],
        path=event["rawPath"],
        headers={name.lower(): value for name, value in event.get("headers", {}).items()},
        query=event.get("queryStringParameters") or {},
        body=b64decode(body) if event.get("isBase64Encoded") else body.encode(),
{% if api_auth == 'none' %}
        caller="anonymous",
{% else %}
        caller=_caller(context),
{% endif %}
    )
