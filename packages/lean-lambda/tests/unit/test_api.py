"""The router: typed input, problem documents, and an OpenAPI document that matches."""

import json
from datetime import datetime
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct
from openapi_spec_validator import validate

from lean_lambda import http_api, metrics
from lean_lambda.api import (
    Api,
    HttpError,
)
from lean_lambda.aws import AwsError
from lean_lambda.documents import (
    DamagedDocumentError,
    InvalidDocumentError,
)
from lean_lambda.errors import (
    PermanentError,
    TransientError,
)
from lean_lambda.http_api import HttpApi
from lean_lambda.idempotency import (
    InProgress,
    KeyReused,
)
from lean_lambda.request import (
    Request,
    Response,
)
from lean_lambda.routes import MAX_BODY_BYTES
from lean_lambda.testing.context import FakeContext
from lean_lambda.testing.hostile import problem_or_success, requests
from lean_lambda.testing.http_api import request_event


class Parcel(Struct, forbid_unknown_fields=True):
    """Something to send."""

    weight: Annotated[int, Meta(ge=1)]
    ready_at: datetime | None = None


class Search(Struct, forbid_unknown_fields=True):
    """What to look for."""

    word: str
    limit: Annotated[int, Meta(ge=1, le=100)] = 10


class LostError(Exception):
    """An error of the domain."""


class ClosedError(TransientError):
    """What the service answers while it is switched off."""


api = Api("parcels", "1", HttpApi(http_api.anyone), problems={LostError: 410, ClosedError: 503})
raised: list[Exception] = []


@api.post("/parcels", status=201, requires=("x-shop",))
def send(request: Request, parcel: Parcel) -> Parcel:
    """Send a parcel."""
    assert request.headers["x-shop"]
    return parcel


@api.get("/parcels")
def search(request: Request, query: Search) -> Search:
    """Look for parcels."""
    assert request.method == "GET"
    return query


@api.get("/shelves/{number}")
def shelf(request: Request, number: Annotated[int, Meta(ge=1)]) -> Parcel:
    """Read what is on a shelf."""
    assert request.method == "GET"
    return Parcel(number)


@api.get("/parcels/{number}/label", returns=Parcel)
def label(request: Request, number: str) -> Response:
    """Read a label."""
    return Response(200, json.dumps({"caller": request.caller, "number": number}), {"etag": "1"})


@api.put("/failing")
def fail(request: Request) -> Parcel:
    """Fail as told."""
    assert request.path == "/failing"
    raise raised[-1]


def call(method: str, path: str, **parts: Any) -> tuple[int, Any, dict[str, str]]:
    answer = api.handle(request_event(method, path, **parts), FakeContext())
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def send_parcel(body: Any, **headers: str) -> tuple[int, Any, dict[str, str]]:
    text = body if isinstance(body, str) else json.dumps(body)
    return call("POST", "/parcels", body=text, headers={"X-Shop": "1", **headers})


def test_a_valid_body_reaches_the_route_and_its_result_is_the_answer() -> None:
    status, body, headers = send_parcel({"weight": 3})
    assert (status, body) == (201, {"weight": 3, "ready_at": None})
    assert headers["content-type"] == "application/json"


def test_a_body_may_come_in_base64() -> None:
    event = request_event("POST", "/parcels", body="eyJ3ZWlnaHQiOiAzfQ==", headers={"x-shop": "1"})
    assert api.handle({**event, "isBase64Encoded": True}, FakeContext())["statusCode"] == 201


def test_a_query_is_typed_and_has_its_defaults() -> None:
    assert call("GET", "/parcels", query={"word": "a", "limit": "5"})[1] == {
        "word": "a",
        "limit": 5,
    }
    assert call("GET", "/parcels", query={"word": "a"})[1]["limit"] == 10


def test_a_path_parameter_reaches_the_route_and_an_answer_may_be_made_by_hand() -> None:
    status, body, headers = call("GET", "/parcels/17/label")
    assert status == 200
    assert body["number"] == "17"
    assert headers["etag"] == "1"


