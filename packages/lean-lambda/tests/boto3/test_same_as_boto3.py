"""Under the same faults the thin client and boto3 end the same way, after as many requests."""

import json
import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "dynamodb": ("dynamodb", "GetItem", {"TableName": "orders", "Key": {"id": {"S": "1"}}}),
    "events": (
        "events",
        "PutEvents",
        {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]},
    ),
    "secretsmanager": ("secretsmanager", "GetSecretValue", {"SecretId": "a"}),
    "sqs": ("sqs", "SendMessage", {"QueueUrl": "https://queue", "MessageBody": "a"}),
    "ssm": ("ssm", "GetParameter", {"Name": "a"}),
}
Fault = Callable[[ModuleType], list[Any]]


def error(code: str, status: int = 400, fields: dict[str, Any] | None = None) -> Fault:
    told = {"__type": f"com.amazonaws#{code}", "message": "told", **(fields or {})}
    body = json.dumps(told).encode()
    return lambda scripted: [scripted.Answer(body, status)]


def times(fault: Fault, count: int) -> Fault:
    return lambda scripted: fault(scripted) * count


def drop(scripted: ModuleType) -> list[Any]:
    return [scripted.Drop()]


def busy_page(scripted: ModuleType) -> list[Any]:
    return [scripted.Answer(b"<html>busy</html>", 503, {"Content-Type": "text/html"})]


def hang_up(scripted: ModuleType) -> list[Any]:
    return [scripted.Answer(b"", 500, hang_up=True)]


def queue_error(scripted: ModuleType) -> list[Any]:
    body = b'{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "told"}'
    header = {"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"}
    return [scripted.Answer(body, 400, header)]


FAULTS: dict[str, Fault] = {
    "none": lambda _: [],
    "in chunks": lambda scripted: [scripted.Answer(b"{}", chunked=True)],
    "connection lost": drop,
    "connection lost for good": times(drop, 9),
    "page of a load balancer": busy_page,
    "page of a load balancer for good": times(busy_page, 9),
    "error and hang up": hang_up,
    "500": error("InternalServerError", 500),
    "500 for good": times(error("InternalServerError", 500), 9),
    "throttled": error("ThrottlingException"),
    "throttled for good": times(error("ThrottlingException"), 9),
    "throughput": times(error("ProvisionedThroughputExceededException"), 2),
    "limit": times(error("RequestLimitExceeded"), 3),
    "too many": error("TooManyRequestsException", 429),
    "timeout": error("RequestTimeoutException"),
    "mixed": lambda scripted: [*drop(scripted), *busy_page(scripted), *drop(scripted)],
    "refused": error("ValidationException"),
    "forbidden": error("AccessDeniedException"),
    "not there": error("ResourceNotFoundException"),
    "expired, in the environment": error("ExpiredTokenException"),
    "code with an address": error("NotFound:http://internal.amazon.com/coral/"),
}


def outcome(client: Any, server: Any, script: list[Any], call: str) -> tuple[Any, ...]:
    server.script.clear()
    server.play(*script)
    before = len(server.received)
    try:
        result = client.call(*CALLS[call])
    except Exception as error:
        told: Any = error
        message = str(told) if told.status else ""  # how a lost connection is told differs
        fields = (told.code, told.status, told.retryable, told.detail, message)
        return (*fields, len(server.received) - before)
    return (result, len(server.received) - before)


@pytest.fixture
def clients(
    aws: ModuleType,
    sdk: ModuleType,
    lambda_environment: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Any, Any]:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    return aws.ThinAws(sleep=lambda _: None), sdk.Boto3Aws()


TRACES = [
    None,
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0;Lineage=1:a8b3c4d5:3|e1b2c3d4:0",
    "Root=1-5759e988-bd862e3fe1be46a994272793;Self=\u00fc \n",
]


