"""Requests of a REST API (payload format 1.0), the ways in which it knows its callers, and CORS.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from collections.abc import Collection
from typing import Any, Final

from .gateway import Caller, body_of, caller_named, principal_of, routed, subject_of
from .invocation import Event
from .request import Request, Response

EXPOSED: Final = "location, x-correlation-id"
PREFLIGHT: Final = {
    "access-control-allow-headers": "authorization, content-type, idempotency-key, x-amz-date, "
    "x-amz-security-token, x-api-key, x-correlation-id",
    "access-control-allow-methods": "DELETE, GET, PATCH, POST, PUT",
    "access-control-max-age": "600",
}


class RestApi:
    """A REST API as the gateway of an `Api`; `caller` tells who sent an event, such as `iam`.

    A REST API leaves CORS to the function: web pages of `origins` may read its answers. A single
    origin is allowed whoever asks, so that an answer is right for that page also when it was made
    for somebody else and kept by the gateway; one of several only when it asks.
    """

    def __init__(self, caller: Caller, origins: Collection[str] = ()) -> None:
        self._caller = caller
        self._origins = frozenset(origins)

    def read(self, event: Event) -> Request:
        """Turn the event into a `Request`."""
        return Request(
            method=event["httpMethod"],
            path=routed(event["resource"], event.get("pathParameters"), event["path"]),
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            query=event.get("queryStringParameters") or {},
            body=body_of(event),
            caller=self._caller(event),
        )

    def answer(self, event: Event, response: Response, correlation_id: str) -> dict[str, Any]:
        """Turn the response into what the gateway expects; a preflight has an answer of its own."""
        headers = {"x-correlation-id": correlation_id, **response.headers, **self._cors(event)}
        if self._origins and event.get("httpMethod") == "OPTIONS":
            return {"statusCode": 204, "headers": {**headers, **PREFLIGHT}, "body": ""}
        return {"statusCode": response.status, "headers": headers, "body": response.body}

    def _cors(self, event: Event) -> dict[str, str]:
        if not self._origins:
            return {}
        if len(self._origins) == 1:
            return _allowing(*self._origins)
        asked = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        origin = asked.get("origin")
        allowed = _allowing(origin) if origin in self._origins else {}
        return {"vary": "origin", **allowed}


def anyone(_event: Event) -> str:
    """Callers of an open API, all alike."""
    return "anonymous"


def iam(event: Event) -> str:
    """An IAM user, a role in whichever session, or one identity of a Cognito pool."""
    signed = event["requestContext"].get("identity") or {}
    return principal_of(signed.get("caller"), signed.get("cognitoIdentityId"))


def jwt(event: Event) -> str:
    """The subject of the token, with its issuer."""
    return subject_of(_authorizer(event).get("claims"))


def authorizer(event: Event) -> str:
    """Whom the authorizer function named in its context, as `caller`."""
    return caller_named(_authorizer(event))


def api_key(event: Event) -> str:
    """The id of the API key, which is no secret."""
    return (event["requestContext"].get("identity") or {}).get("apiKeyId") or "anonymous"


def _authorizer(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = event["requestContext"].get("authorizer") or {}
    return found


def _allowing(origin: str) -> dict[str, str]:
    return {"access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED}
