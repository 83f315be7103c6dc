# Managed by the template: see docs/updating.md.
"""An HTTP request and its answer, whichever gateway they pass through."""

from collections.abc import Mapping
from typing import NamedTuple


class Request(NamedTuple):
    """What a route is given. Header names are in lower case."""

    method: str
    path: str
    """As the routes name it: without the stage, or the base path of a custom domain, before it."""
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes
    caller: str
    """Who is calling, as the gateway established it."""

    def below(self, name: str) -> str:
        """A link to what is called `name` below this path.

        It is relative (RFC 3986, 5.2), because an HTTP API does not tell which base path the caller
        used.
        """
        return name if self.path.endswith("/") else f"{self.path.rpartition('/')[2]}/{name}"


class Response(NamedTuple):
    """An answer whose body is already JSON text."""

    status: int
    body: str
    headers: dict[str, str]


def routed(template: str, parameters: Mapping[str, str] | None, path: str) -> str:
    """The path that the gateway matched: its route's `template`, such as `/{proxy+}`, filled in.

    `path`, as the gateway gives it, begins with what is none of the routes' business: a REST API
    puts a custom domain's base path there, an HTTP API the stage, unless it is `$default`. It only
    tells whether there was a slash at the end, and stands in for a template that is empty.
    Sources: docs.aws.amazon.com/apigateway/latest/developerguide/
    http-api-develop-integrations-lambda.html; github.com/localstack/localstack/pull/12296
    """
    known = parameters or {}
    filled = "/".join(
        known.get(part.strip("{+}"), part) if part.startswith("{") else part
        for part in (template or path).split("/")
    )
    return filled.rstrip("/") + "/" * path.endswith("/")
