"""What the router knows of a gateway, and what gateways have in common.

`http_api` and `rest_api` have the two kinds of API Gateway.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .errors import PermanentError, UnknownCaller
from .invocation import Event
from .request import Request, Response

Caller = Callable[[Event], str]
"""Tells who sent an event, as the gateway established it; raises `UnknownCaller`."""


class Gateway(Protocol):
    """Reads the events of a gateway, and answers in its form."""

    def read(self, event: Event) -> Request:
        """Turn the event into a `Request`."""
        ...

    def answer(self, event: Event, response: Response, correlation_id: str) -> dict[str, Any]:
        """Turn the response into what the gateway expects."""
        ...


def body_of(event: Event) -> bytes:
    """The body of an event, decoded; `PermanentError` when it is not what it says to be."""
    body = event.get("body") or ""
    try:
        return b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:  # a lone surrogate is a ValueError, too
        raise PermanentError("the body is neither text nor base64") from None


def principal_of(principal: str | None, pooled: str | None) -> str:
    """An IAM user, a role in whichever session, or one identity of a Cognito pool.

    The users of an identity pool share a role and its session's name, and a role's session gets
    another name with every task, or with every renewal of its credentials.
    """
    if pooled:
        return pooled
    principal = principal or "anonymous"
    # AROA begins the id of a role, which a colon and the session's name follow:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    return principal.partition(":")[0] if principal.startswith("AROA") else principal


def subject_of(claims: Mapping[str, Any] | None) -> str:
    """The token's subject, with its issuer: subjects are unique only there (OpenID Connect).

    Some issuers leave the subject out. All their callers would be one, so they are refused.
    """
    known = claims or {}
    if not known.get("iss") or not known.get("sub"):
        raise UnknownCaller("the token names no issuer and subject")
    return f"{known['iss']}#{known['sub']}"


def caller_named(context: Mapping[str, Any] | None) -> str:
    """Whom an authorizer function named as `caller` in its context."""
    caller = (context or {}).get("caller")
    if not caller:
        raise UnknownCaller("the authorizer names no caller")
    return str(caller)


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
