"""Requests as a REST API sends them (payload format 1.0)."""

from base64 import b64decode
from typing import Any, Final

from .invocation import Event
from .request import Request

_CALLER: Final[tuple[str, ...]] = {{ caller_path }}


def read(event: Event) -> Request:
    """Turn the event into a `Request`."""
    body = event.get("body") or ""
    return Request(
        method=event["httpMethod"],
        path=event["path"],
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        query=event.get("queryStringParameters") or {},
        body=b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        caller=_caller(event["requestContext"]),
    )


def _caller(context: Any) -> str:
    for name in _CALLER:
        context = (context or {}).get(name)
    return context if _CALLER and context else "anonymous"
