"""The thin client beside boto3, with a server that both talk to."""

import os
from collections.abc import Iterator
from types import ModuleType

import pytest
import scripted_server
from scripted_server import ScriptedServer

from lean_lambda import aws as thin
from lean_lambda import sdk as through_boto3

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def aws() -> ModuleType:
    return thin


@pytest.fixture
def sdk() -> ModuleType:
    return through_boto3


@pytest.fixture
def scripted() -> ModuleType:
    return scripted_server


@pytest.fixture
def lambda_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    through_boto3.boto3_client.cache_clear()
    yield
    through_boto3.boto3_client.cache_clear()


@pytest.fixture
def server(
    lambda_environment: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server
