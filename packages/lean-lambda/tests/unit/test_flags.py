import json
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from scripted_server import Answer, ScriptedServer

from lean_lambda.aws import AwsError, ThinAws
from lean_lambda.flags import (
    AppConfig,
    Flags,
    Latest,
    connect_flags,
)
from lean_lambda.testing.aws import FakeAws

AWAY = AwsError("ThrottlingException", retryable=True)
DENIED = AwsError("AccessDeniedException", status=403)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Script:
    """A source that plays answers and failures, and writes down the tokens it is given."""

    def __init__(self, *steps: Any) -> None:
        self.steps = deque(steps)
        self.asked: list[str] = []

    def start(self) -> str:
        self.asked.append("start")
        return "first"

    def latest(self, token: str) -> Latest:
        self.asked.append(token)
        step = self.steps.popleft()
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, Latest) else Latest(f"after-{token}", step)


def document(**flags: bool) -> bytes:
    return json.dumps({name: {"enabled": on} for name, on in flags.items()}).encode()


@pytest.fixture
def clock() -> Clock:
    return Clock()


class TestFlags:
    def test_a_flag_is_on_or_off(self, clock: Clock) -> None:
        flags = Flags(Script(document(one=True, two=False)), clock=clock)
        assert flags.enabled("one") is True
        assert flags.enabled("two", default=True) is False

    def test_an_unknown_flag_has_the_default_of_whoever_asks(self, clock: Clock) -> None:
        flags = Flags(Script(document()), clock=clock)
        assert flags.enabled("three") is False
        assert flags.enabled("three", default=True) is True

    def test_they_are_read_once_in_a_while(self, clock: Clock) -> None:
        source = Script(document(one=True), document(one=False))
        flags = Flags(source, ttl=60, clock=clock)
        assert flags.enabled("one") is True
        clock.now += 59
        assert flags.enabled("one") is True
        assert source.asked == ["start", "first"]
        clock.now += 1
        assert flags.enabled("one") is False
        assert source.asked == ["start", "first", "after-first"]

    def test_no_news_is_no_change(self, clock: Clock) -> None:
        flags = Flags(Script(document(one=True), b""), ttl=60, clock=clock)
        assert flags.enabled("one") is True
        clock.now += 60
        assert flags.enabled("one") is True

    @pytest.mark.parametrize("failure", [AWAY, DENIED, Latest("t", b"<html>"), RuntimeError()])
    def test_the_last_known_value_outlives_a_failure(self, failure: Any, clock: Clock) -> None:
        source = Script(document(one=True), failure, document(one=False))
        flags = Flags(source, ttl=60, clock=clock)
        assert flags.enabled("one") is True
        clock.now += 60
        assert flags.enabled("one") is True
        assert flags.enabled("one") is True
        assert len(source.asked) == 3  # one attempt, not one per question
        clock.now += 60
        assert flags.enabled("one") is False
        assert source.asked[-2:] == ["start", "first"]  # its token may be used up

    def test_before_there_are_any_the_default_holds(
        self, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        flags = Flags(Script(AWAY, document(one=False)), ttl=60, clock=clock)
        assert flags.enabled("one", default=True) is True
        assert "flags not read" in caplog.text
        clock.now += 60
        assert flags.enabled("one", default=True) is False

    @pytest.mark.parametrize("odd", [b'{"one": 1}', b'{"one": {"enabled": "yes"}}'])
    def test_what_is_no_flag_has_the_default(self, odd: bytes, clock: Clock) -> None:
        assert Flags(Script(odd), clock=clock).enabled("one", default=True) is True


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_ENDPOINT_URL_APPCONFIGDATA", running.url)
        yield running


class TestAppConfig:
    def test_asks_as_the_service_expects(self, server: ScriptedServer) -> None:
        source = AppConfig(ThinAws(), "app/env/flags")
        server.play(
            Answer(b'{"InitialConfigurationToken": "a+b="}', status=201),
            Answer(document(one=True), headers={"Next-Poll-Configuration-Token": "next"}),
        )
        token = source.start()
        assert source.latest(token) == Latest("next", document(one=True))
        session, latest = server.received
        assert (session.method, session.path) == ("POST", "/configurationsessions")
        assert json.loads(session.body) == {
            "ApplicationIdentifier": "app",
            "EnvironmentIdentifier": "env",
            "ConfigurationProfileIdentifier": "flags",
            "RequiredMinimumPollIntervalInSeconds": 15,
        }
        assert latest.method == "GET"
        assert latest.path == "/configuration?configuration_token=a%2Bb%3D"
        assert "/eu-west-1/appconfig/aws4_request" in latest.headers["authorization"]

    def test_does_not_keep_a_request_waiting(self, server: ScriptedServer) -> None:
        server.play(Answer(status=503), Answer(status=503))
        with pytest.raises(AwsError):
            AppConfig(ThinAws(), "app/env/flags").start()
        assert len(server.received) == 1

    def test_works_with_boto3_as_well(self) -> None:
        class Body:
            def read(self) -> bytes:
                return document(one=True)

        aws = FakeAws(
            StartConfigurationSession={"InitialConfigurationToken": "t"},
            GetLatestConfiguration={
                "NextPollConfigurationToken": "next",
                "Configuration": Body(),
            },
        )
        source = AppConfig(aws, "app/env/flags")
        assert source.latest(source.start()) == Latest("next", document(one=True))
        assert aws.asked("GetLatestConfiguration") == [{"ConfigurationToken": "t"}]


def test_a_path_names_application_environment_and_profile() -> None:
    with pytest.raises(ValueError, match="zip"):
        connect_flags("app/env")
