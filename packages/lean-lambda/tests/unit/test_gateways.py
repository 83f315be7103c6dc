"""The events of both kinds of API Gateway, as requests; and what is answered."""

from typing import Any

import pytest

from lean_lambda import http_api, rest_api
from lean_lambda.errors import PermanentError, UnknownCaller
from lean_lambda.gateway import Gateway
from lean_lambda.http_api import HttpApi
from lean_lambda.request import Response
from lean_lambda.rest_api import RestApi
from lean_lambda.testing import http_api as http_events
from lean_lambda.testing import rest_api as rest_events
from lean_lambda.testing.hostile import MakeRequest

HTTP = (HttpApi(http_api.anyone), http_events.request_event)
REST = (RestApi(rest_api.anyone), rest_events.request_event)
both = pytest.mark.parametrize(("gateway", "request_event"), [HTTP, REST], ids=["http", "rest"])

RESPONSE = Response(201, "{}", {"etag": "1"})
SHOP, OFFICE = "https://shop.example.com", "https://office.example.com"


@both
def test_a_request_is_read_from_the_gateways_event(
    gateway: Gateway, request_event: MakeRequest
) -> None:
    event = request_event("POST", "/a/b", body="{}", headers={"X-One": "1"}, query={"q": "2"})
    request = gateway.read(event)
    assert (request.method, request.path, request.body) == ("POST", "/a/b", b"{}")
    assert request.headers == {"x-one": "1"}
    assert request.query == {"q": "2"}
    assert request.caller == "anonymous"


@pytest.mark.parametrize(
    ("kind", "before"),
    [(HTTP, "/dev"), (REST, "/shop"), (REST, "/shop/v1"), (REST, "/shop/dev")],
)
def test_what_the_gateway_puts_before_the_path_is_no_part_of_it(
    kind: tuple[Gateway, MakeRequest], before: str
) -> None:
    gateway, request_event = kind
    assert gateway.read(request_event("GET", "/orders/ord-1", before=before)).path == (
        "/orders/ord-1"
    )


@both
@pytest.mark.parametrize(
    ("route", "parameters", "path"),
    [
        ("/orders", None, "/orders"),
        ("/orders/{order_id}", {"order_id": "ord-1"}, "/orders/ord-1"),
        ("/orders/{order_id}/{rest+}", {"order_id": "ord-1", "rest": "a/b"}, "/orders/ord-1/a/b"),
        ("/{proxy+}", {"proxy": "{proxy}/{other}"}, "/{proxy}/{other}"),
    ],
)
def test_a_route_with_other_parameters_is_filled_in_as_well(
    gateway: Gateway,
    request_event: MakeRequest,
    route: str,
    parameters: dict[str, str] | None,
    path: str,
) -> None:
    event = request_event("GET", "/elsewhere")
    event |= {"routeKey": f"GET {route}", "resource": route, "pathParameters": parameters}
    assert gateway.read(event).path == path


@both
@pytest.mark.parametrize(
    ("path", "link"), [("/orders", "orders/ord-1"), ("/orders/", "ord-1"), ("/a/b", "b/ord-1")]
)
def test_a_link_below_the_path_is_relative_to_it(
    gateway: Gateway, request_event: MakeRequest, path: str, link: str
) -> None:
    assert gateway.read(request_event("POST", path)).below("ord-1") == link


@both
@pytest.mark.parametrize("body", ["a", "a===", "YQ==\n!", "ü"])
def test_a_body_that_is_no_base64_though_marked_as_such_is_refused(
    gateway: Gateway, request_event: MakeRequest, body: str
) -> None:
    event = request_event("POST", "/a", body=body)
    with pytest.raises(PermanentError):
        gateway.read({**event, "isBase64Encoded": True})


@both
def test_a_body_in_base64_is_decoded(gateway: Gateway, request_event: MakeRequest) -> None:
    event = request_event("POST", "/a", body="/w==")
    assert gateway.read({**event, "isBase64Encoded": True}).body == b"\xff"


