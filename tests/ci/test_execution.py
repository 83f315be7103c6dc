"""The generated pipeline, executed on this machine with act.

Remote actions are replaced by stand-ins, and in the quick tests so is `make`. Each writes down what
it was asked to do, so that a test can say which jobs ran, in which order, and with which package.
"""

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import support
from tests.ci.test_workflows import PINS
from tests.conftest import Render

CI_JOBS = {"audit", "check", "e2e", "package", "policies", "secrets", "test"}

MAKE = """\
#!/bin/sh
echo "$GITHUB_JOB: make $* $(cat dist/built 2>/dev/null)" >> "$RECORD"
case "$*" in
  "$FAILING") exit 1 ;;
  package) mkdir -p dist && date +%s%N > dist/built ;;
esac
"""
# Everything for real, but for the one command that asks an online database.
REAL_MAKE = """\
#!/bin/sh
echo "$GITHUB_JOB: make $*" >> "$RECORD"
test "$*" = audit || PATH="$REAL_PATH" exec make "$@"
"""
ACTION = """\
name: stand-in
description: stand-in
inputs:
  role-to-assume: {{required: false, description: a role}}
  aws-region: {{required: false, description: a region}}
runs:
  using: composite
  steps:
    - shell: sh
      env:
        REGION: ${{{{ inputs.aws-region }}}}
        ROLE: ${{{{ inputs.role-to-assume }}}}
      run: |
        {command}
"""
COMMANDS = {
    "actions/checkout": "true",
    "astral-sh/setup-uv": "true",
    "actions/upload-artifact": 'cp -R dist "$STORE"',
    "actions/download-artifact": 'cp -R "$STORE" dist',
    "aws-actions/configure-aws-credentials": (
        'echo "$GITHUB_JOB: credentials $REGION $ROLE" >> "$RECORD"'
    ),
}


class Execution(NamedTuple):
    output: str
    succeeded: bool
    steps: list[str]

    @property
    def jobs(self) -> list[str]:
        """The jobs in the order in which each first did something."""
        return list(dict.fromkeys(step.partition(":")[0] for step in self.steps))


def execute(
    project: Path, scratch: Path, event: str, *, failing: str = "", make: str = MAKE
) -> Execution:
    """Run the workflows of an event to their end."""
    scratch.mkdir()
    record = scratch / "record"
    record.touch()
    environment = {"RECORD": str(record), "STORE": str(scratch / "store"), "FAILING": failing}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("UV_")}
    environment["REAL_PATH"] = os.environ["PATH"]
    stand_in = scratch / "bin/make"
    stand_in.parent.mkdir()
    stand_in.write_text(make)
    stand_in.chmod(stand_in.stat().st_mode | stat.S_IEXEC)
    path = f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}"
    command = ["act", event, "--platform", "ubuntu-latest=-self-hosted"]
    command += ["--action-offline-mode", "--concurrent-jobs", "2"]
    command += ["--eventpath", str(_event(scratch, event))]
    for name, value in environment.items():
        command += ["--env", f"{name}={value}"]
    for action, (_, commit) in PINS.items():
        folder = scratch / "actions" / action
        folder.mkdir(parents=True)
        (folder / "action.yml").write_text(ACTION.format(command=COMMANDS[action]))
        command += ["--local-repository", f"{action}@{commit}={folder}"]
    command += ["--var", "AWS_DEPLOY_ROLE_ARN=arn:aws:iam::111111111111:role/deploy"]
    done = support.run(command, cwd=project, env={"PATH": path, "HOME": str(scratch)}, timeout=1800)
    return Execution(done.output, done.code == 0, record.read_text().splitlines())


def _event(scratch: Path, event: str) -> Path:
    path = scratch / "event.json"
    repository = {"default_branch": "main"}
    pull_request = {"number": 1, "base": {"ref": "main"}, "head": {"ref": "change"}}
    content: dict[str, object] = {"repository": repository, "ref": "refs/heads/main"}
    if event == "pull_request":
        content = {"repository": repository, "pull_request": pull_request}
    path.write_text(json.dumps(content))
    return path


def committed(project: Path) -> Path:
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "Start"]):
        subprocess.run(["git", *command], cwd=project, check=True)
    return project


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    answers = {"aws_region": "eu-north-1"}
    return committed(support.render(template, tmp_path_factory.mktemp("project"), answers))


def test_a_pull_request_is_checked_and_deploys_nothing(project: Path, tmp_path: Path) -> None:
    ran = execute(project, tmp_path / "act", "pull_request")
    assert ran.succeeded, ran.output
    assert set(ran.jobs) == CI_JOBS
    assert not [step for step in ran.steps if "deploy" in step or "credentials" in step]


def test_a_push_goes_from_dev_to_prod_with_one_package(project: Path, tmp_path: Path) -> None:
    ran = execute(project, tmp_path / "act", "push")
    assert ran.succeeded, ran.output
    first = len(CI_JOBS)
    assert set(ran.jobs[:first]) == CI_JOBS
    assert ran.jobs[first:] == ["deploy-dev", "deploy-staging", "deploy-prod"]

    built = (tmp_path / "act/store/built").read_text().strip()
    credentials = "credentials eu-north-1 arn:aws:iam::111111111111:role/deploy"
    assert [step for step in ran.steps if step.startswith("deploy-")] == [
        f"deploy-dev: {credentials}",
        f"deploy-dev: make deploy STAGE=dev PREBUILT=1 {built}",
        f"deploy-dev: make e2e STAGE=dev {built}",
        f"deploy-staging: {credentials}",
        f"deploy-staging: make deploy STAGE=staging PREBUILT=1 {built}",
        f"deploy-prod: {credentials}",
        f"deploy-prod: make deploy STAGE=prod PREBUILT=1 {built}",
    ]
    assert [step for step in ran.steps if "make package" in step] == ["package: make package "]


@pytest.mark.parametrize(
    ("failing", "deployed"),
    [
        ("test", []),
        ("audit", []),
        ("deploy STAGE=dev PREBUILT=1", ["deploy-dev"]),
        ("e2e STAGE=dev", ["deploy-dev"]),
        ("deploy STAGE=staging PREBUILT=1", ["deploy-dev", "deploy-staging"]),
    ],
)
def test_a_failure_goes_no_further(
    failing: str, deployed: list[str], project: Path, tmp_path: Path
) -> None:
    ran = execute(project, tmp_path / "act", "push", failing=failing)
    assert not ran.succeeded
    assert [job for job in ran.jobs if job.startswith("deploy-")] == deployed


@pytest.mark.slow
def test_ci_is_green_with_the_real_commands(render: Render, tmp_path: Path) -> None:
    project = render()
    assert not support.run(["uv", "lock"], cwd=project).failure
    ran = execute(committed(project), tmp_path / "act", "pull_request", make=REAL_MAKE)
    assert ran.succeeded, ran.output
    assert set(ran.jobs) == CI_JOBS
    assert (tmp_path / "act/store/manifest.json").is_file()
