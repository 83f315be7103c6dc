"""AWS as the emulator plays it, through both clients."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from lean_lambda.aws import Aws, ThinAws
from lean_lambda.sdk import Boto3Aws, boto3_client

REPOSITORY = Path(__file__).parents[4]
START_S = 120.0  # the first time, ministack is installed


@dataclass(frozen=True)
class Emulator:
    endpoint: str


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator of generated projects, as they pin it, in an environment of its own."""
    home = tmp_path_factory.mktemp("emulator")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [os.environ.get("UV", "uv"), "run", "--quiet", "--no-project", "--isolated"]
    for requirement in _pinned():
        command += ["--with", requirement]
    command += [
        "python",
        "-P",
        str(REPOSITORY / "packages/lambda-workbench/src/lambda_workbench/local/emulator_main.py"),
    ]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "TMPDIR": str(home),
        "STATE_DIR": str(home / "state"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    with (home / "emulator.log").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=home, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_ministack/health", process, home / "emulator.log")
        yield Emulator(f"http://127.0.0.1:{port}")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _pinned() -> list[str]:
    settings = (REPOSITORY / "template/pyproject.toml.jinja").read_text()
    listed = re.search(r"^emulator = \[(.*?)^\]", settings, re.MULTILINE | re.DOTALL)
    assert listed
    return re.findall(r'"(.+?)"', listed[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):  # noqa: S310
            return
        time.sleep(0.1)
    raise AssertionError(f"the emulator does not answer: {output.read_text()[-2000:]}")


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
