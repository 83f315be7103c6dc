# Managed by the template: see docs/updating.md.
"""A small router: typed input, JSON answers, errors as problem documents (RFC 9457), OpenAPI.

    api = Api("Orders", "1.0.0", problems={OrderNotFoundError: 404})

    @api.route("POST", "/orders", accepts=NewOrder, returns=Order, status=201)
    def place_order(request: Request, new: NewOrder) -> Order: ...

The gateway sends every path here, so a new route needs no change of infrastructure.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple, get_type_hints

import msgspec
from msgspec import Meta

from . import log, metrics
from .answer import answer
from .documents import InvalidDocumentError, convert, decode, encode
from .errors import (
    AwsError,
    InProgress,
    KeyReused,
    PermanentError,
    TransientError,
    UnknownCaller,
)
from .gateway import read
from .invocation import Context, Event
from .request import Request, Response

MAX_BODY_BYTES: Final = 256 * 1024

Problems = Mapping[type[Exception], int]
Segment = Annotated[str, Meta(min_length=1, max_length=256)]
"""A path parameter of the type `str`: at most the 1,024 bytes that a sort key of DynamoDB holds."""


class Problem(msgspec.Struct, omit_defaults=True):
    """An error as the caller sees it (RFC 9457). `id` finds the request in the logs."""

    title: str
    status: int
    detail: str
    id: str
    type: str = "about:blank"


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


class Api:
    """The routes of one function, and how its errors are told.

    `problems` says which status a domain error becomes; an error that is not listed there, nor
    known to the runtime, becomes a 500 that tells nothing of its inside. So does an invalid
    document that is no part of the request: a damaged one that was stored, or another's answer.
    """

    def __init__(self, title: str, version: str, problems: Problems | None = None) -> None:
        self.title = title
        self.version = version
        self.routes: list[Route] = []
        self._problems: Problems = {
            **(problems or {}),
            InProgress: 409,
            KeyReused: 422,
            UnknownCaller: 403,
            PermanentError: 400,
            TransientError: 503,
        }
        self._chosen = (HttpError, *(problems or ()))

    def route(  # noqa: PLR0913 (all but two by name)
        self,
        method: str,
        path: str,
        *,
        returns: type,
        accepts: type | None = None,
        status: int = 200,
        requires: tuple[str, ...] = (),
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a function for a method and a path such as `/orders/{order_id}`.

        It is called with the request, the typed input if the route accepts one, and the path
        parameters by name, which must fit the types that it gives them. `requires` names the
        headers that must be there.
        """
        segments = _segments(path)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            types = get_type_hints(function, include_extras=True)
            parameters = {
                name: Segment if types[name] is str else types[name]
                for name in (segment[1:-1] for segment in segments if segment.startswith("{"))
            }
            self.routes.append(
                Route(method, segments, function, accepts, returns, status, requires, parameters)
            )
            return function

        return register

    def handle(self, event: Event, context: Context) -> dict[str, Any]:
        """Answer the gateway's event."""
        try:
            request = read(event)
            given = request.headers.get("x-correlation-id", "")
            log.correlate(given, context.aws_request_id)
            response = self._answer(request)
        except Exception as error:  # noqa: BLE001 (whatever it is, the caller gets an answer)
            response = self._refuse(error, context.aws_request_id)
        return answer(event, response, log.correlation_id())

    def openapi(self) -> dict[str, Any]:
        """The API as an OpenAPI 3.1 document."""
        from .openapi import describe  # noqa: PLC0415 (seldom asked for)

        return describe(self.title, self.version, self.routes, Problem)

    def _answer(self, request: Request) -> Response:
        if not _is_text(request):
            raise HttpError(400, "path, query and headers must be text")
        path = _segments(request.path)
        if request.method == "GET" and path == ("openapi.json",):
            return _json(200, encode(self.openapi()))
        allowed: list[str] = []
        for route in self.routes:
            parameters = route.match(path)
            if parameters is None:
                continue
            if route.method != request.method:
                allowed.append(route.method)
                continue
            result = route.function(request, *route.input(request), **parameters)
            return result if isinstance(result, Response) else _json(route.status, encode(result))
        if allowed:
            raise HttpError(405, "this path has other methods", {"allow": ", ".join(allowed)})
        raise HttpError(404, "there is nothing at this path")

    def _refuse(self, error: Exception, request_id: str) -> Response:
        status, detail, headers = self._judge(error)
        detail = log.readable(detail)
        # An answer that a route or `problems` chose, such as a 503 while closed, is no failure.
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, self._chosen):
            log.logger.error("request failed", exc_info=error, extra={"status": status})
            metrics.add("RequestFailed")
        else:
            log.logger.info("request refused", extra={"status": status, "detail": detail})
        problem = Problem(HTTPStatus(status).phrase, status, detail, request_id)
        return Response(
            status, encode(problem), {"content-type": "application/problem+json", **headers}
        )

    def _judge(self, error: Exception) -> tuple[int, str, dict[str, str]]:
        if isinstance(error, HttpError):
            return error.status, str(error), error.headers
        for kind, status in self._problems.items():
            if isinstance(error, kind) and not isinstance(error, InvalidDocumentError):
                retry = {"retry-after": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
                return status, str(error), retry
        if isinstance(error, AwsError) and error.retryable:
            return 503, "the service is busy; try again shortly", {"retry-after": "1"}
        return 500, "the request failed; give the id when you report it", {}


def _is_text(request: Request) -> bool:
    """Whether there is no lone surrogate, which JSON can bring in and nothing can write."""
    texts = (request.path, *request.headers.values(), *request.query, *request.query.values())
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True


def _segments(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


def _json(status: int, body: str) -> Response:
    return Response(status, body, {"content-type": "application/json"})
