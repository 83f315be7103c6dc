"""AWS as the emulator plays it, through both clients."""

import os
from collections.abc import Callable, Iterator
from typing import Protocol
from uuid import uuid4

import pytest

from lean_lambda.aws import Aws, ThinAws
from lean_lambda.sdk import Boto3Aws, boto3_client


class Emulator(Protocol):
    @property
    def endpoint(self) -> str: ...


@pytest.fixture(autouse=True)
def environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    boto3_client.cache_clear()
    yield
    boto3_client.cache_clear()


@pytest.fixture(params=[ThinAws, Boto3Aws])
def aws(request: pytest.FixtureRequest) -> Aws:
    made: Callable[[], Aws] = request.param
    return made()


@pytest.fixture
def table() -> Iterator[str]:
    aws, name = ThinAws(read_s=20), f"test-{uuid4()}"
    aws.call(
        "dynamodb",
        "CreateTable",
        {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        },
    )
    yield name
    aws.call("dynamodb", "DeleteTable", {"TableName": name})
