"""Requests as a REST API sends them."""

from typing import Any

Caller = dict[str, Any]
"""What the gateway says of a caller, as part of the request context."""

IAM: Caller = {"identity": {"caller": "AIDACKCEVSQ6C2EXAMPLE"}}
JWT: Caller = {"authorizer": {"claims": {"iss": "issuer", "sub": "alice"}}}
AUTHORIZER: Caller = {"authorizer": {"caller": "alice"}}
API_KEY: Caller = {"identity": {"apiKeyId": "alice"}}
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
    """An event in payload format 1.0; absent parts are null, as the gateway does.

    `before` is what the path begins with that is not the API's: a custom domain's base path.
    """
    return {
        "resource": "/{proxy+}",
        "path": before + path,
        "pathParameters": {"proxy": path.strip("/")},
        "httpMethod": method,
        "headers": headers,
        "queryStringParameters": query,
        "requestContext": {
            "requestId": "gateway-1",
            "identity": {},
            **caller,
        },
        "body": body,
        "isBase64Encoded": False,
    }
