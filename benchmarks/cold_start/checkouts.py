"""Services of others, run from a checkout that the caller has; none of their code is kept here.

Each takes a request of its own form. The event and the environment below are what their own
infrastructure code would give them.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cold_start.cases import HERE, Built, Case, Event, Workshop

_FAKE = "https://localhost:$AWS_PORT"


def cookbook(checkout: Path) -> list[Case]:
    """handler-cookbook's create-order: Powertools, pydantic, two tables and AppConfig."""
    label = f"handler-cookbook's create-order ({_commit(checkout)})"
    event = _rest("POST", "/api/orders/", {"customer_name": "Ada", "order_item_count": 1})
    environment = {
        "POWERTOOLS_SERVICE_NAME": "Orders",
        "LOG_LEVEL": "INFO",
        "CONFIGURATION_APP": "application",
        "CONFIGURATION_ENV": "dev",
        "CONFIGURATION_NAME": "my_conf",
        "CONFIGURATION_MAX_AGE_MINUTES": "5",
        "REST_API": "https://example.com/api",
        "ROLE_ARN": "arn:aws:iam::123456789012:role/a-role",
        "TABLE_NAME": "OrdersTable",
        "IDEMPOTENCY_TABLE_NAME": "IdempotencyTable",
        # Its DynamoDB client resolves names itself, so it must be told.
        "AWS_ENDPOINT_URL_DYNAMODB": _FAKE,
    }

    def package(bytecode: bool) -> Callable[[Workshop], Built]:
        return lambda shop: shop.packed(
            "cookbook",
            [checkout / "service"],
            shop.locked(checkout),
            "service.handlers.handle_create_order.lambda_handler",
            environment,
            bytecode=bytecode,
        )

    return [
        _case("cookbook", label, package(True), event),
        _case("cookbook-no-bytecode", f"{label}, no bytecode", package(False), event),
    ]


def sam_hello(checkout: Path) -> list[Case]:
    """What `sam init` makes with its Powertools "hello world"."""
    environment = {
        "POWERTOOLS_SERVICE_NAME": "PowertoolsHelloWorld",
        "POWERTOOLS_METRICS_NAMESPACE": "Powertools",
        "LOG_LEVEL": "INFO",
    }

    def package(shop: Workshop) -> Built:
        project = shop.generated("sam-hello", checkout / "python3.13" / "hello-pt")
        function = project / "hello_world"
        return shop.packed(
            "sam-hello",
            [function / "app.py"],
            function / "requirements.txt",
            "app.lambda_handler",
            environment,
            versions=HERE / "sam-hello.txt",
        )

    label = "sam init's Powertools hello world, stores nothing"
    return [_case("sam-hello", label, package, _rest("GET", "/hello"))]


def _case(name: str, label: str, package: Callable[[Workshop], Built], event: Event) -> Case:
    return Case(name, label, package, _is_success, lambda _: event, peer=True)


def _is_success(reply: Any) -> bool:
    return isinstance(reply, dict) and reply.get("statusCode") in (200, 201)


def _commit(checkout: Path) -> str:
    command = ["git", "-C", str(checkout), "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _rest(method: str, path: str, body: object = None) -> Event:
    """An event as a REST API sends it."""
    headers = {"Content-Type": "application/json", "Host": "example.com"}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "httpMethod": method,
            "path": path,
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "resourcePath": path,
            "stage": "prod",
            "identity": {"sourceIp": "203.0.113.1"},
        },
        "body": json.dumps(body) if body else None,
        "isBase64Encoded": False,
    }
