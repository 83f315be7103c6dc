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
    project: Path,
    scratch: Path,
    event: str,
    *,
    failing: str = "",
    make: str = MAKE,
    stages: str = "dev staging prod",
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
    command += ["--var", f"DEPLOY_STAGES={stages}"]
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
        f"deploy-dev: make install {built}",
        f"deploy-dev: {credentials}",
        f"deploy-dev: make deploy STAGE=dev PREBUILT=1 {built}",
        f"deploy-dev: make e2e STAGE=dev {built}",
        f"deploy-staging: make install {built}",
        f"deploy-staging: {credentials}",
        f"deploy-staging: make deploy STAGE=staging PREBUILT=1 {built}",
        f"deploy-prod: make install {built}",
        f"deploy-prod: {credentials}",
        f"deploy-prod: make deploy STAGE=prod PREBUILT=1 {built}",
    ]
    assert [step for step in ran.steps if "make package" in step] == ["package: make package "]


@pytest.mark.parametrize(
    ("stages", "deployed"), [("", []), ("dev", ["deploy-dev"]), ("dev staging prod", None)]
)
def test_a_stage_that_is_not_ready_is_passed_over(
    stages: str, deployed: list[str] | None, project: Path, tmp_path: Path
) -> None:
    """So the first run is green, before anything of AWS is set up."""
    ran = execute(project, tmp_path / "act", "push", stages=stages)
    assert ran.succeeded, ran.output
    expected = ["deploy-dev", "deploy-staging", "deploy-prod"] if deployed is None else deployed
    assert [job for job in ran.jobs if job.startswith("deploy-")] == expected


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


def told() -> list[str]:
    """The commands that Copier shows when a project is made."""
    message = str(support.copier_yml()["_message_after_copy"])
    lines = (line.partition("   #")[0].strip() for line in message.splitlines())
    return [line for line in lines if line.startswith(("git ", "make "))]


def test_the_lock_files_are_there_before_the_first_commit(render: Render, tmp_path: Path) -> None:
    project = render()
    stand_in = tmp_path / "bin/make"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\nset -e\ntouch made; case "$1" in setup) touch uv.lock;; esac\n')
    stand_in.chmod(0o755)
    path = f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}"
    for command in told():
        done = support.run(["sh", "-ec", command], cwd=project, env={"PATH": path})
        assert not done.failure, done.failure
    listed = support.run(["git", "ls-files"], cwd=project).output.splitlines()
    assert "uv.lock" in listed


def pushed(project: Path, scratch: Path) -> Path:
    """A clone of what is at the remote after a new team has done what Copier told them."""
    for command in told():
        if command != "make run":
            done = support.run(["sh", "-ec", command], cwd=project, timeout=1800)
            assert not done.failure, done.failure
    bare, clone = scratch / "remote.git", scratch / "clone"
    for arguments in (
        ["clone", "-q", "--bare", str(project), str(bare)],
        ["clone", "-q", str(bare), str(clone)],
    ):
        subprocess.run(["git", *arguments], cwd=scratch, check=True)
    return clone


@pytest.mark.slow
def test_the_first_run_is_green_after_the_steps_that_copier_tells(
    render: Render, tmp_path: Path
) -> None:
    project = pushed(render(), tmp_path)
    ran = execute(project, tmp_path / "act", "push", make=REAL_MAKE, stages="")
    assert ran.succeeded, ran.output
    assert set(ran.jobs) == CI_JOBS
    assert (tmp_path / "act/store/manifest.json").is_file()
