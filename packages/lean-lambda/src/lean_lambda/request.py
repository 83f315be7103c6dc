"""An HTTP request and its answer, whichever gateway they pass through."""

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
