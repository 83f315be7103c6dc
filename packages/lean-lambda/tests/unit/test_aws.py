import json
import os
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import Answer, Drop, Hang, ScriptedServer

from lean_lambda import aws as aws_module
from lean_lambda import deadline
from lean_lambda.aws import (
    IDLE_S,
    AwsError,
    Credentials,
    ThinAws,
    connect,
    find_endpoint,
    load_credentials,
    sign,
)
from lean_lambda.deadline import (
    ATTEMPTS,
    CONNECT_S,
    LONGEST_CALL_S,
    READ_S,
    SHORTEST_S,
)

NOW = 1_767_225_600.0  # 2026-01-01
SETTINGS = ("AWS_", "SSL_CERT_", "HTTPS_PROXY", "https_proxy")


class Clock:
    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(SETTINGS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aws(clock: Clock) -> ThinAws:
    return ThinAws(read_s=1.0, clock=clock, sleep=clock.sleep, jitter=lambda: 1.0)


def get_item(aws: ThinAws) -> dict[str, Any]:
    return aws.call("dynamodb", "GetItem", {"TableName": "orders"})


def error_answer(code: str, status: int = 400, **more: Any) -> Answer:
    return Answer(json.dumps({"__type": f"com.amazonaws#{code}", **more}).encode(), status)


def test_posts_the_payload_and_gives_the_reply(server: ScriptedServer, aws: ThinAws) -> None:
    server.play(Answer(b'{"Item": {"id": {"S": "1"}}}'))

    assert get_item(aws) == {"Item": {"id": {"S": "1"}}}

    (request,) = server.received
    assert (request.method, request.path) == ("POST", "/")
    assert json.loads(request.body) == {"TableName": "orders"}
    assert request.headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert request.headers["content-type"] == "application/x-amz-json-1.0"
    assert request.headers["x-amz-date"] == "20260101T000000Z"
    assert "/20260101/eu-west-1/dynamodb/aws4_request" in request.headers["authorization"]
    assert "x-amz-security-token" not in request.headers


@pytest.mark.parametrize(
    ("service", "target", "version"),
    [
        ("dynamodb", "DynamoDB_20120810.Do", "1.0"),
        ("events", "AWSEvents.Do", "1.1"),
        ("secretsmanager", "secretsmanager.Do", "1.1"),
        ("sqs", "AmazonSQS.Do", "1.0"),
        ("ssm", "AmazonSSM.Do", "1.1"),
    ],
)
def test_speaks_each_service_s_dialect(
    server: ScriptedServer, aws: ThinAws, service: str, target: str, version: str
) -> None:
    aws.call(service, "Do", {})

    headers = server.received[0].headers
    assert headers["x-amz-target"] == target
    assert headers["content-type"] == f"application/x-amz-json-{version}"
    assert ("x-amzn-query-mode" in headers) == (service == "sqs")


def test_each_invocations_trace_goes_along_unsigned(
    server: ScriptedServer, aws: ThinAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "api")
    for trace in ("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", "Root=1-2;Lineage=1:a:3"):
        monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
        get_item(aws)
        assert server.received[-1].headers["x-amzn-trace-id"] == trace
        assert "x-amzn-trace-id" not in server.received[-1].headers["authorization"]
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    get_item(aws)
    assert "x-amzn-trace-id" not in server.received[-1].headers


def test_a_request_leaves_in_one_piece(
    server: ScriptedServer, aws: ThinAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []
    send = HTTPConnection.send

    def watch(connection: HTTPConnection, data: bytes) -> None:
        sent.append(data)
        send(connection, data)

    monkeypatch.setattr(HTTPConnection, "send", watch)
    server.play(Answer())
    get_item(aws)
    assert len(sent) == 1


@pytest.mark.parametrize("token", ["a\r\nx-amz-target: other", "tökén"])
def test_what_is_no_header_is_not_sent(
    server: ScriptedServer, aws: ThinAws, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    with pytest.raises(AwsError, match="BadRequest"):
        get_item(aws)
    assert not server.received


def test_an_empty_reply_is_an_empty_dictionary(server: ScriptedServer, aws: ThinAws) -> None:
    server.play(Answer(b""))
    assert aws.call("sqs", "DeleteMessage", {}) == {}


def test_a_reply_may_come_in_chunks(server: ScriptedServer, aws: ThinAws) -> None:
    server.play(Answer(b'{"Item": {}}', chunked=True))
    assert get_item(aws) == {"Item": {}}
    get_item(aws)
    assert {request.connection for request in server.received} == {1}


def test_the_signature_is_the_one_botocore_makes() -> None:
    headers = {"host": "dynamodb.eu-west-1.amazonaws.com", "x-amz-target": "DynamoDB.GetItem"}
    signed = sign(
        "POST",
        "/",
        "",
        headers,
        b"{}",
        credentials=Credentials("AKIDEXAMPLE", "secret", "token"),
        region="eu-west-1",
        service="dynamodb",
        at=NOW,
    )
    assert signed["x-amz-security-token"] == "token"
    assert signed["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/dynamodb/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target, "
        "Signature=e602123bbc36c956ea1c04c6ad1deb28f5b2dd993016473bbb9b60c73640cce0"
    )


def test_a_connection_serves_many_calls(server: ScriptedServer, aws: ThinAws) -> None:
    for _ in range(3):
        get_item(aws)
    aws.call("sqs", "SendMessage", {})
    assert [request.connection for request in server.received] == [1, 1, 1, 1]


def test_a_connection_the_server_left_is_replaced_before_use(
    server: ScriptedServer, aws: ThinAws, clock: Clock
) -> None:
    server.play(Answer(hang_up=True))
    get_item(aws)
    server.wait_until_hung_up()

    get_item(aws)

    assert [request.connection for request in server.received] == [1, 2]
    assert clock.slept == []


def test_a_connection_idle_for_long_is_replaced(
    server: ScriptedServer, aws: ThinAws, clock: Clock
) -> None:
    get_item(aws)
    clock.now += IDLE_S + 1
    get_item(aws)
    assert [request.connection for request in server.received] == [1, 2]


def test_a_connection_the_server_asked_to_close_is_not_kept(
    server: ScriptedServer, aws: ThinAws
) -> None:
    server.play(Answer(close=True))
    get_item(aws)
    get_item(aws)
    assert [request.connection for request in server.received] == [1, 2]


def test_threads_share_a_client(server: ScriptedServer, aws: ThinAws) -> None:
    def work() -> None:
        for _ in range(5):
            get_item(aws)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.received) == 30


@pytest.mark.parametrize(
    "fault",
    [
        Drop(),
        Hang(),
        Answer(cut=True),
        Answer(b"not json"),
        Answer(b"[]"),
        Answer(b"{}", headers={"x-amz-crc32": "1"}),
        Answer(b"{}", headers={"x-amz-crc32": "many"}),
        Answer(b"<html>busy</html>", 503),
        Answer(b"", 500),
        error_answer("InternalServerError", 500),
        error_answer("ProvisionedThroughputExceededException"),
        error_answer("ThrottlingException"),
    ],
    ids=lambda fault: repr(getattr(fault, "body", type(fault).__name__))[:30],
)
def test_a_passing_fault_is_retried(
    server: ScriptedServer, clock: Clock, fault: Answer | Drop | Hang
) -> None:
    aws = ThinAws(read_s=0.2, clock=clock, sleep=clock.sleep, jitter=lambda: 0.5)
    body = b'{"Item": {}}'
    server.play(fault, Answer(body, headers={"x-amz-crc32": str(zlib.crc32(body))}))

    assert get_item(aws) == {"Item": {}}

    assert len(server.received) == 2
    assert clock.slept == [0.05]


def test_a_lasting_fault_is_given_up(server: ScriptedServer, aws: ThinAws, clock: Clock) -> None:
    server.play(*[error_answer("InternalServerError", 500, message="oh")] * 9)

    with pytest.raises(AwsError, match="InternalServerError: oh") as caught:
        get_item(aws)

    assert (caught.value.status, caught.value.retryable) == (500, True)
    assert caught.value.__notes__ == ["dynamodb GetItem, attempt 4"]
    assert len(server.received) == ATTEMPTS
    assert clock.slept == [0.1, 0.2, 0.4]


def test_the_backoff_has_a_ceiling(server: ScriptedServer, clock: Clock) -> None:
    aws = ThinAws(attempts=9, patience_s=99, clock=clock, sleep=clock.sleep, jitter=lambda: 1.0)
    server.play(*[Answer(b"", 503)] * 8)
    get_item(aws)
    assert clock.slept == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]


def test_no_attempt_starts_when_patience_is_over(server: ScriptedServer, clock: Clock) -> None:
    def sleep_long(seconds: float) -> None:
        clock.sleep(seconds + 6)

    aws = ThinAws(patience_s=8, clock=clock, sleep=sleep_long)
    server.play(*[Answer(b"", 503)] * 9)
    with pytest.raises(AwsError, match="503"):
        get_item(aws)
    assert len(server.received) == 3


@given(st.lists(st.floats(0, 2 * CONNECT_S + READ_S), min_size=ATTEMPTS, max_size=ATTEMPTS))
def test_no_call_takes_longer_than_is_reckoned_with(attempts_take: list[float]) -> None:
    clock = Clock()
    aws = ThinAws(clock=clock, sleep=clock.sleep, jitter=lambda: 1.0)
    durations = iter(attempts_take)

    def no_answer(*_: object) -> None:
        clock.now += next(durations)
        raise AwsError("ConnectionError", retryable=True)

    aws._exchange = no_answer  # type: ignore[assignment,method-assign]
    with pytest.raises(AwsError):
        get_item(aws)
    assert clock.now - NOW <= LONGEST_CALL_S + 1e-6


@pytest.fixture
def seconds_left() -> Iterator[Callable[[float], None]]:
    """Says how long the invocation still has."""
    yield deadline.begin
    deadline.forget()


def test_no_attempt_starts_when_the_invocation_is_about_to_end(
    server: ScriptedServer, aws: ThinAws, seconds_left: Callable[[float], None]
) -> None:
    seconds_left(deadline.ANSWER_S + SHORTEST_S - 0.01)
    with pytest.raises(AwsError, match="OutOfTime") as caught:
        get_item(aws)
    assert caught.value.retryable
    assert server.received == []


def test_no_attempt_waits_until_the_invocation_is_ended(
    server: ScriptedServer, seconds_left: Callable[[float], None]
) -> None:
    aws = ThinAws(read_s=4)
    get_item(aws)
    server.play(Hang(), Hang())
    began = time.monotonic()
    seconds_left(deadline.ANSWER_S + 0.4)
    with pytest.raises(AwsError, match="ConnectionError"):
        get_item(aws)
    assert 0.4 <= time.monotonic() - began < 3
    assert len(server.received) == 2


def test_connecting_does_not_wait_until_the_invocation_is_ended(
    monkeypatch: pytest.MonkeyPatch, seconds_left: Callable[[float], None]
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:  # it never answers TLS
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        seconds_left(deadline.ANSWER_S + 0.6)
        with pytest.raises(AwsError, match="ConnectionError"):
            get_item(ThinAws(connect_s=4))
        assert 0.3 <= time.monotonic() - began < 3


def test_no_retry_is_waited_for_that_could_not_be_made(
    server: ScriptedServer, aws: ThinAws, clock: Clock, seconds_left: Callable[[float], None]
) -> None:
    server.play(*[Answer(b"", 503)] * 9)
    seconds_left(deadline.ANSWER_S + SHORTEST_S + 0.25)
    with pytest.raises(AwsError, match="503") as caught:
        get_item(aws)
    assert caught.value.retryable
    assert clock.slept == [0.1, 0.2]


def test_nobody_listening(monkeypatch: pytest.MonkeyPatch, aws: ThinAws, clock: Clock) -> None:
    with ScriptedServer() as gone:
        monkeypatch.setenv("AWS_ENDPOINT_URL", gone.url)
    with pytest.raises(AwsError, match="ConnectionError") as caught:
        get_item(aws)
    assert (caught.value.status, caught.value.retryable) == (0, True)
    assert len(clock.slept) == ATTEMPTS - 1


def test_a_refusal_is_not_retried(server: ScriptedServer, aws: ThinAws) -> None:
    server.play(error_answer("ConditionalCheckFailedException", Item={"id": {"S": "1"}}))

    with pytest.raises(AwsError) as caught:
        get_item(aws)

    error = caught.value
    assert (error.code, error.status, error.retryable, error.detail) == (
        "ConditionalCheckFailedException",
        400,
        False,
        {"Item": {"id": {"S": "1"}}},
    )
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (Answer(b'{"__type": "A#NotFound", "Message": "no"}', 400), "NotFound", "NotFound: no"),
        (Answer(b'{"__type": "NotFound:http://a/#b"}', 400), "NotFound", "NotFound"),
        (Answer(b"{}", 400, {"x-amzn-errortype": "NotFound:"}), "NotFound", "NotFound"),
        (
            Answer(b'{"__type": "A#B"}', 400, {"x-amzn-query-error": "AWS.Gone;Sender"}),
            "AWS.Gone",
            "AWS.Gone",
        ),
        (Answer(b"<html>", 404), "404", "404: Not Found"),
        (Answer(b"[]", 403), "403", "403: Forbidden"),
    ],
)
def test_names_of_errors(
    server: ScriptedServer, aws: ThinAws, answer: Answer, code: str, message: str
) -> None:
    server.play(answer)
    with pytest.raises(AwsError) as caught:
        get_item(aws)
    assert caught.value.code == code
    assert str(caught.value) == message


