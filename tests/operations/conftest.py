"""A service on the emulator, for tests of the commands that operate a deployed one."""

import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from tests import support
from tests.conftest import shared_folder

EVERYTHING = Path(__file__).parents[1] / "profiles" / "everything.yml"


def workbench(python: Path | str, command: str) -> list[str]:
    """What starts a command of the workbench that an interpreter has."""
    return [str(python), "-m", "lambda_workbench", command.replace("_", "-")]


@dataclass(frozen=True)
class Tools:
    """The commands of one project, run as its Makefile does, without setting the project up."""

    project: Path
    python: Path

    @property
    def environment(self) -> dict[str, str]:
        """What `make` would add to a person's."""
        return {
            "UV": support.UV,
            "UV_PYTHON": str(self.python),
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": "src",  # where an environment of its own would have the package
        }

    def run(self, command: str, *arguments: str, **env: str) -> support.Finished:
        """`workbench <command> <arguments>`, or a script that the test has put into the project."""
        environment = {**self.environment, **env}
        script = self.project / f"{command}.py"
        start = (
            [str(self.python), str(script)] if script.exists() else workbench(self.python, command)
        )
        return support.run([*start, *arguments], cwd=self.project, env=environment)

    def run_tool(self, name: str, *arguments: str) -> support.Finished:
        """One of the programs that the project's environment has."""
        command = [str(self.python.parent / name), *arguments]
        return support.run(command, cwd=self.project)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text that must be there."""
        file = self.project / path
        text = file.read_text()
        assert old in text, f"{path} has no {old!r}"
        file.write_text(text.replace(old, new))


@dataclass(frozen=True)
class Running(Tools):
    """A project that is deployed to an emulator."""

    endpoint: str

    def client(self, service: str) -> Any:
        connect: Any = boto3.client  # whose types know services by their literal names
        return connect(
            service,
            endpoint_url=self.endpoint,
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106
        )

    def queue(self, name: str) -> str:
        """The URL of one of the stage's queues."""
        return str(self.client("sqs").get_queue_url(QueueName=f"shop-local-{name}")["QueueUrl"])

    def waiting(self, name: str) -> int:
        """How many messages are in a queue, those in work included."""
        found = self.client("sqs").get_queue_attributes(
            QueueUrl=self.queue(name), AttributeNames=["All"]
        )["Attributes"]
        return sum(
            int(found[f"ApproximateNumberOfMessages{state}"]) for state in ("", "NotVisible")
        )

    def order(self, order_id: str) -> dict[str, Any]:
        """What the table has of an order: empty when nothing."""
        found = self.client("dynamodb").get_item(
            TableName=self.tables()["ORDERS_TABLE"],
            Key={"order_id": {"S": order_id}},
            ConsistentRead=True,
        )
        return {name: next(iter(value.values())) for name, value in found.get("Item", {}).items()}

    def tables(self, function: str = "queue") -> dict[str, str]:
        """The environment of a function."""
        found = self.client("lambda").get_function_configuration(
            FunctionName=f"shop-local-{function}"
        )
        return dict(found["Environment"]["Variables"])


def wait_until(description: str, check: Callable[[], Any], seconds: float = 40) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {description}"
        time.sleep(0.2)
    return found


@pytest.fixture(scope="session")
def built(
    template: Path, service_tools: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The project with everything, built for the emulator, and the tools' interpreter."""
    python = service_tools / "bin" / "python"
    with shared_folder(tmp_path_factory, "operations") as (folder, empty):
        project = folder / "project"
        if empty:
            support.render(template, project, yaml.safe_load(EVERYTHING.read_text()))
            tools = Tools(project, python)
            for command in (
                [support.UV, "lock", "--quiet"],
                ["git", "init", "-q", "-b", "main"],
                ["git", "add", "-A"],
                ["git", "commit", "-qm", "Start"],
            ):
                done = support.run(command, cwd=project)
                assert not done.failure, done.failure
            for module, argument in (("emulator", "prepare"), ("package", "--local")):
                done = tools.run(module, argument)
                assert not done.failure, done.failure
    return project, python


@pytest.fixture
def project(built: tuple[Path, Path], tmp_path: Path) -> Tools:
    """A copy of the project, to be edited; nothing of it runs."""
    return Tools(copy_of(built[0], tmp_path / "project"), built[1])


@pytest.fixture(scope="session")
def running(
    built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The project, deployed to an emulator that the tests of one process share."""
    folder = copy_of(built[0], tmp_path_factory.mktemp("running") / "project")
    tools = Tools(folder, built[1])
    done = tools.run("emulator", "start", EMULATOR_PORT=str(free_port()))
    assert not done.failure, done.failure
    try:
        done = tools.run("deploy-local")
        assert not done.failure, done.failure
        state = json.loads((folder / ".local" / "emulator.json").read_text())
        yield Running(folder, built[1], state["endpoint"])
    finally:
        tools.run("emulator", "stop")


def copy_of(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns(".venv-emulator"))
    (target / ".venv-emulator").symlink_to(source / ".venv-emulator")
    return target


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
