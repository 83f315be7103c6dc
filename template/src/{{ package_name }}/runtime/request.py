# Managed by the template: see docs/updating.md.
"""An HTTP request and its answer, whichever gateway they pass through."""

from typing import NamedTuple


class Request(NamedTuple):
    """What a route is given. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes
    caller: str
    """Who is calling, as the gateway established it."""


class Response(NamedTuple):
    """An answer whose body is already JSON text."""

    status: int
    body: str
    headers: dict[str, str]