def dated(code: str, seconds: float) -> Answer:
    date = format_datetime(datetime.fromtimestamp(NOW + seconds, UTC), usegmt=True)
    body = json.dumps({"__type": code}).encode()
    return Answer(body, 400, {"Date": date})


def test_a_wrong_clock_is_put_right_once_and_for_all(
    server: ScriptedServer, aws: ThinAws, clock: Clock
) -> None:
    server.play(dated("InvalidSignatureException", 3600))
    get_item(aws)
    get_item(aws)
    dates = [request.headers["x-amz-date"] for request in server.received]
    assert dates == ["20260101T000000Z", "20260101T010000Z", "20260101T010000Z"]
    assert clock.slept == []


@pytest.mark.parametrize(
    "answers",
    [
        [dated("InvalidSignatureException", 1)],
        [error_answer("InvalidSignatureException")],
        [Answer(b'{"__type": "RequestExpired"}', 400, {"Date": "soon"})],
        [dated("RequestExpired", 3600), dated("RequestExpired", 9999)],
    ],
    ids=["clock is right", "no date", "no real date", "does not help"],
)
def test_a_bad_signature_is_not_tried_for_ever(
    server: ScriptedServer, aws: ThinAws, answers: list[Answer]
) -> None:
    server.play(*answers)
    with pytest.raises(AwsError):
        get_item(aws)
    assert len(server.received) == len(answers)


