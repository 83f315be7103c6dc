"""The generated GitHub Actions files, checked by the tools for it and against what must hold."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.decode.cfn_yaml import load, loads

from tests import support
from tests.conftest import Render
from tests.support import TRIGGERS

PROFILES: dict[str, dict[str, Any]] = {
    "default": {},
    "everything": {"triggers": TRIGGERS},
    "api with tokens": {"api_auth": "jwt"},
    "image": {"packaging": "image"},
    "api only, other region": {"triggers": ["api"], "aws_region": "us-gov-west-1"},
}
PINS = {
    "actions/checkout": ("v7.0.1", "3d3c42e5aac5ba805825da76410c181273ba90b1"),
    "actions/download-artifact": ("v8.0.1", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c"),
    "actions/upload-artifact": ("v7.0.0", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f"),
    "astral-sh/setup-uv": ("v10.0.1", "20cfd1bf945f4377ade1205e4dbc17946fc9a30d"),
    "aws-actions/configure-aws-credentials": (
        "v6.2.3",
        "e6de054238d6b7531b4efff3b6587d9aade6a06c",
    ),
}


def workflows(project: Path) -> dict[str, dict[Any, Any]]:
    """Every workflow by its file name. YAML reads the key `on` as true."""
    return {
        path.name: yaml.safe_load(path.read_text())
        for path in sorted((project / ".github/workflows").glob("*.yml"))
    }


@pytest.mark.parametrize("answers", list(PROFILES.values()), ids=list(PROFILES))
def test_linters_find_nothing(answers: dict[str, Any], render: Render) -> None:
    project = render(**answers)
    support.run(["git", "init", "-q"], cwd=project)  # actionlint looks for a repository
    files = [str(path) for path in sorted((project / ".github/workflows").glob("*.yml"))]
    schemas = "check-jsonschema", "--builtin-schema"
    for command in (
        ["actionlint", "-shellcheck=", "-pyflakes="],
        ["zizmor", "--offline", "--no-progress", "--quiet", ".github"],
        [*schemas, "vendor.github-workflows", *files],
        [*schemas, "custom.github-workflows-require-timeout", ".github/workflows/ci.yml"],
        [*schemas, "vendor.dependabot", ".github/dependabot.yml"],
    ):
        assert not support.run(command, cwd=project).failure


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return support.render(template, tmp_path_factory.mktemp("project"))


def test_every_action_is_pinned_to_a_commit_that_is_named(project: Path) -> None:
    found = set()
    for path in (project / ".github/workflows").glob("*.yml"):
        for line in path.read_text().splitlines():
            if "uses:" not in line or "uses: ./" in line:
                continue
            match = re.fullmatch(r"\s*-? uses: ([\w-]+/[\w-]+)@([0-9a-f]{40}) # (v[\d.]+)", line)
            assert match, line
            action, commit, version = match.groups()
            assert PINS[action] == (version, commit)
            found.add(action)
    assert found == set(PINS)


def test_jobs_may_do_no_more_than_they_need(project: Path) -> None:
    for name, workflow in workflows(project).items():
        assert workflow["permissions"] == {}, name
        for job_name, job in workflow["jobs"].items():
            allowed = {"contents": "read"}
            if job_name == "rollback":
                allowed["id-token"] = "write"
            if job_name.startswith("deploy-"):
                allowed["id-token"] = "write"
                assert job["environment"] == job_name.removeprefix("deploy-")
                assert job["concurrency"] == {"group": job_name, "cancel-in-progress": False}
            if name == "template-update.yml":
                allowed = {"contents": "write", "pull-requests": "write"}
            assert job["permissions"] == allowed, job_name
            for step in job.get("steps", []):
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False
                assert "${{ github" not in step.get("run", "")


def test_the_lock_file_is_taken_as_it_is(project: Path) -> None:
    found = workflows(project)
    del found["template-update.yml"]  # brings it up to date when dependencies have changed
    assert all(workflow["env"]["UV_LOCKED"] == "1" for workflow in found.values())


def jobs_with_credentials(project: Path) -> dict[str, dict[str, Any]]:
    return {
        name: job
        for workflow in workflows(project).values()
        for name, job in workflow["jobs"].items()
        if any("configure-aws-credentials" in step.get("uses", "") for step in job.get("steps", []))
    }


def test_credentials_come_after_everything_is_installed(project: Path) -> None:
    """What is installed is other people's code, and it could take them."""
    jobs = jobs_with_credentials(project)
    assert set(jobs) == {"deploy-dev", "deploy-staging", "deploy-prod", "rollback"}
    for name, job in jobs.items():
        steps = [step.get("uses", step.get("run", "")) for step in job["steps"]]
        (at,) = (n for n, step in enumerate(steps) if "configure-aws-credentials" in step)
        before, after = steps[:at], steps[at + 1 :]
        assert "make install" in before, name
        assert any(step.startswith("astral-sh/setup-uv@") for step in before), name
        # Afterwards only targets that need no more than `make install` has brought.
        assert {step.split()[1] for step in after if step.startswith("make")} <= {
            "deploy",
            "e2e",
            "rollback",
        }
        assert all("upload-artifact" in step for step in after if not step.startswith("make"))


