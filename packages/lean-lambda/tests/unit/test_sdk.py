import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_server import Answer, Drop, ScriptedServer

from lean_lambda import deadline
from lean_lambda.aws import AwsError
from lean_lambda.deadline import (
    ATTEMPTS,
    CONNECT_S,
    READ_S,
)
from lean_lambda.sdk import Boto3Aws, boto3_client


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    boto3_client.cache_clear()
    yield
    boto3_client.cache_clear()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


def test_clients_have_timeouts_and_bounded_retries_and_are_made_once() -> None:
    client = boto3_client("s3")
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_S, READ_S)
    assert config.retries["total_max_attempts"] == ATTEMPTS
    assert config.retries["mode"] == "standard"
    assert client.meta.region_name == "eu-west-1"
    assert boto3_client("s3") is client


def test_gives_the_reply_as_it_is_on_the_wire(server: ScriptedServer) -> None:
    parameter = {"Name": "/a", "Value": "1", "LastModifiedDate": 1767225600.5}
    server.play(Answer(json.dumps({"Parameter": parameter}).encode()))
    reply = Boto3Aws().call("ssm", "GetParameter", {"Name": "/a"})
    assert reply == {"Parameter": parameter}


def test_gives_lists_as_they_are(server: ScriptedServer) -> None:
    server.play(Answer(b'{"Responses": [{"Item": {"id": {"S": "1"}}}]}'))
    payload = {"TransactItems": [{"Get": {"TableName": "orders", "Key": {"id": {"S": "1"}}}}]}
    aws = Boto3Aws()
    reply = aws.call("dynamodb", "TransactGetItems", payload)
    assert reply == {"Responses": [{"Item": {"id": {"S": "1"}}}]}
    assert aws.call("dynamodb", "TransactGetItems", payload) == {}


def test_retries_as_the_thin_client_does(server: ScriptedServer) -> None:
    server.play(Drop(), Answer(b"", 503), Answer(b'{"QueueUrl": "here"}'))
    assert Boto3Aws().call("sqs", "GetQueueUrl", {"QueueName": "a"}) == {"QueueUrl": "here"}


def test_a_refusal_keeps_its_code_and_fields(server: ScriptedServer) -> None:
    body = b"""{"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "no", "Item": {"id": {"S": "1"}}}"""
    server.play(Answer(body, 400))
    with pytest.raises(AwsError, match="ConditionalCheckFailedException: no") as caught:
        Boto3Aws().call("dynamodb", "PutItem", {"TableName": "orders", "Item": {}})
    error = caught.value
    assert error.code == "ConditionalCheckFailedException"
    assert (error.status, error.retryable) == (400, False)
    assert error.detail == {"Item": {"id": {"S": "1"}}}


def test_a_lasting_throttle_is_retryable(server: ScriptedServer) -> None:
    server.play(*[Answer(b'{"__type": "ThrottlingException"}', 400)] * ATTEMPTS)
    with pytest.raises(AwsError) as caught:
        Boto3Aws().call("ssm", "GetParameter", {"Name": "/a"})
    assert (caught.value.code, caught.value.retryable) == ("ThrottlingException", True)
    assert len(server.received) == ATTEMPTS


def test_no_attempt_starts_when_the_invocation_is_about_to_end(server: ScriptedServer) -> None:
    aws = Boto3Aws()
    aws.call("ssm", "GetParameter", {"Name": "/a"})
    server.play(*[Answer(b"", 503)] * ATTEMPTS)
    deadline.begin(deadline.ANSWER_S)
    try:
        with pytest.raises(AwsError, match="OutOfTime") as caught:
            aws.call("ssm", "GetParameter", {"Name": "/a"})
    finally:
        deadline.forget()
    assert caught.value.retryable
    assert len(server.received) == 1


def test_no_answer(server: ScriptedServer) -> None:
    server.play(*[Drop()] * ATTEMPTS)
    with pytest.raises(AwsError) as caught:
        Boto3Aws().call("ssm", "GetParameter", {"Name": "/a"})
    error = caught.value
    assert (error.code, error.status, error.retryable) == ("ConnectionError", 0, True)


@pytest.mark.parametrize(
    ("missing", "code"),
    [("AWS_REGION", "NoRegionError"), ("AWS_ACCESS_KEY_ID", "NoCredentialsError")],
)
@pytest.mark.usefixtures("server")
def test_settings_that_are_missing_are_named(
    monkeypatch: pytest.MonkeyPatch, missing: str, code: str
) -> None:
    monkeypatch.delenv(missing)
    if missing == "AWS_ACCESS_KEY_ID":
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(AwsError) as caught:
        Boto3Aws().call("ssm", "GetParameter", {"Name": "/a"})
    assert (caught.value.code, caught.value.retryable) == (code, False)