def test_credentials_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    assert load_credentials() == Credentials("AKIDEXAMPLE", "secret", "token")


def test_no_credentials(
    server: ScriptedServer, aws: ThinAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(AwsError, match="NoCredentialsError"):
        get_item(aws)
    assert server.received == []


def container_answer(key: str, seconds: float) -> Answer:
    expiration = datetime.fromtimestamp(NOW + seconds, UTC).isoformat().replace("+00:00", "Z")
    found = {
        "AccessKeyId": key,
        "SecretAccessKey": "secret",
        "Token": "token",
        "Expiration": expiration,
    }
    return Answer(json.dumps(found).encode())


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with ScriptedServer() as container:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{container.url}/creds?role=1")
        yield container


def keys_used(server: ScriptedServer) -> list[str]:
    return [
        request.headers["authorization"].split("Credential=")[1].split("/")[0]
        for request in server.received
    ]


def test_credentials_of_the_container_endpoint(
    container: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    container.play(*[container_answer("KEY", 3600)] * 3)

    assert load_credentials() == Credentials("KEY", "secret", "token", NOW + 3600)
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc")
    load_credentials()
    (tmp_path / "token").write_text("Bearer def\n")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    load_credentials()

    assert [request.path for request in container.received] == ["/creds?role=1"] * 3
    sent = [request.headers.get("authorization") for request in container.received]
    assert sent == [None, "Basic abc", "Bearer def"]


@pytest.mark.parametrize("url", ["http://203.0.113.1/creds", "http://evil.example/", "nonsense"])
@pytest.mark.usefixtures("container")
def test_the_container_token_stays_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
    with pytest.raises(AwsError, match="is not a container endpoint"):
        load_credentials()


def test_credentials_are_renewed_before_they_expire(
    server: ScriptedServer, container: ScriptedServer, aws: ThinAws, clock: Clock
) -> None:
    container.play(container_answer("FIRST", 3600), container_answer("SECOND", 7200))
    get_item(aws)
    clock.now += 3200
    get_item(aws)
    clock.now += 200
    get_item(aws)
    get_item(aws)
    assert keys_used(server) == ["FIRST", "FIRST", "SECOND", "SECOND"]


def test_nothing_of_the_first_start_is_left_in_a_snapshot(
    server: ScriptedServer, container: ScriptedServer, take_snapshot: Callable[[], None]
) -> None:
    container.play(container_answer("FIRST", 1e9), container_answer("SECOND", 1e9))
    aws = ThinAws()
    get_item(aws)

    take_snapshot()
    assert not aws_module._signing_key.cache_info().currsize
    server.wait_until_hung_up()  # no copy inherits the connection
    get_item(aws)

    assert keys_used(server) == ["FIRST", "SECOND"]
    assert server.connections == 2


def test_credentials_still_good_outlive_a_failed_renewal(
    server: ScriptedServer, container: ScriptedServer, aws: ThinAws, clock: Clock
) -> None:
    container.play(container_answer("FIRST", 3600), Drop(), Answer(b"{}"))
    container.play(*[Answer(b"oops")] * 9)
    get_item(aws)
    clock.now += 3400
    get_item(aws)
    get_item(aws)
    assert keys_used(server) == ["FIRST"] * 3

    clock.now += 300
    with pytest.raises(AwsError, match="CredentialsError") as caught:
        get_item(aws)
    assert caught.value.retryable


def test_a_token_said_to_be_expired_is_replaced(
    server: ScriptedServer, container: ScriptedServer, aws: ThinAws, clock: Clock
) -> None:
    container.play(container_answer("FIRST", 3600), container_answer("SECOND", 7200))
    server.play(error_answer("ExpiredTokenException"))
    get_item(aws)
    assert keys_used(server) == ["FIRST", "SECOND"]
    assert clock.slept == []


def test_an_expired_token_of_the_environment_is_final(server: ScriptedServer, aws: ThinAws) -> None:
    server.play(error_answer("ExpiredTokenException"))
    with pytest.raises(AwsError, match="ExpiredToken"):
        get_item(aws)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "sqs.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "sqs.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "sqs.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "sqs.eusc-de-east-1.amazonaws.eu"),
        ("us-iso-east-1", "sqs.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", "sqs.us-isob-east-1.sc2s.sgov.gov"),
    ],
)
def test_endpoints_follow_region_and_partition(
    monkeypatch: pytest.MonkeyPatch, region: str, host: str
) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    assert find_endpoint("sqs") == (True, host, None, host, "/")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4566", (False, "127.0.0.1", 4566, "127.0.0.1:4566", "/")),
        ("http://local:80/aws", (False, "local", 80, "local", "/aws")),
        ("https://[::1]:443/", (True, "::1", 443, "[::1]", "/")),
    ],
)
def test_endpoints_may_be_set(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: tuple[object, ...]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://all.example")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", url)
    assert find_endpoint("secretsmanager") == expected
    assert find_endpoint("events").host == "all.example"


@pytest.mark.parametrize("url", ["localhost:4566", "ftp://a", "http://"])
def test_an_endpoint_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    with pytest.raises(AwsError, match=r"BadEndpoint.*AWS_ENDPOINT_URL"):
        find_endpoint("ssm")


def test_no_region(monkeypatch: pytest.MonkeyPatch, aws: ThinAws) -> None:
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(AwsError, match="AWS_REGION is not set"):
        get_item(aws)


def test_tls_settings_are_read_once_and_a_server_without_tls_is_refused(
    server: ScriptedServer, aws: ThinAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[ssl.SSLContext] = []
    create = ssl.create_default_context

    def counting(cafile: str | None = None) -> ssl.SSLContext:
        made.append(create(cafile=cafile))
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", counting)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url.replace("http:", "https:"))
    with pytest.raises(AwsError, match="ConnectionError"):
        get_item(aws)
    assert len(made) == 1
    assert made[0].verify_mode is ssl.CERT_REQUIRED


class Trust:
    """Who is trusted by name; `None` is what the system trusts. Keeps which of them was loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.amazon, self.other = trustme.CA(), trustme.CA()
        self.loaded: list[str | None] = []
        self.system = self.write(self.other, "system.pem")
        self._create = ssl.create_default_context

    def write(self, authority: trustme.CA, name: str) -> str:
        path = self.folder / name
        authority.cert_pem.write_to_path(path)
        return str(path)

    def create_default_context(self, cafile: str | None = None) -> ssl.SSLContext:
        self.loaded.append(cafile and Path(cafile).name)
        return self._create(cafile=cafile or self.system)


@pytest.fixture
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trust:
    trust = Trust(tmp_path)
    monkeypatch.setattr(ssl, "create_default_context", trust.create_default_context)
    return trust


@pytest.fixture
def tls_server(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> ScriptedServer:
    """The names of AWS lead to this server; it speaks TLS once it was given a certificate."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    real = socket.create_connection

    def create_connection(_: tuple[str, int], *more: Any, **by_name: Any) -> socket.socket:
        return real(("127.0.0.1", server.server_port), *more, **by_name)

    monkeypatch.setattr(socket, "create_connection", create_connection)
    monkeypatch.setattr(server, "handle_error", lambda *_: None)  # refused handshakes
    return server


def certify(server: ScriptedServer, authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    names = [f"{service}.eu-west-1.amazonaws.com" for service in ("dynamodb", "sqs")]
    authority.issue_cert(*names).configure_cert(context)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )


@pytest.fixture
def roots(trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_module, "ROOTS", trust.write(trust.amazon, "amazon.pem"))


@pytest.mark.usefixtures("roots")
class TestPackagedRoots:
    def test_they_are_all_that_is_loaded(self, tls_server: ScriptedServer, trust: Trust) -> None:
        certify(tls_server, trust.amazon)
        aws = ThinAws()
        get_item(aws)
        aws.call("sqs", "SendMessage", {})
        assert trust.loaded == ["amazon.pem"]

    def test_a_chain_that_ends_elsewhere_is_verified_with_the_system_s_roots(
        self, tls_server: ScriptedServer, trust: Trust
    ) -> None:
        certify(tls_server, trust.other)
        aws = ThinAws()
        get_item(aws)
        aws.call("sqs", "SendMessage", {})
        assert trust.loaded == ["amazon.pem", None]
        assert len(tls_server.received) == 2

    def test_a_chain_that_nobody_trusts_is_refused(
        self, tls_server: ScriptedServer, trust: Trust, clock: Clock
    ) -> None:
        certify(tls_server, trustme.CA())
        with pytest.raises(AwsError, match="CERTIFICATE_VERIFY_FAILED"):
            get_item(ThinAws(clock=clock, sleep=clock.sleep))
        assert trust.loaded == ["amazon.pem", None]
        assert tls_server.received == []

    @pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "SSL_CERT_FILE"])
    def test_a_bundle_of_one_s_own_comes_first(
        self, tls_server: ScriptedServer, trust: Trust, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        certify(tls_server, trust.other)
        monkeypatch.setenv(name, trust.system)
        get_item(ThinAws())
        assert trust.loaded == ["system.pem" if name == "AWS_CA_BUNDLE" else None]

    def test_an_endpoint_of_one_s_own_is_verified_with_the_system_s_roots(
        self, tls_server: ScriptedServer, trust: Trust, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        certify(tls_server, trust.other)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "https://sqs.eu-west-1.amazonaws.com")
        ThinAws().call("sqs", "SendMessage", {})
        assert trust.loaded == [None]


def test_without_packaged_roots_the_system_s_are_loaded(
    tls_server: ScriptedServer, trust: Trust
) -> None:
    certify(tls_server, trust.other)
    get_item(ThinAws())
    assert trust.loaded == [None]


@pytest.fixture
def fresh_connect() -> Iterator[None]:
    connect.cache_clear()
    yield
    connect.cache_clear()


@pytest.mark.usefixtures("fresh_connect")
class TestConnect:
    def test_the_thin_client_is_the_default_and_made_once(self) -> None:
        assert isinstance(connect(), ThinAws)
        assert connect() is connect()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("AWS_CLIENT", "boto3"),
            ("HTTPS_PROXY", "http://proxy:3128"),
            ("https_proxy", "http://proxy:3128"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "True"),
        ],
    )
    def test_boto3_when_asked_for_or_needed(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv(name, value)
        assert type(connect()).__name__ == "Boto3Aws"

    def test_a_proxy_does_not_concern_a_plain_local_endpoint(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
        assert isinstance(connect(), ThinAws)

    def test_another_client_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_CLIENT", "boto2")
        with pytest.raises(ValueError, match="AWS_CLIENT must be thin or boto3, not 'boto2'"):
            connect()