@both
def test_what_is_absent_is_empty(gateway: Gateway, request_event: MakeRequest) -> None:
    request = gateway.read(request_event("GET", "/"))
    assert (request.headers, request.query, request.body) == ({}, {}, b"")


@both
def test_an_answer_has_the_correlation_id_beside_its_own_headers(
    gateway: Gateway, request_event: MakeRequest
) -> None:
    assert gateway.answer(request_event("GET", "/orders"), RESPONSE, "c-1") == {
        "statusCode": 201,
        "headers": {"x-correlation-id": "c-1", "etag": "1"},
        "body": "{}",
    }


@both
def test_without_cors_a_preflight_is_a_request_like_any_other(
    gateway: Gateway, request_event: MakeRequest
) -> None:
    assert gateway.answer(request_event("OPTIONS", "/a"), RESPONSE, "c-1")["statusCode"] == 201


# A REST API leaves CORS to the function.

CLOSED = RestApi(rest_api.anyone, origins=[SHOP])
OPEN = RestApi(rest_api.anyone, origins=[SHOP, OFFICE])


def answered(gateway: RestApi, method: str, **headers: str) -> dict[str, Any]:
    return gateway.answer(rest_events.request_event(method, "/a", headers=headers), RESPONSE, "c-1")


@pytest.mark.parametrize("headers", [{}, {"Origin": SHOP}, {"origin": "https://elsewhere.test"}])
def test_a_single_origin_is_allowed_whoever_asks(headers: dict[str, str]) -> None:
    assert answered(CLOSED, "GET", **headers)["headers"] == {
        "x-correlation-id": "c-1",
        "etag": "1",
        "access-control-allow-origin": SHOP,
        "access-control-expose-headers": "location, x-correlation-id",
    }


@pytest.mark.parametrize("origin", [SHOP, OFFICE])
def test_each_of_several_origins_is_allowed_when_it_asks(origin: str) -> None:
    assert answered(OPEN, "GET", Origin=origin)["headers"] == {
        "x-correlation-id": "c-1",
        "etag": "1",
        "vary": "origin",
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "location, x-correlation-id",
    }


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_origin_is_allowed(method: str, origin: str) -> None:
    headers = answered(OPEN, method, Origin=origin)["headers"]
    assert "access-control-allow-origin" not in headers
    assert headers["vary"] == "origin"


@pytest.mark.parametrize("gateway", [CLOSED, OPEN])
def test_a_preflight_is_told_what_may_be_sent(gateway: RestApi) -> None:
    answer = answered(gateway, "OPTIONS", origin=SHOP)
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert "POST" in answer["headers"]["access-control-allow-methods"]
    assert "idempotency-key" in answer["headers"]["access-control-allow-headers"]


# Who is calling, by what a gateway says. Fields of signed requests:
# https://github.com/aws/aws-lambda-go/blob/main/events/apigw.go

USER = "AIDACKCEVSQ6C2EXAMPLE"
ROLE = "AROACKCEVSQ6C2EXAMPLE"
ISSUER = "https://issuer.example.com"


def signer(kind: str, principal: str, identity: str | None = None) -> str:
    """Who signed a request."""
    signed: dict[str, Any] = {
        "accessKey": "ASIAEXAMPLE",
        "accountId": "111122223333",
        "userArn": "arn:aws:sts::111122223333:assumed-role/Shop/session",
    }
    if kind == "http":
        pooled = {"amr": ["authenticated"], "identityId": identity, "identityPoolId": "pool"}
        signed |= {"cognitoIdentity": pooled if identity else None, "principalOrgId": "o-example"}
        signed |= {"userId": principal, "callerId": principal}
        context = {"authorizer": {"iam": signed}}
        return http_api.iam(http_events.request_event("GET", "/", caller=context))
    signed |= {"cognitoIdentityId": identity}
    signed |= {"cognitoIdentityPoolId": "pool" if identity else None}
    signed |= {"caller": principal, "user": principal}
    return rest_api.iam(rest_events.request_event("GET", "/", caller={"identity": signed}))