def test_no_program_is_installed_outside_of_a_lock(project: Path) -> None:
    """`uv tool run` takes what is newest, without hashes and without the days of waiting."""
    for path in [project / "Makefile", *support.WORKBENCH.rglob("*.py")]:
        text = path.read_text()
        for found in ("tool run", '"tool", "run"', "uvx", 'pip install "', "pipx"):
            assert found not in text, f"{path}: {found}"
    for path in sorted(support.WORKBENCH.glob("environments/*/pyproject.toml")):
        settings = tomllib.loads(path.read_text())
        assert settings["tool"]["uv"]["exclude-newer"] == "7 days"
        assert (path.parent / "uv.lock").exists()
        assert any("==" in pinned for pinned in settings["project"]["dependencies"])


# https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
SHIFTING = re.compile(
    r"AllAtOnce|Canary10Percent(?P<canary>[0-9]+)Minutes?|Linear10PercentEvery(?P<linear>[0-9]+)Minutes?"
)
# For the changes before the traffic moves, the end-to-end tests, and starting the job.
ALLOWANCE_MINUTES = 45


def minutes(choice: str) -> int:
    """How long a way of shifting takes: ten steps of a tenth each, or one pause."""
    match = SHIFTING.fullmatch(choice)
    assert match, f"unknown: {choice}"
    return int(match["canary"] or 0) + 10 * int(match["linear"] or 0)


def test_every_way_of_shifting_traffic_ends_before_the_job_and_its_credentials(
    project: Path,
) -> None:
    parameters = load(str(project / "template.yaml"))["Parameters"]
    longest = max(map(minutes, parameters["TrafficShifting"]["AllowedValues"]))
    assert longest == 100
    role = loads(support.bootstrap_template(project))["Resources"]["DeployRole"]["Properties"]
    patience = re.search(
        r"patience: float = ([\d.]+)", (support.WORKBENCH / "operate/change_set.py").read_text()
    )
    assert patience
    assert float(patience[1]) >= (longest + 20) * 60
    for name, job in jobs_with_credentials(project).items():
        if name == "rollback":  # moves all traffic at once
            continue
        assert job["timeout-minutes"] >= longest + ALLOWANCE_MINUTES, name
        (seconds,) = (
            step["with"]["role-duration-seconds"]
            for step in job["steps"]
            if "configure-aws-credentials" in step.get("uses", "")
        )
        assert job["timeout-minutes"] * 60 <= seconds <= role["MaxSessionDuration"], name


def test_a_stage_is_deployed_once_it_is_said_to_be_ready(project: Path) -> None:
    """Before, the first run of the pipeline would fail for the want of a role."""
    jobs = workflows(project)["deploy.yml"]["jobs"]
    for stage in ("dev", "staging", "prod"):
        assert jobs[f"deploy-{stage}"]["if"] == f"contains(vars.DEPLOY_STAGES, '{stage}')"


def test_a_step_is_a_target_of_the_makefile(project: Path) -> None:
    targets = re.findall(r"^([a-z0-9-]+):.*## ", (project / "Makefile").read_text(), re.MULTILINE)
    commands = [
        step["run"]
        for workflow in workflows(project).values()
        for job in workflow["jobs"].values()
        for step in job.get("steps", [])
        if "run" in step
    ]
    assert len(commands) == 18
    for command in commands:
        match = re.fullmatch(
            r"make ([a-z0-9-]+)( STAGE=(dev|staging|prod))?( PREBUILT=1| YES=1)?", command
        )
        assert match, command
        assert match[1] in targets


def test_dependencies_are_a_week_old_before_they_are_proposed(project: Path) -> None:
    dependabot = yaml.safe_load((project / ".github/dependabot.yml").read_text())
    assert [update["package-ecosystem"] for update in dependabot["updates"]] == ["uv"]
    assert all(update["cooldown"]["default-days"] >= 7 for update in dependabot["updates"])


def test_without_github_there_is_nothing_of_it(render: Render) -> None:
    project = render(ci="none")
    assert not (project / ".github").exists()
    for path in project.rglob("*.md"):
        if not path.is_relative_to(project / "vendor"):  # the packages serve any pipeline
            assert "github" not in path.read_text().lower(), path
