"""APIs: what API Gateway takes of their settings, in OpenAPI documents as in properties."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambda_workbench.preflight.model import Problem, Resource, Stack, as_number, at, rule
from lambda_workbench.preflight.naming import is_true

_DOCS = "https://docs.aws.amazon.com/apigateway/latest"


@dataclass(frozen=True)
class Api:
    """A kind of API."""

    milliseconds: int  # it waits for a function, where nothing else is said
    log_settings: str
    stage: str


APIS = {
    "AWS::ApiGateway::RestApi": Api(29000, "AccessLogSetting", "AWS::ApiGateway::Stage"),
    "AWS::ApiGatewayV2::Api": Api(30000, "AccessLogSettings", "AWS::ApiGatewayV2::Stage"),
}


def integrations_in(api: Resource) -> Iterator[Mapping[str, Any]]:
    """The integrations in an API's OpenAPI document."""
    for _, integration in api.each("Body", "paths", "*", "*", "x-amazon-apigateway-integration"):
        if isinstance(integration, dict):
            yield integration


def authorizers_in(api: Resource) -> Iterator[Mapping[str, Any]]:
    """The authorizers in an API's OpenAPI document, whichever version it has."""
    for schemes in (("components", "securitySchemes"), ("securityDefinitions",)):
        for _, found in api.each("Body", *schemes, "*", "x-amazon-apigateway-authorizer"):
            if isinstance(found, dict):
                yield found


@rule(
    "access-log-format",
    "The format of access logs is one line of at most 3 KB that has $context.requestId",
    f"{_DOCS}/developerguide/http-api-logging.html",
)
def access_log_format(stack: Stack) -> Iterator[Problem]:
    """A REST API takes $context.extendedRequestId as well."""
    for api in APIS.values():
        for stage in stack.of_type(api.stage):
            text = stage.text(api.log_settings, "Format")
            for fault in _faults(text) if text else ():
                yield stage.problem(f"the format {fault}", api.log_settings, "Format")


def _faults(text: str) -> Iterator[str]:
    if "\n" in text.strip():
        yield "has several lines"
    if len(text.encode()) > 3 * 1024:
        yield f"has {len(text.encode()):,} bytes, more than 3 KB"
    if "$context.requestId" not in text and "$context.extendedRequestId" not in text:
        yield "has no $context.requestId"


@rule(
    "jwt-authorizer",
    "A JWT authorizer has an issuer that is an HTTPS address, and 1 to 50 audiences",
    f"{_DOCS}/developerguide/http-api-jwt-authorizer.html",
)
def jwt_authorizer(stack: Stack) -> Iterator[Problem]:
    """API Gateway asks the issuer for its keys when the API is made."""
    for api in stack.of_type("AWS::ApiGatewayV2::Api"):
        for authorizer in authorizers_in(api):
            if authorizer.get("type") == "jwt":
                for fault in _jwt_faults(authorizer.get("jwtConfiguration") or {}):
                    yield api.problem(fault, "Auth")
    for resource in stack.of_type("AWS::ApiGatewayV2::Authorizer"):
        if resource.get("AuthorizerType") == "JWT":
            given = resource.get("JwtConfiguration") or {}
            lower = {key.lower(): value for key, value in given.items()}
            for fault in _jwt_faults(lower):
                yield resource.problem(fault, "JwtConfiguration")


def _jwt_faults(configuration: Mapping[str, Any]) -> Iterator[str]:
    issuer, audience = configuration.get("issuer"), configuration.get("audience") or []
    if issuer is None or (isinstance(issuer, str) and not re.match(r"https://[^/]+", issuer)):
        yield f"the issuer of tokens is {issuer!r}, expected an address with https://"
    if isinstance(audience, list) and not 1 <= len(audience) <= 50:
        yield f"tokens have {len(audience)} audiences, expected 1 to 50"


@rule(
    "cors",
    "CORS with credentials names its origins, and browsers may keep the answer for up to a day",
    f"{_DOCS}/developerguide/http-api-cors.html",
)
def cors(stack: Stack) -> Iterator[Problem]:
    """API Gateway refuses * as an origin of requests with credentials."""
    for api in stack.of_type("AWS::ApiGatewayV2::Api"):
        given = api.get("CorsConfiguration") or api.get("Body", "x-amazon-apigateway-cors") or {}
        settings = {key.lower(): value for key, value in given.items()}
        if is_true(settings.get("allowcredentials")) and "*" in settings.get("alloworigins", []):
            yield api.problem("credentials are allowed to any origin", "CorsConfiguration")
        age = as_number(settings.get("maxage"))
        if age is not None and not -1 <= age <= 86400:
            yield api.problem(
                f"MaxAge is {age}", "CorsConfiguration", "MaxAge", expected="-1 to 86400"
            )


