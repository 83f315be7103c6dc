"""The scheduled workflow: executed with act, on a local template, with a stand-in for `gh`."""

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import support
from tests.ci.test_execution import REAL_MAKE, Execution, execute
from tests.ci.test_workflows import PINS
from tests.conftest import Render
from tests.lifecycle.conftest import CONFTEST, LINES, Make, Release, bare, edit
from tests.questions.repositories import commit, git
from tests.support import ROOT

WORKFLOW = ".github/workflows/template-update.yml"
NEW_LOG = LINES.replace("line_5 = 5", "line_5 = 'better'")
BRANCH = "template-update/1.1.0"
ANSWERS = [{"path": ".copier-answers.yml"}]

GH = """\
#!/bin/sh
echo "$*" >> "{record}"
case "$1 $2" in
  "pr list") cat "{open_ones}" ;;
  "pr create") cat > "{body}"; echo https://github.example.com/acme/orders/pull/7 ;;
esac
"""


class GitHub:
    """Stands in for the hosting: a bare repository, and a `gh` that notes what it is asked."""

    def __init__(self, project: Path, scratch: Path) -> None:
        self.project, self.scratch = project, scratch
        self.origin = bare(scratch / "origin.git", project)
        self.record, self.body = scratch / "record.txt", scratch / "body.md"
        self.open_ones = scratch / "open.json"
        self.open_ones.write_text("[]")
        program = scratch / "bin" / "gh"
        program.parent.mkdir()
        program.write_text(GH.format(record=self.record, body=self.body, open_ones=self.open_ones))
        program.chmod(program.stat().st_mode | stat.S_IEXEC)

    def run_workflow(self, monkeypatch: pytest.MonkeyPatch) -> Execution:
        monkeypatch.setenv("PATH", f"{self.scratch / 'bin'}{os.pathsep}{os.environ['PATH']}")
        ran = execute(self.project, self.scratch / "act", "schedule", make=REAL_MAKE)
        assert ran.succeeded, ran.output
        return ran

    def asked(self, what: str) -> list[str]:
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [line for line in lines if line.startswith(what)]

    def branches(self) -> list[str]:
        return git(self.origin, "branch", "--format=%(refname:short)").split()


@pytest.fixture
def github(source: Path, make_project: Make, tmp_path: Path) -> GitHub:
    workflow = source / "template" / WORKFLOW
    workflow.parent.mkdir(parents=True)
    workflow.write_bytes((ROOT / "template" / WORKFLOW).read_bytes())
    shutil.copytree(
        ROOT / "packages",
        source / "template/vendor",
        ignore=shutil.ignore_patterns("tests", "__pycache__"),
    )
    commit(source, "With the workflow")
    git(source, "tag", "--force", "1.0.0")
    return GitHub(make_project(), tmp_path / "github")


def conflicting(github: GitHub) -> None:
    edit(github.project / CONFTEST, "line_5 = 5", "line_5 = 'ours'")
    commit(github.project, "Our line")
    git(github.project, "push", "-q", "origin", "main")


