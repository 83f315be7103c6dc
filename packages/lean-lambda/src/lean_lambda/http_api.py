"""Requests of an HTTP API (payload format 2.0), and the ways in which it knows its callers.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from typing import Any

from .gateway import Caller, body_of, caller_named, principal_of, routed, subject_of
from .invocation import Event
from .request import Request, Response


class HttpApi:
    """An HTTP API as the gateway of an `Api`; `caller` tells who sent an event, such as `iam`.

    The HTTP API itself takes care of CORS.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def read(self, event: Event) -> Request:
        """Turn the event into a `Request`."""
        return Request(
            method=event["requestContext"]["http"]["method"],
            path=routed(
                event["routeKey"].partition(" ")[2], event.get("pathParameters"), event["rawPath"]
            ),
            headers={name.lower(): value for name, value in event.get("headers", {}).items()},
            query=event.get("queryStringParameters") or {},
            body=body_of(event),
            caller=self._caller(event),
        )

    def answer(self, _event: Event, response: Response, correlation_id: str) -> dict[str, Any]:
        """Turn the response into what the gateway expects."""
        return {
            "statusCode": response.status,
            "headers": {"x-correlation-id": correlation_id, **response.headers},
            "body": response.body,
        }


def anyone(_event: Event) -> str:
    """Callers of an open API, all alike."""
    return "anonymous"


def iam(event: Event) -> str:
    """An IAM user, a role in whichever session, or one identity of a Cognito pool."""
    signed = _authorizer(event).get("iam") or {}
    pooled = (signed.get("cognitoIdentity") or {}).get("identityId")
    return principal_of(signed.get("userId"), pooled)


def jwt(event: Event) -> str:
    """The subject of the token, with its issuer."""
    return subject_of((_authorizer(event).get("jwt") or {}).get("claims"))


def authorizer(event: Event) -> str:
    """Whom the authorizer function named in its context, as `caller`."""
    return caller_named(_authorizer(event).get("lambda"))


def _authorizer(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = event["requestContext"].get("authorizer") or {}
    return found
