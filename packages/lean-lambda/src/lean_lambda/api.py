"""A small router: typed input, JSON answers, errors as problem documents (RFC 9457), OpenAPI.

    api = Api("Orders", "1.0.0", HttpApi(caller=iam), problems={OrderNotFoundError: 404})

    @api.post("/orders", status=201)
    def place_order(request: Request, new: NewOrder) -> Order: ...

    @api.get("/orders/{order_id}")
    def get_order(request: Request, order_id: str) -> Order: ...

The gateway sends every path here, so a new route needs no change of infrastructure.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from . import log, metrics
from .documents import InvalidDocumentError, encode
from .errors import (
    AwsError,
    InProgress,
    KeyReused,
    PermanentError,
    TransientError,
    UnknownCaller,
)
from .gateway import Gateway
from .invocation import Context, Event
from .request import Request, Response
from .routes import HttpError, Route, route_of, segments_of

__all__ = ["Api", "HttpError", "Problem"]

type Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

Problems = Mapping[type[Exception], int]


class Problem(msgspec.Struct, omit_defaults=True):
    """An error as the caller sees it (RFC 9457). `id` finds the request in the logs."""

    title: str
    status: int
    detail: str
    id: str
    type: str = "about:blank"


class Api:
    """The routes of one function, and how its errors are told.

    `gateway` is what calls it. `problems` says which status a domain error becomes; an error that
    is neither listed there nor known to this package becomes a 500 that reveals no internals. So
    does an invalid document that is no part of the request: a damaged one that was stored, or the
    answer of another service.
    """

    def __init__(
        self, title: str, version: str, gateway: Gateway, problems: Problems | None = None
    ) -> None:
        self.title = title
        self.version = version
        self._gateway = gateway
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

    def get(
        self, path: str, *, returns: type | None = None, requires: tuple[str, ...] = ()
    ) -> Decorator:
        """Register a function that reads; its typed input is the query."""
        return self.route("GET", path, returns=returns, requires=requires)

    def post(
        self,
        path: str,
        *,
        status: int = 200,
        returns: type | None = None,
        requires: tuple[str, ...] = (),
    ) -> Decorator:
        """Register a function that creates or acts; its typed input is the body."""
        return self.route("POST", path, status=status, returns=returns, requires=requires)

    def put(
        self,
        path: str,
        *,
        status: int = 200,
        returns: type | None = None,
        requires: tuple[str, ...] = (),
    ) -> Decorator:
        """Register a function that replaces; its typed input is the body."""
        return self.route("PUT", path, status=status, returns=returns, requires=requires)

    def patch(
        self,
        path: str,
        *,
        status: int = 200,
        returns: type | None = None,
        requires: tuple[str, ...] = (),
    ) -> Decorator:
        """Register a function that changes a part; its typed input is the body."""
        return self.route("PATCH", path, status=status, returns=returns, requires=requires)

    def delete(
        self, path: str, *, returns: type | None = None, requires: tuple[str, ...] = ()
    ) -> Decorator:
        """Register a function that deletes; its typed input is the query."""
        return self.route("DELETE", path, returns=returns, requires=requires)

    def route(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        returns: type | None = None,
        requires: tuple[str, ...] = (),
    ) -> Decorator:
        """Register a function for a method and a path such as `/orders/{order_id}`.

        It is called with the request, the typed input if it takes one, and the path parameters by
        name. Its annotations say of which form they are, and what is answered; a function that
        makes the `Response` itself names that with `returns`. `requires` names the headers that
        must be there.
        """

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            self.routes.append(
                route_of(function, method, path, returns=returns, status=status, requires=requires)
            )
            return function

        return register

    def handle(self, event: Event, context: Context) -> dict[str, Any]:
        """Answer the gateway's event."""
        try:
            request = self._gateway.read(event)
            given = request.headers.get("x-correlation-id", "")
            log.correlate(given, context.aws_request_id)
            response = self._answer(request)
        except Exception as error:  # whatever it is, the caller gets an answer
            response = self._refuse(error, context.aws_request_id)
        return self._gateway.answer(event, response, log.correlation_id())

    def openapi(self) -> dict[str, Any]:
        """The API as an OpenAPI 3.1 document."""
        from .openapi import describe  # seldom asked for

        return describe(self.title, self.version, self.routes, Problem)

    def _answer(self, request: Request) -> Response:
        if not _is_text(request):
            raise HttpError(400, "path, query and headers must be text")
        path = segments_of(request.path)
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


def _json(status: int, body: str) -> Response:
    return Response(status, body, {"content-type": "application/json"})