def test_an_update_becomes_a_pull_request(
    github: GitHub, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    release("1.1.0", {CONFTEST: NEW_LOG})

    github.run_workflow(monkeypatch)

    assert github.asked("pr create") == [
        f"pr create --base main --head {BRANCH} "
        "--title Update from the template: 1.0.0 to 1.1.0 --body-file -"
    ]
    assert github.body.read_text().startswith("## 1.1.0 - 2026-02-01\n\n- Logs more.\n\nFrom 1.0.0")
    assert github.branches() == ["main", BRANCH]
    assert git(github.origin, "show", f"{BRANCH}:{CONFTEST}") == NEW_LOG
    changed = git(github.origin, "diff", "--name-only", "main", BRANCH).split()
    assert changed == [".copier-answers.yml", CONFTEST]
    author = git(github.origin, "log", "-1", "--format=%an", BRANCH).strip()
    assert author == "github-actions[bot]"


def test_nothing_to_do(github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = github.run_workflow(monkeypatch)

    assert "Nothing to do: there is no newer version" in ran.output
    assert not github.asked("pr create")
    assert github.branches() == ["main"]


def test_a_conflict_is_said_first(
    github: GitHub, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    conflicting(github)
    release("1.1.0", {CONFTEST: NEW_LOG})

    github.run_workflow(monkeypatch)

    (created,) = github.asked("pr create")
    assert "1.0.0 to 1.1.0 (conflicts to resolve)" in created
    body = github.body.read_text()
    assert body.startswith("**This needs a person.**")
    assert f"- `{CONFTEST}`" in body
    assert "- Logs more." in body
    both = git(github.origin, "show", f"{BRANCH}:{CONFTEST}")
    assert "line_5 = 'ours'" in both
    assert "line_5 = 'better'" in both


@pytest.mark.parametrize(
    ("open_ones", "created", "closed"),
    [
        pytest.param(
            [{"number": 3, "url": "u3", "headRefName": "renovate/template", "files": ANSWERS}],
            0,
            [],
            id="somebody else's update is open",
        ),
        pytest.param(
            [{"number": 4, "url": "u4", "headRefName": "template-update/1.0.1", "files": ANSWERS}],
            1,
            ["4"],
            id="an older one of ours is open",
        ),
        pytest.param(
            [{"number": 5, "url": "u5", "headRefName": "feature", "files": [{"path": "a"}]}],
            1,
            [],
            id="something else is open",
        ),
    ],
)
def test_other_pull_requests(
    open_ones: list[dict[str, Any]],
    created: int,
    closed: list[str],
    github: GitHub,
    release: Release,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release("1.1.0", {CONFTEST: NEW_LOG})
    github.open_ones.write_text(json.dumps(open_ones))

    github.run_workflow(monkeypatch)

    assert len(github.asked("pr create")) == created
    assert [line.split()[2] for line in github.asked("pr close")] == closed


def test_a_branch_that_is_there_is_left_alone(
    github: GitHub, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(github.project, "push", "-q", "origin", f"main:refs/heads/{BRANCH}")
    release("1.1.0", {CONFTEST: NEW_LOG})

    ran = github.run_workflow(monkeypatch)

    assert f"the branch {BRANCH} is there already" in ran.output
    assert not github.asked("pr")


def test_the_workflow_takes_no_more_than_it_needs() -> None:
    workflow = yaml.safe_load((ROOT / "template" / WORKFLOW).read_text())
    assert workflow[True] == {"schedule": [{"cron": "23 5 * * 1"}], "workflow_dispatch": None}
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "write", "pull-requests": "write"}
    checkout, uv, update = job["steps"]
    assert checkout["with"] == {"persist-credentials": False}
    for step, action in ((checkout, "actions/checkout"), (uv, "astral-sh/setup-uv")):
        assert step["uses"] == f"{action}@{PINS[action][1]}"
    assert update["run"] == "make template-pull-request"


@pytest.mark.parametrize(
    ("ci", "managers"), [("github", ["copier"]), ("none", ["copier", "pep621"])]
)
def test_renovate_does_what_nothing_else_does(ci: str, managers: list[str], render: Render) -> None:
    project = render(ci=ci)

    assert json.loads((project / "renovate.json").read_text())["enabledManagers"] == managers
    dependabot = project / ".github/dependabot.yml"
    assert dependabot.exists() == (ci == "github")
    assert (project / WORKFLOW).exists() == (ci == "github")
    if dependabot.exists():
        updates = yaml.safe_load(dependabot.read_text())["updates"]
        assert [one["package-ecosystem"] for one in updates] == ["uv"]
    if shutil.which("renovate-config-validator"):  # of npm's `renovate`, too large to install here
        command = ["renovate-config-validator", "--strict", "--no-global", "renovate.json"]
        assert not support.run(command, cwd=project).failure
