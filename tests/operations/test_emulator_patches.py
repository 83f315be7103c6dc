"""What the emulator lacks, put in by patches: each is still needed, and does what AWS does.

A test that fails "without" its patch says that upstream has mended it: drop the patch.
"""

import io
import json
import os
import signal
import subprocess
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests import support

from .conftest import Tools, free_port, wait_until

# Lambda waits minutes between asynchronous retries.
EMULATOR = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("emulator_main", sys.argv[1])
emulator = importlib.util.module_from_spec(spec)
spec.loader.exec_module(emulator)
emulator.complete(without=sys.argv[2:])
sys.argv[1:] = []
emulator.main()
"""
FAILING = """
import os
def handler(event, context):
    with open(os.environ["CALLS"], "a") as calls:
        calls.write("x")
    raise ValueError("never works")
"""
RETRIES = 1


class Account:
    """An emulator with a function that always fails, whose failures go to a queue."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        self.endpoint = endpoint
        self.calls = folder / "calls"
        self.calls.touch()
        self.failures = self.client("sqs").create_queue(QueueName="failures")["QueueUrl"]
        self.function = self._alias_of_a_function()

    def client(self, service: str) -> Any:
        connect: Any = boto3.client  # whose types know services by their literal names
        return connect(
            service,
            endpoint_url=self.endpoint,
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106
        )

    def called(self) -> int:
        """How often the function was called."""
        return len(self.calls.read_text())

    def failed(self) -> list[dict[str, Any]]:
        """What reached the on-failure destination."""
        found = self.client("sqs").receive_message(QueueUrl=self.failures, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    def _alias_of_a_function(self) -> str:
        functions = self.client("lambda")
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("failing.py", FAILING)
        functions.create_function(
            FunctionName="failing",
            Runtime="python3.13",
            Role="arn:aws:iam::000000000000:role/any",
            Handler="failing.handler",
            Code={"ZipFile": code.getvalue()},
            Environment={"Variables": {"CALLS": str(self.calls)}},
            Publish=True,
        )
        alias = functions.create_alias(FunctionName="failing", Name="live", FunctionVersion="1")
        functions.put_function_event_invoke_config(
            FunctionName="failing",
            Qualifier="live",
            MaximumRetryAttempts=RETRIES,
            DestinationConfig={
                "OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:000000000000:failures"}
            },
        )
        return str(alias["AliasArn"])


def invoked(account: Account) -> None:
    account.client("lambda").invoke(
        FunctionName="failing", Qualifier="live", InvocationType="Event", Payload=b"{}"
    )


def by_a_rule(account: Account) -> None:
    events = account.client("events")
    events.put_rule(Name="rule", EventPattern='{"source": ["test"]}')
    events.put_targets(Rule="rule", Targets=[{"Id": "function", "Arn": account.function}])
    events.put_events(Entries=[{"Source": "test", "DetailType": "any", "Detail": "{}"}])


def by_a_topic(account: Account) -> None:
    topics = account.client("sns")
    topic = topics.create_topic(Name="topic")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=account.function)
    topics.publish(TopicArn=topic, Message="any")


NEEDED: dict[str, Callable[[Account], None]] = {
    "settings_of_an_alias": invoked,
    "rules_do_not_wait": by_a_rule,
    "topics_do_not_wait": by_a_topic,
}


def answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5):  # noqa: S310
            return True
    except OSError:
        return False


@contextmanager
def emulator(project: Tools, folder: Path, *without: str) -> Iterator[Account]:
    script = folder / "emulator.py"
    script.write_text(EMULATOR)
    patches = support.WORKBENCH / "local" / "emulator_main.py"
    port = str(free_port())
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GATEWAY_PORT": port,
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.1",
    }
    python = project.project / ".venv-emulator" / "bin" / "python"
    with (folder / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [python, script, patches, *without],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        endpoint = f"http://127.0.0.1:{port}"
        wait_until("the emulator answers", lambda: answers(endpoint))
        yield Account(endpoint, folder)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)


@pytest.mark.parametrize("patch", NEEDED)
def test_a_failure_is_tried_again_and_kept_as_on_aws(
    project: Tools, tmp_path: Path, patch: str
) -> None:
    with emulator(project, tmp_path) as account:
        NEEDED[patch](account)
        (kept,) = wait_until("the failure is kept", account.failed)

        assert account.called() == 1 + RETRIES
        assert kept["requestContext"]["condition"] == "RetriesExhausted"


@pytest.mark.parametrize("patch", NEEDED)
def test_without_its_patch_the_emulator_does_not(
    project: Tools, tmp_path: Path, patch: str
) -> None:
    with emulator(project, tmp_path, patch) as account:
        NEEDED[patch](account)
        wait_until("the function is called", account.called)
        time.sleep(2)

        assert account.failed() == [], f"ministack does without {patch}: drop it"
