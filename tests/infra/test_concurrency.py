"""`make check` and `make deploy` refuse numbers of concurrency that do not go together."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Render

Refusal = Callable[[Path], str]


@pytest.fixture
def refusal() -> Refusal:
    """What the step of `make check` says about a project; nothing when all goes together."""

    def _refusal(project: Path) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "tools.concurrency"],
            cwd=project,
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(project), "PATH": "", "AWS_DEFAULT_REGION": "eu-west-1"},
            check=False,
        )
        assert done.returncode == bool(done.stderr), done.stderr
        return done.stderr

    return _refusal


def settings(project: Path, stage: str, *parameters: str) -> None:
    path = project / "samconfig.toml"
    given = "".join(f'    "{parameter}",\n' for parameter in parameters)
    text = path.read_text()
    assert f'    "Stage={stage}",\n' in text
    path.write_text(text.replace(f'    "Stage={stage}",\n', f'    "Stage={stage}",\n{given}'))


def test_what_is_generated_goes_together(render: Render, refusal: Refusal) -> None:
    project = render(startup="provisioned")
    assert refusal(project) == ""
    settings(project, "prod", "ReserveConcurrency=true", "QueueConcurrency=4")
    assert refusal(project) == ""


def test_a_queue_may_not_use_more_than_is_reserved(render: Render, refusal: Refusal) -> None:
    project = render()
    (project / "template.override.yaml").write_text(
        "Resources: {QueueFunction: {Properties: {ReservedConcurrentExecutions: 5}}}\n"
    )
    settings(project, "prod", "QueueConcurrency=5")
    said = refusal(project)
    assert "dev: QueueFunction takes up to 10 batches from queues at a time" in said
    assert "but has 5 reserved" in said
    assert "prod" not in said


def test_a_second_queue_counts_too(render: Render, refusal: Refusal) -> None:
    project = render()
    settings(project, "prod", "ReserveConcurrency=true")
    (project / "template.override.yaml").write_text(
        "Resources: {QueueFunction: {Properties: {Events: {More: {Type: SQS, Properties: "
        "{Queue: 'arn:aws:sqs:eu-west-1:1:more', ScalingConfig: {MaximumConcurrency: 2}}}}}}}\n"
    )
    assert "prod: QueueFunction takes up to 12 batches" in refusal(project)


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        (["ApiProvisionedMost=1"], "keeps 2 environments ready but may have 1 at most"),
        (["ReserveConcurrency=true", "ApiConcurrency=1"], "keeps up to 2 environments ready"),
        (
            ["ReserveConcurrency=true", "ApiProvisionedMost=60"],
            "keeps up to 60 environments ready but has 50 reserved",
        ),
    ],
)
def test_environments_are_kept_ready_within_what_is_there(
    parameters: list[str], fault: str, render: Render, refusal: Refusal
) -> None:
    project = render(startup="provisioned")
    settings(project, "prod", *parameters)
    assert f"prod: ApiFunction {fault}" in refusal(project)


def test_a_snapshot_excludes_environments_that_are_kept_ready(
    render: Render, refusal: Refusal
) -> None:
    project = render(startup="snapstart")
    (project / "template.override.yaml").write_text(
        "Resources: {ApiFunction: {Properties: {ProvisionedConcurrencyConfig: "
        "{ProvisionedConcurrentExecutions: 1}}}}\n"
    )
    assert "ApiFunction has both SnapStart and provisioned concurrency" in refusal(project)


def test_a_deployment_is_refused_as_well(render: Render) -> None:
    project = render()
    (project / "template.override.yaml").write_text(
        "Resources: {QueueFunction: {Properties: {ReservedConcurrentExecutions: 5}}}\n"
    )
    deploy = (
        "from tools import deploy, merge; merge.write_merged(); deploy.deploy_command('dev', {})"
    )
    done = subprocess.run(
        [sys.executable, "-c", deploy],
        cwd=project,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(project), "PATH": "", "AWS_DEFAULT_REGION": "eu-west-1"},
        check=False,
    )
    assert done.returncode != 0
    assert "dev: QueueFunction takes up to 10 batches" in done.stderr
    assert not list((project / "dist").glob("template-*.yaml"))
