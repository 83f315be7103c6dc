"""Requests as the REST API sends them."""

from typing import Any

SOMEBODY: dict[str, Any] = {{ identity }}


def request_event(
    method: str,
    path: str,
    *,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    context: dict[str, Any] | None = None,
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
            **(SOMEBODY if context is None else context),
        },
        "body": body,
        "isBase64Encoded": False,
    }