@pytest.mark.parametrize(
    ("method", "path", "parts", "status", "detail"),
    [
        ("GET", "/nothing", {}, 404, "nothing at this path"),
        ("GET", "/parcels/1/2/3", {}, 404, "nothing at this path"),
        ("GET", "/parcels//label", {}, 404, "nothing at this path"),
        ("GET", f"/parcels/{'x' * 257}/label", {}, 404, "nothing at this path"),
        ("GET", "/parcels/\ud800/label", {}, 400, "must be text"),
        ("GET", "/parcels", {"query": {"word": "\ud800"}}, 400, "must be text"),
        ("POST", "/parcels", {"body": '"\ud800"', "headers": {"x-shop": "1"}}, 400, "neither text"),
        ("POST", "/parcels", {"body": "[" * 9**5, "headers": {"x-shop": "1"}}, 400, "array"),
        ("GET", "/shelves/0", {}, 404, "nothing at this path"),
        ("GET", "/shelves/first", {}, 404, "nothing at this path"),
        ("DELETE", "/parcels", {}, 405, "other methods"),
        ("POST", "/parcels", {"body": "{}"}, 400, "x-shop is required"),
        ("GET", "/parcels", {"query": {"word": "a", "limit": "no"}}, 400, "Expected `int`"),
        ("GET", "/parcels", {"query": {"word": "a", "limit": "999"}}, 400, "<= 100"),
        ("GET", "/parcels", {"query": {"word": "a", "x": "1"}}, 400, "unknown field `x`"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(
    method: str, path: str, parts: dict[str, Any], status: int, detail: str
) -> None:
    answered, problem, headers = call(method, path, **parts)
    assert answered == problem["status"] == status
    assert detail in problem["detail"]
    assert problem["id"] == "request-1"
    assert headers["content-type"] == "application/problem+json"


def test_a_body_of_another_kind_or_too_large_is_refused() -> None:
    assert send_parcel("weight=3", **{"Content-Type": "text/plain"})[0] == 415
    assert send_parcel({"weight": 1, "pad": "x" * MAX_BODY_BYTES})[0] == 413


def test_a_path_parameter_is_of_the_type_that_the_route_gives_it() -> None:
    assert call("GET", "/shelves/17")[1]["weight"] == 17


def test_a_refusal_repeats_little_of_the_request() -> None:
    status, problem, _ = send_parcel({"weight": 1, "x\n" * 50_000: 1})
    assert status == 400
    assert "unknown field" in problem["detail"]
    assert len(problem["detail"]) < 400
    assert problem["detail"].isprintable()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_json_body_is_ever_an_internal_error(body: Any) -> None:
    assert send_parcel(body)[0] in {201, 400}


@given(
    requests(request_event, "/parcels", "/parcels/1/label", "/shelves/1", query=("word", "limit"))
)
def test_no_request_is_ever_an_internal_error(event: dict[str, Any]) -> None:
    answer = api.handle(event, FakeContext())
    assert answer["statusCode"] in {200, 201, 400, 404, 405, 415}
    assert problem_or_success(answer)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (HttpError(418, "short and stout"), 418),
        (LostError("it is gone"), 410),
        (PermanentError("no"), 400),
        (KeyReused("no"), 422),
        (InProgress("not yet"), 409),
        (TransientError("not now"), 503),
    ],
)
def test_a_known_error_has_its_status_and_says_why(error: Exception, status: int) -> None:
    raised.append(error)
    answered, problem, _ = call("PUT", "/failing")
    assert (answered, problem["detail"]) == (status, str(error))


def test_a_throttled_aws_call_asks_the_caller_to_come_back() -> None:
    raised.append(AwsError("ThrottlingException", "slow down", status=400, retryable=True))
    status, _, headers = call("PUT", "/failing")
    assert (status, headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(
    "error",
    [
        DamagedDocumentError("secret inside"),
        InvalidDocumentError("secret inside, of another service's answer"),
        RuntimeError("secret inside"),
        AwsError("AccessDenied", "secret inside", status=400),
    ],
)
def test_an_unknown_error_is_a_500_that_tells_nothing_of_the_inside(error: Exception) -> None:
    raised.append(error)
    status, problem, _ = call("PUT", "/failing")
    assert status == 500
    assert "secret" not in json.dumps(problem)
    assert problem["id"] == "request-1"


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (RuntimeError("a bug"), 1),
        (AwsError("ThrottlingException", status=400, retryable=True), 1),
        (TransientError("the warehouse is away"), 1),
        (HttpError(503, "closed for today"), None),
        (ClosedError("closed for today"), None),
        (LostError("it was here yesterday"), None),
    ],
)
def test_a_failure_is_counted_and_an_answer_that_was_chosen_is_not(
    error: Exception, counted: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics.flush()
    metrics.add("RequestsSeen")
    raised.append(error)
    call("PUT", "/failing")
    metrics.flush()
    (line,) = (json.loads(one) for one in capsys.readouterr().out.splitlines() if "Seen" in one)
    assert line.get("RequestFailed") == counted


@pytest.mark.parametrize("given_id", ["from-outside", "x" * 128])
def test_a_correlation_id_is_taken_over_and_given_back(given_id: str) -> None:
    headers = call("GET", "/parcels/1/label", headers={"X-Correlation-Id": given_id})[2]
    assert headers["x-correlation-id"] == given_id


@pytest.mark.parametrize("given_id", ["", "x" * 129, "two\nlines", "<script>", "é"])
def test_a_correlation_id_that_could_harm_the_logs_is_not_taken_over(given_id: str) -> None:
    headers = call("GET", "/parcels/1/label", headers={"x-correlation-id": given_id})[2]
    assert headers["x-correlation-id"] == "request-1"


def test_the_openapi_document_is_valid_and_has_exactly_the_routes() -> None:
    status, document, _ = call("GET", "/openapi.json")
    assert status == 200
    validate(document)
    operations = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item
    }
    assert operations == {(r.method, "/" + "/".join(r.segments)) for r in api.routes}


