"""One operation of an API: what it is called for, with what, and what it gives."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, NamedTuple, get_type_hints

from msgspec import Meta

from .documents import InvalidDocumentError, convert, decode
from .request import Request, Response

MAX_BODY_BYTES: Final = 256 * 1024

Segment = Annotated[str, Meta(min_length=1, max_length=256)]
"""A path parameter of the type `str`: at most the 1,024 bytes that a sort key of DynamoDB holds."""


class HttpError(Exception):
    """An answer other than success, chosen by a route."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})


class Route(NamedTuple):
    """One operation of the API; `accepts` is the body's form, or the query's for GET and DELETE."""

    method: str
    segments: tuple[str, ...]
    function: Callable[..., Any]
    accepts: type | None
    returns: type
    status: int
    requires: tuple[str, ...]
    parameters: Mapping[str, Any]
    """The types of the path's parameters."""

    def match(self, path: tuple[str, ...]) -> dict[str, Any] | None:
        """The path parameters, or None when the path is another or one is not of its type."""
        if len(path) != len(self.segments):
            return None
        found: dict[str, Any] = {}
        for expected, given in zip(self.segments, path, strict=True):
            if expected.startswith("{"):
                found[expected[1:-1]] = given
            elif expected != given:
                return None
        try:
            return {
                name: convert(self.parameters[name], given, strict=False)
                for name, given in found.items()
            }
        except InvalidDocumentError:
            return None

    def input(self, request: Request) -> list[Any]:
        """The typed input, checked; empty when the route takes none."""
        try:
            return self._input(request)
        except InvalidDocumentError as error:
            raise HttpError(400, str(error)) from error

    def _input(self, request: Request) -> list[Any]:
        for name in self.requires:
            if not request.headers.get(name):
                raise HttpError(400, f"the header {name} is required")
        if self.accepts is None:
            return []
        if self.method in {"GET", "DELETE"}:
            return [convert(self.accepts, request.query, strict=False)]
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
        if kind.lower() != "application/json":
            raise HttpError(415, "the body must be application/json")
        if len(request.body) > MAX_BODY_BYTES:
            raise HttpError(413, f"the body must be at most {MAX_BODY_BYTES} bytes")
        return [decode(self.accepts, request.body)]


def route_of(
    function: Callable[..., Any],
    method: str,
    path: str,
    *,
    returns: type | None,
    status: int,
    requires: tuple[str, ...],
) -> Route:
    """The operation that a function's annotations describe.

    Its arguments are the request, the typed input if it takes one, and the path's parameters by
    name. Raises `TypeError` for a function that is not of this form.
    """
    segments = segments_of(path)
    named = [segment[1:-1] for segment in segments if segment.startswith("{")]
    types = get_type_hints(function, include_extras=True)
    given = types.pop("return", None)
    inputs = [kind for name, kind in types.items() if name not in named and kind is not Request]
    if len(inputs) > 1 or not types.keys() >= set(named):
        raise TypeError(f"{function.__name__}: expected the request, one input at most, and {path}")
    if (returns or given) in {None, Response}:
        raise TypeError(f"{function.__name__}: say what the answer holds, with returns=...")
    return Route(
        method=method,
        segments=segments,
        function=function,
        accepts=inputs[0] if inputs else None,
        returns=returns or given,
        status=status,
        requires=requires,
        parameters={name: Segment if types[name] is str else types[name] for name in named},
    )


def segments_of(path: str) -> tuple[str, ...]:
    """The parts of a path between its slashes."""
    return tuple(path.strip("/").split("/"))
