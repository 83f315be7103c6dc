"""boto3 with the settings a function needs: for S3, and for `AWS_CLIENT=boto3`.

The Lambda runtime brings boto3. Importing this module loads it, which is most of a cold start: only
functions that use it should.
"""

import os
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from .deadline import ATTEMPTS, CONNECT_S, READ_S, refuse_when_late
from .errors import AwsError, is_retryable


@cache
def boto3_client(service: str) -> Any:
    """A client with timeouts, and retries that are bounded and spread by jitter.

    No attempt starts when the invocation is about to end. One that started earlier may outlast it:
    botocore takes no timeout for a single call.
    """
    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    make: Any = boto3.client  # its type depends on whether stubs are installed
    # boto3 itself looks at AWS_DEFAULT_REGION only.
    client = make(service, region_name=os.environ.get("AWS_REGION"), config=config)
    client.meta.events.register("request-created", lambda **_: refuse_when_late())  # each attempt
    return client


class Boto3Aws:
    """The port `Aws` on boto3: same payloads, replies and errors as the thin client."""

    def __init__(self) -> None:
        self._methods: dict[tuple[str, str], Any] = {}

    def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        try:
            reply = self._method(service, operation)(**payload)
        except ClientError as error:
            raise _converted(error) from error
        except (BotoConnectionError, HTTPClientError) as error:
            raise AwsError("ConnectionError", str(error), retryable=True) from error
        except BotoCoreError as error:
            raise AwsError(type(error).__name__, str(error)) from error
        return {name: _plain(value) for name, value in reply.items() if name != "ResponseMetadata"}

    def _method(self, service: str, operation: str) -> Any:
        if (service, operation) not in self._methods:
            client = boto3_client(service)
            for method, name in client.meta.method_to_api_mapping.items():
                self._methods[service, name] = getattr(client, method)
        return self._methods[service, operation]


def _converted(error: ClientError) -> AwsError:
    reply: dict[str, Any] = {**error.response}
    said: dict[str, Any] = reply.pop("Error", {})
    meta: dict[str, Any] = reply.pop("ResponseMetadata", {})
    for name in ("message", "Message"):
        reply.pop(name, None)
    code, status = str(said.get("Code", "")), int(meta.get("HTTPStatusCode", 0))
    return AwsError(
        code,
        str(said.get("Message", "")),
        status=status,
        retryable=is_retryable(code, status),
        detail=_plain(reply),
    )


def _plain(value: Any) -> Any:
    """boto3 makes datetimes of the numbers on the wire; the port speaks the wire's language."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