@rule(
    "authorizer-cache",
    "What an authorizer says is kept for 0 to 3,600 seconds",
    f"{_DOCS}/api/API_CreateAuthorizer.html",
)
def authorizer_cache(stack: Stack) -> Iterator[Problem]:
    """In the OpenAPI documents that SAM writes, and in an HTTP API's own authorizers."""
    found = [
        (api, authorizer.get("authorizerResultTtlInSeconds"), "Auth")
        for api in stack.of_type(*APIS)
        for authorizer in authorizers_in(api)
    ]
    own = "AuthorizerResultTtlInSeconds"
    found += [(a, a.get(own), own) for a in stack.of_type("AWS::ApiGatewayV2::Authorizer")]
    for resource, value, name in found:
        seconds = as_number(value)
        if seconds is not None and not 0 <= seconds <= 3600:
            yield resource.problem(
                f"verdicts are kept for {seconds} seconds", name, expected="0 to 3600"
            )


@rule(
    "integration-timeout",
    "An HTTP API waits for an integration for 50 to 30,000 milliseconds",
    f"{_DOCS}/developerguide/http-api-quotas.html",
)
def integration_timeout(stack: Stack) -> Iterator[Problem]:
    """A REST API may wait for longer, if its quota was raised."""
    for api in stack.of_type("AWS::ApiGatewayV2::Api"):
        for integration in integrations_in(api):
            yield from _wait(api, integration.get("timeoutInMillis"))
    for resource in stack.of_type("AWS::ApiGatewayV2::Integration"):
        yield from _wait(resource, resource.get("TimeoutInMillis"))


def _wait(resource: Resource, value: Any) -> Iterator[Problem]:
    milliseconds = as_number(value)
    if milliseconds is not None and not 50 <= milliseconds <= 30000:
        yield resource.problem(
            f"TimeoutInMillis is {value}", "TimeoutInMillis", expected="50 to 30000"
        )


@rule(
    "stage-variables",
    "The variables of a stage have the characters that API Gateway takes",
    f"{_DOCS}/api/API_CreateStage.html",
)
def stage_variables(stack: Stack) -> Iterator[Problem]:
    """Names of at most 64 characters, values of at most 512."""
    for kind, name in (
        ("AWS::ApiGateway::Stage", "Variables"),
        ("AWS::ApiGatewayV2::Stage", "StageVariables"),
    ):
        for stage in stack.of_type(kind):
            for key, value in (stage.get(name) or {}).items():
                if not re.fullmatch(r"[A-Za-z0-9_]{1,64}", key):
                    yield stage.problem(f"{key} cannot be the name of a variable", name, key)
                if isinstance(value, str) and not re.fullmatch(
                    r"[A-Za-z0-9._~:/?#&=,-]{1,512}", value
                ):
                    yield stage.problem(f"{key} is {json.dumps(value)}", name, key)


@rule(
    "throttling",
    "A stage takes no more requests than the account: 10,000 a second, 5,000 at once",
    f"{_DOCS}/developerguide/api-gateway-request-throttling.html",
)
def throttling(stack: Stack) -> Iterator[Problem]:
    """What is above has no effect, unless the account's quota was raised."""
    rate = ("ThrottlingRateLimit", 10000)
    burst = ("ThrottlingBurstLimit", 5000)
    for kind, path in (
        ("AWS::ApiGateway::Stage", ("MethodSettings", "*")),
        ("AWS::ApiGatewayV2::Stage", ("DefaultRouteSettings",)),
        ("AWS::ApiGatewayV2::Stage", ("RouteSettings", "*")),
    ):
        for stage in stack.of_type(kind):
            for where, settings in stage.each(*path):
                for name, most in (rate, burst):
                    given = as_number(at(settings, [name]))
                    if given is not None and given > most:
                        yield stage.problem(
                            f"{name} is {given}", *where, name, expected=f"at most {most}"
                        )
