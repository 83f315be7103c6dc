"""The judge, and the stacks that it looks at."""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import support
from tests.conftest import shared_folder
from tests.iam.judge import Identity, Judge, install
from tests.iam.needs import Need, needs
from tests.iam.stack import Bootstrap, Stack

Deployed = Callable[..., "Deployment"]


class Deployment:
    """A generated project, bootstrapped and deployed to one stage."""

    def __init__(self, project: Path, stage: str, region: str) -> None:
        self.project = project
        self.bootstrap = Bootstrap(project, stage, region)
        self.stack = Stack(project, stage, self.bootstrap)
        self._needs: list[Need] | None = None

    def needs(self, judge: Judge) -> list[Need]:
        """What CloudFormation needs for the stack."""
        if self._needs is None:
            self._needs = list(needs(judge, self.stack))
        return self._needs

    def identity(self, role: str) -> Identity:
        """`CloudFormationRole` or `DeployRole`."""
        return Identity(self.bootstrap.arn_of(role), self.bootstrap.policies(role))


@pytest.fixture(autouse=True, scope="session")
def _quiet() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        logging.getLogger("samtranslator").setLevel(logging.ERROR)
        yield


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    with shared_folder(tmp_path_factory, "iam-judge") as (folder, empty):
        if empty:
            install(folder)
    with Judge(folder) as running:
        yield running


@pytest.fixture(scope="session")
def deployed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """`deployed({"triggers": ["api"]}, "dev")` is what these answers come to; each is made once."""
    projects: dict[str, Path] = {}
    deployments: dict[tuple[str, str], Deployment] = {}

    def _deployed(answers: Mapping[str, Any], stage: str = "dev") -> Deployment:
        key = repr(sorted(answers.items()))
        if key not in projects:
            projects[key] = tmp_path_factory.mktemp("iam") / "service"
            support.render(template, projects[key], answers)
        if (key, stage) not in deployments:
            region = str(answers.get("aws_region", "eu-west-1"))
            deployments[key, stage] = Deployment(projects[key], stage, region)
        return deployments[key, stage]

    return _deployed
