"""A service, and an emulator that only one test uses, for tests of how stages are changed."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests import support
from tests.conftest import shared_folder
from tests.operations.conftest import Tools, copy_of, free_port


@dataclass(frozen=True)
class Place(Tools):
    """A project beside an emulator on which nothing is deployed yet."""

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

    def script(self, text: str, *arguments: str) -> support.Finished:
        """Run Python with the project's tools; `stack(name)` is a stack of the emulator."""
        path = self.project / "script.py"
        path.write_text(PREAMBLE.format(endpoint=self.endpoint) + text)
        command = [str(self.python), str(path), *arguments]
        return support.run(
            command,
            cwd=self.project,
            env={"PYTHONPATH": ".", "UV": support.UV},
        )

    def aws(self, module: str, *arguments: str, **env: str) -> support.Finished:
        """A command for a stage other than `local`, for which the emulator is AWS.

        The emulator lacks SAM's transform and CodeDeploy, so what is sent was localised before.
        Every call of AWS is printed as `call: <service>:<Operation>`.
        """
        (self.project / "on_aws.py").write_text(ON_AWS)
        command = [str(self.python), "on_aws.py", module, *arguments]
        environment = {
            **AWS_ENVIRONMENT,
            "AWS_ENDPOINT_URL": self.endpoint,
            "PYTHONPATH": ".",
            "UV": support.UV,
            **env,
        }
        return support.run(command, cwd=self.project, env=environment)

    def bootstrap(self, stage: str = "dev") -> None:
        """Prepare a stage, without what the emulator lacks."""
        numbers = ["--organisation-id", "42", "--repository-id", "4711"]
        provider = ["--parameter", "CreateProvider=false"]
        done = self.aws(
            "bootstrap", stage, "--repository", "acme/orders", *numbers, *provider, "--yes"
        )
        assert not done.failure, done.failure

    def status(self, stack: str) -> str:
        """What CloudFormation says of a stack; empty when it is not there."""
        cloudformation = self.client("cloudformation")
        try:
            found = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        except cloudformation.exceptions.ClientError:
            return ""
        return str(found[0]["StackStatus"])

    def live(self, function: str = "api") -> dict[str, Any]:
        """The configuration of the version that callers reach."""
        found: dict[str, Any] = self.client("lambda").get_function_configuration(
            FunctionName=f"order-service-local-{function}", Qualifier="live"
        )
        del found["ResponseMetadata"]
        return found

    def override(self, text: str) -> None:
        """Add to the resources of the project."""
        path = self.project / "template.override.yaml"
        path.write_text(text)


PREAMBLE = """\
import sys
from lambda_workbench.local.local_env import enter_local_environment
enter_local_environment()
from lambda_workbench.operate.change_set import Wanted, apply, as_text, settle
from lambda_workbench.errors import ToolError
from lambda_workbench.operate.stack import Stack

def stack(name):
    return Stack(name, "{endpoint}")

"""

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
}
ON_AWS = """\
import botocore.client
from lambda_workbench.cli import main
from lambda_workbench.local.localise import localise
from lambda_workbench.operate import deploy

make_api_call = botocore.client.BaseClient._make_api_call

def recorded(self, operation, arguments):
    print(f"call: {self.meta.service_model.service_name}:{operation}")
    return make_api_call(self, operation, arguments)

botocore.client.BaseClient._make_api_call = recorded
seal = deploy.seal
deploy.seal = lambda merged, values, content: localise(seal(merged, values, content), values)
main()
"""


@pytest.fixture(scope="session")
def built(
    template: Path, service_tools: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The default project, and the tools' interpreter."""
    python = service_tools / "bin" / "python"
    with shared_folder(tmp_path_factory, "deployment") as (folder, empty):
        project = folder / "project"
        if empty:
            support.render(template, project)
            for command in (
                [support.UV, "lock", "--quiet"],
                ["git", "init", "-q", "-b", "main"],
                ["git", "add", "-A"],
                ["git", "commit", "-qm", "Start"],
            ):
                done = support.run(command, cwd=project)
                assert not done.failure, done.failure
            done = Tools(project, python).run("emulator", "prepare")
            assert not done.failure, done.failure
    return project, python


@pytest.fixture
def project(built: tuple[Path, Path], tmp_path: Path) -> Tools:
    """A copy of the project, to be edited; nothing of it runs."""
    return Tools(copy_of(built[0], tmp_path / "project"), built[1])


@pytest.fixture(scope="session")
def emulator(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The file that says where an emulator is, which the tests of one process share."""
    tools = Tools(copy_of(built[0], tmp_path_factory.mktemp("emulator") / "project"), built[1])
    done = tools.run("emulator", "start", EMULATOR_PORT=str(free_port()))
    assert not done.failure, done.failure
    try:
        yield (tools.project / ".local" / "emulator.json").read_text()
    finally:
        tools.run("emulator", "stop")


@pytest.fixture
def place(project: Tools, emulator: str) -> Place:
    """A copy of the project, beside an emulator with nothing on it."""
    endpoint = json.loads(emulator)["endpoint"]
    with urllib.request.urlopen(f"{endpoint}/_ministack/reset", data=b"", timeout=30):  # noqa: S310
        pass
    state = project.project / ".local" / "emulator.json"
    state.parent.mkdir(exist_ok=True)
    state.write_text(emulator)
    return Place(project.project, project.python, endpoint)


@pytest.fixture(scope="session")
def packed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dist/ as `make package` leaves it."""
    with shared_folder(tmp_path_factory, "packed") as (folder, empty):
        if empty:
            tools = Tools(copy_of(built[0], folder / "project"), built[1])
            done = tools.run("package")
            assert not done.failure, done.failure
    return folder / "project" / "dist"


@pytest.fixture
def deployed(place: Place) -> Place:
    """The same, with the service on the emulator."""
    done = place.run("deploy", "local", SERVICE_VERSION="one")
    assert not done.failure, done.failure
    return place
