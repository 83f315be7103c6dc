"""Requests as an HTTP API sends them (payload format 2.0)."""

from base64 import b64decode
{% if api_auth != 'none' %}
from typing import Any
{% endif %}

{% if api_auth in ['jwt', 'authorizer'] %}
from .errors import PermanentError, UnknownCaller
{% else %}
from .errors import PermanentError
{% endif %}
from .invocation import Event
from .request import Request, routed


def read(event: Event) -> Request:
    """Turn the event into a `Request`."""
    context = event["requestContext"]
    return Request(
        method=context["http"]["method"],
        path=routed(
            event["routeKey"].partition(" ")[2], event.get("pathParameters"), event["rawPath"]
        ),
        headers={name.lower(): value for name, value in event.get("headers", {}).items()},
        query=event.get("queryStringParameters") or {},
        body=_body(event),
{% if api_auth == 'none' %}
        caller="anonymous",
{% else %}
        caller=_caller(context),
{% endif %}
    )


def _body(event: Event) -> bytes:
    body = event.get("body") or ""
    try:
        return b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:  # a lone surrogate is a ValueError, too
        raise PermanentError("the body is neither text nor base64") from None