def test_the_openapi_document_lists_a_query_once_as_parameters() -> None:
    queries = Api("words", "1", HttpApi(http_api.anyone))
    queries.get("/words", returns=Parcel)(search)
    document = queries.openapi()
    validate(document)
    assert "Search" not in document["components"]["schemas"]


def test_the_openapi_document_tells_body_query_path_and_headers() -> None:
    paths = api.openapi()["paths"]
    body = paths["/parcels"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Parcel"}
    assert paths["/parcels"]["post"]["parameters"] == [
        {"name": "x-shop", "in": "header", "required": True, "schema": {"type": "string"}}
    ]
    query = {p["name"]: p["required"] for p in paths["/parcels"]["get"]["parameters"]}
    assert query == {"word": True, "limit": False}
    (number,) = paths["/parcels/{number}/label"]["get"]["parameters"]
    assert (number["name"], number["in"]) == ("number", "path")
    assert number["schema"] == {"type": "string", "minLength": 1, "maxLength": 256}
    (shelf,) = paths["/shelves/{number}"]["get"]["parameters"]
    assert shelf["schema"] == {"type": "integer", "minimum": 1}


def test_the_openapi_document_is_relative_to_where_it_is_read() -> None:
    assert api.openapi()["servers"] == [{"url": "."}]


def test_what_a_function_takes_and_gives_is_said_by_its_annotations() -> None:
    route = next(route for route in api.routes if route.function is send)
    assert (route.accepts, route.returns) == (Parcel, Parcel)


def test_a_function_that_makes_the_response_itself_says_what_is_in_it() -> None:
    def make(request: Request) -> Response:
        return Response(200, request.path, {})

    with pytest.raises(TypeError, match="make: say what the answer holds, with returns="):
        api.post("/made")(make)


def test_a_function_that_takes_no_parameter_of_its_path_is_refused() -> None:
    def read(request: Request) -> Parcel:
        raise AssertionError(request)

    with pytest.raises(TypeError, match="read: expected the request, one input at most"):
        api.get("/a/{number}")(read)


def test_a_function_that_takes_two_inputs_is_refused() -> None:
    def merge(request: Request, one: Parcel, other: Search) -> Parcel:
        raise AssertionError(request, one, other)

    with pytest.raises(TypeError, match="merge: expected the request, one input at most"):
        api.patch("/merged")(merge)


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_each_method_has_a_decorator(method: str) -> None:
    other = Api("other", "1", HttpApi(http_api.anyone))
    getattr(other, method)("/a", returns=Parcel)(fail)
    (route,) = other.routes
    assert (route.method, route.status) == (method.upper(), 200)


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_what_writes_may_answer_with_another_status(method: str) -> None:
    other = Api("other", "1", HttpApi(http_api.anyone))
    getattr(other, method)("/a", returns=Parcel, status=202, requires=("x-shop",))(fail)
    (route,) = other.routes
    assert (route.status, route.requires) == (202, ("x-shop",))
