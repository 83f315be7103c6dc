"""Requests as an HTTP API sends them."""

from typing import Any

Caller = dict[str, Any]
"""What the gateway says of a caller, as part of the request context."""

IAM: Caller = {"authorizer": {"iam": {"userId": "AIDACKCEVSQ6C2EXAMPLE"}}}
JWT: Caller = {"authorizer": {"jwt": {"claims": {"iss": "issuer", "sub": "alice"}}}}
AUTHORIZER: Caller = {"authorizer": {"lambda": {"caller": "alice"}}}
ANYONE: Caller = {}


def request_event(
    method: str,
    path: str,
    *,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    caller: Caller = ANYONE,
    before: str = "",
) -> dict[str, Any]:
    """An event in payload format 2.0; absent parts are left out, as the gateway does.

    `before` is what the path begins with that is not the API's: the stage, such as `/dev`.
    """
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} /" + "{proxy+}",
        "rawPath": before + path,
        "pathParameters": {"proxy": path.removeprefix("/")},
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        "requestContext": {
            "http": {"method": method, "path": before + path},
            "requestId": "gateway-1",
            **caller,
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = body
    if query:
        event["queryStringParameters"] = query
    return event