@pytest.mark.parametrize("function", [None, "order-service-dev-api"])
@pytest.mark.parametrize("call", CALLS)
def test_each_invocations_trace_is_passed_on_beside_the_signature(
    clients: tuple[Any, Any],
    server: Any,
    call: str,
    function: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lambda's runtime changes `_X_AMZN_TRACE_ID` before each invocation of one process."""
    if function:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", function)
    told = []
    for client in clients:
        for trace in TRACES:
            monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
            if trace:
                monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
            client.call(*CALLS[call])
            sent = server.received[-1].headers
            assert "x-amzn-trace-id" not in sent["authorization"]
            told.append(sent.get("x-amzn-trace-id"))
    thin, boto3 = told[: len(TRACES)], told[len(TRACES) :]
    assert thin == boto3
    assert [bool(trace) for trace in thin] == [bool(function and trace) for trace in TRACES]


@pytest.mark.parametrize("call", CALLS)
def test_faults(clients: tuple[Any, Any], server: Any, scripted: ModuleType, call: str) -> None:
    thin, boto3 = (
        {name: outcome(client, server, fault(scripted), call) for name, fault in FAULTS.items()}
        for client in clients
    )
    assert thin == boto3


def test_error_of_the_older_sqs_protocol(
    clients: tuple[Any, Any], server: Any, scripted: ModuleType
) -> None:
    thin, boto3 = (outcome(client, server, queue_error(scripted), "sqs") for client in clients)
    assert thin == boto3
    assert thin[0] == "AWS.SimpleQueueService.NonExistentQueue"


def test_fields_of_errors(clients: tuple[Any, Any], server: Any, scripted: ModuleType) -> None:
    item = {"Item": {"id": {"S": "1"}}}
    fault = error("ConditionalCheckFailedException", fields=item)
    thin, boto3 = (outcome(client, server, fault(scripted), "dynamodb") for client in clients)
    assert thin == boto3
    assert thin[3] == item


def test_a_reply_with_a_wrong_checksum_is_asked_for_again(
    clients: tuple[Any, Any], server: Any, scripted: ModuleType
) -> None:
    script = [scripted.Answer(b"{}", headers={"x-amz-crc32": "1"}), scripted.Answer(b"{}")]
    thin, boto3 = (outcome(client, server, script, "dynamodb") for client in clients)
    assert thin == boto3 == ({}, 2)


def test_a_reply_that_is_cut_short_is_asked_for_again(
    clients: tuple[Any, Any], server: Any, scripted: ModuleType
) -> None:
    """Here the thin client is the stricter one: boto3 makes an empty reply of half an item."""
    whole = b'{"Item": {"id": {"S": "1"}}}'
    script = [scripted.Answer(whole[:-9], cut=True), scripted.Answer(whole)]
    thin, boto3 = (outcome(client, server, script, "dynamodb") for client in clients)
    assert thin == (json.loads(whole), 2)
    assert boto3 in [({}, 1), thin]


def test_nobody_listens(
    aws: ModuleType, clients: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    codes = []
    for client in clients:
        with pytest.raises(aws.AwsError) as caught:
            client.call(*CALLS["ssm"])
        codes.append((caught.value.code, caught.value.status, caught.value.retryable))
    assert codes[0] == codes[1] == ("ConnectionError", 0, True)


def test_silence_ends_at_the_timeout(
    aws: ModuleType, server: Any, scripted: ModuleType, clients: tuple[Any, Any]
) -> None:
    del clients
    server.play(scripted.Hang(), scripted.Answer(b'{"Item": {}}'))
    client = aws.ThinAws(read_s=0.2, sleep=lambda _: None)
    assert client.call(*CALLS["dynamodb"]) == {"Item": {}}


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("openssl is not installed")
    path, key = tmp_path / "localhost.pem", tmp_path / "key.pem"
    usage = "keyUsage=critical,keyCertSign,digitalSignature"
    command = [openssl, "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-addext", usage]
    command += ["-keyout", str(key), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


def test_tls(
    aws: ModuleType,
    clients: tuple[Any, Any],
    scripted: ModuleType,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scripted.ScriptedServer() as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://localhost:{server.server_port}")

        for untrusting in clients:
            with pytest.raises(aws.AwsError, match="certificate verify failed"):
                untrusting.call(*CALLS["ssm"])
        assert server.received == []

    with scripted.ScriptedServer() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://localhost:{server.server_port}")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        client = aws.ThinAws()
        for _ in range(3):
            assert client.call(*CALLS["ssm"]) == {}
        assert {request.connection for request in server.received} == {1}