def bearer(kind: str, **claims: str) -> str:
    """Who is calling, by what a token says."""
    if kind == "http":
        context = {"authorizer": {"jwt": {"claims": claims, "scopes": None}}}
        return http_api.jwt(http_events.request_event("GET", "/", caller=context))
    event = rest_events.request_event("GET", "/", caller={"authorizer": {"claims": claims}})
    return rest_api.jwt(event)


kinds = pytest.mark.parametrize("kind", ["http", "rest"])


@kinds
def test_every_session_of_a_role_is_the_same_caller(kind: str) -> None:
    sessions = ("botocore-session-1773732261", "botocore-session-1773735861", "3f1c2d4e5a")
    assert {signer(kind, f"{ROLE}:{session}") for session in sessions} == {ROLE}


@kinds
def test_the_users_of_an_identity_pool_are_callers_of_their_own(kind: str) -> None:
    shared = f"{ROLE}:CognitoIdentityCredentials"
    alice, bob = "eu-west-1:2208d797-dfc9", "eu-west-1:db9476fd-de77"
    assert [signer(kind, shared, alice), signer(kind, shared, bob)] == [alice, bob]


@kinds
def test_users_and_federated_users_are_callers_of_their_own(kind: str) -> None:
    assert signer(kind, USER) == USER
    assert signer(kind, "111122223333:alice") == "111122223333:alice"


@pytest.mark.parametrize("reader", [http_api.iam, http_api.anyone])
def test_who_signed_nothing_at_an_http_api_is_anonymous(reader: Any) -> None:
    assert reader(http_events.request_event("GET", "/")) == "anonymous"


@pytest.mark.parametrize("reader", [rest_api.iam, rest_api.api_key, rest_api.anyone])
def test_who_brings_nothing_to_a_rest_api_is_anonymous(reader: Any) -> None:
    assert reader(rest_events.request_event("GET", "/")) == "anonymous"


@kinds
def test_the_caller_is_the_subject_of_the_token(kind: str) -> None:
    assert bearer(kind, iss=ISSUER, sub="alice", jti="1") == f"{ISSUER}#alice"
    assert bearer(kind, iss=ISSUER, sub="alice", jti="2") == f"{ISSUER}#alice"


@kinds
def test_a_subject_is_one_of_its_issuer(kind: str) -> None:
    assert bearer(kind, iss=ISSUER, sub="alice") != bearer(kind, iss=f"{ISSUER}/b", sub="alice")


@kinds
@pytest.mark.parametrize("claims", [{}, {"iss": ISSUER}, {"sub": "alice"}])
def test_a_token_that_names_nobody_is_refused(kind: str, claims: dict[str, str]) -> None:
    with pytest.raises(UnknownCaller):
        bearer(kind, **claims)


def test_the_caller_is_whom_the_authorizer_named() -> None:
    event = http_events.request_event("GET", "/", caller=http_events.AUTHORIZER)
    assert http_api.authorizer(event) == "alice"
    context = {"authorizer": {"caller": "alice", "principalId": "principal"}}
    assert rest_api.authorizer(rest_events.request_event("GET", "/", caller=context)) == "alice"


@pytest.mark.parametrize("said", [{}, {"lambda": {}}, {"lambda": None}, None])
def test_an_authorizer_that_names_nobody_lets_nobody_in(said: Any) -> None:
    with pytest.raises(UnknownCaller):
        http_api.authorizer(http_events.request_event("GET", "/", caller={"authorizer": said}))
    with pytest.raises(UnknownCaller):
        rest_api.authorizer(rest_events.request_event("GET", "/", caller={"authorizer": said}))


def test_the_holder_of_an_api_key_is_known_by_its_id() -> None:
    context = {"identity": {"apiKeyId": "key-1", "apiKey": "secret"}}
    assert rest_api.api_key(rest_events.request_event("GET", "/", caller=context)) == "key-1"
