"""The fleet script: many repositories, each updated on a branch or reported with the reason."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import copier
import pytest

from fleet.fleet import FAILED, NOTHING, PERSON, UPDATED
from tests import support
from tests.lifecycle.conftest import CONFTEST, LINES, Make, Release, bare, edit, keep
from tests.questions.repositories import changes, commit, git, repository
from tests.support import ROOT, Finished

NEW_LOG = LINES.replace("line_5 = 5", "line_5 = 'better'")
BRANCH = "template-update/1.1.0"

Report = dict[str, dict[str, Any]]


@pytest.fixture
def fleet(tmp_path: Path) -> Callable[..., tuple[Finished, Report]]:
    """Run it as a person would; what it printed, and its report by the name of the project."""

    def _fleet(*arguments: str | Path) -> tuple[Finished, Report]:
        report = tmp_path / "report.json"
        report.unlink(missing_ok=True)
        command = [sys.executable, str(ROOT / "fleet/fleet.py"), *map(str, arguments)]
        command += ["--json", str(report), "--jobs", "2", "--workspace", str(tmp_path / "clones")]
        done = support.run(command, cwd=tmp_path)
        found = json.loads(report.read_text()) if report.exists() else []
        assert all(one["seconds"] >= 0 for one in found)
        by_name = {
            f"{Path(one['repository']).name}/{one['project']}".removesuffix("/."): one
            for one in found
        }
        return done, by_name

    return _fleet


Fleet = Callable[..., tuple[Finished, Report]]


def in_branch(repository: Path, path: str, branch: str = BRANCH) -> str:
    return git(repository, "show", f"{branch}:{path}")


def untouched(repository: Path) -> bool:
    """On the branch it was on, with nothing changed and no worktree left behind."""
    worktrees = git(repository, "worktree", "list").splitlines()
    head = git(repository, "rev-parse", "--abbrev-ref", "HEAD").strip()
    return head == "main" and len(worktrees) == 1 and not changes(repository)


def test_one_of_each_kind(make_project: Make, release: Release, fleet: Fleet) -> None:
    updated, same, conflicting, dirty = (
        make_project(name) for name in ("updated", "same", "conflicting", "dirty")
    )
    edit(updated / CONFTEST, "line_1 = 1\n", "line_1 = 1\nours = 1\n")
    commit(updated, "Our line")
    edit(conflicting / CONFTEST, "line_5 = 5", "line_5 = 'ours'")
    commit(conflicting, "Our line")
    (dirty / "README.md").write_text("not committed\n")
    foreign = repository_of(conflicting.parent / "foreign")
    release("1.1.0", {CONFTEST: NEW_LOG})
    copier.run_update(same, defaults=True, overwrite=True, quiet=True)
    commit(same, "Updated by hand")

    done, report = fleet(updated, same, conflicting, dirty, foreign, conflicting.parent / "nowhere")

    assert done.code == 1
    outcomes = {name: one["outcome"] for name, one in report.items()}
    assert outcomes == {
        "updated": UPDATED,
        "same": NOTHING,
        "conflicting": PERSON,
        "dirty": PERSON,
        "foreign": FAILED,
        "nowhere": FAILED,
    }
    assert report["conflicting"]["files"] == [CONFTEST]
    assert report["dirty"]["files"] == ["README.md"]
    assert "not made from this template" in report["foreign"]["reason"]
    assert "no such folder" in report["nowhere"]["reason"]

    assert report["updated"]["branch"] == BRANCH
    assert report["updated"]["commit"] == git(updated, "rev-parse", BRANCH).strip()
    assert in_branch(updated, CONFTEST) == NEW_LOG.replace("line_2", "ours = 1\nline_2")
    assert git(updated, "log", "--format=%s", f"main..{BRANCH}").strip() == (
        "Update from the template: 1.0.0 to 1.1.0"
    )
    for folder in (updated, same, conflicting):
        assert untouched(folder)
    assert changes(dirty) == {"README.md": " M"}
    assert BRANCH not in git(conflicting, "branch", "--list")

    lines = done.output.splitlines()
    assert sum(line.startswith("[") for line in lines) == 6
    assert lines[-1] == "1 updated, 1 nothing to do, 2 needs a person, 2 failed"

    # Again: what was done is not done twice.
    done, report = fleet(updated)
    assert done.code == 0
    assert report["updated"]["outcome"] == NOTHING
    assert "there already" in report["updated"]["reason"]


def repository_of(folder: Path) -> Path:
    folder.mkdir()
    (folder / "README.md").write_text("another project\n")
    return repository(folder)


def test_addresses_are_cloned_and_branches_pushed(
    make_project: Make, release: Release, fleet: Fleet, tmp_path: Path
) -> None:
    origin = bare(tmp_path / "remote.git", make_project())
    release("1.1.0", {CONFTEST: NEW_LOG})
    listed = tmp_path / "list.txt"
    listed.write_text(f"# ours\n\nfile://{origin}  # the only one\n")

    done, report = fleet("--list", listed, "--push")

    assert not done.failure
    assert report["remote.git"]["pushed"] is True
    assert in_branch(origin, CONFTEST) == NEW_LOG

    release("1.2.0", {CONFTEST: NEW_LOG + "more = 1\n"})
    done, report = fleet("--list", listed, "--push")
    assert not done.failure
    assert in_branch(origin, CONFTEST, "template-update/1.2.0") == NEW_LOG + "more = 1\n"


def test_a_failing_check_and_a_dry_run_make_no_branch(
    project: Path, release: Release, fleet: Fleet
) -> None:
    release("1.1.0", {CONFTEST: NEW_LOG})

    done, report = fleet(project, "--check", "grep -q not-there Makefile")
    assert done.code == 1
    assert report["project"]["outcome"] == PERSON
    assert "fails" in report["project"]["reason"]

    done, report = fleet(project, "--dry-run")
    assert not done.failure
    assert report["project"]["outcome"] == UPDATED
    assert git(project, "branch", "--list", "template-update/*") == ""


def test_every_project_of_a_repository(
    source: Path, release: Release, fleet: Fleet, tmp_path: Path
) -> None:
    mono = tmp_path / "mono"
    for name in ("services/one", "services/two"):
        copier.run_copy(str(source), mono / name, defaults=True, quiet=True, vcs_ref="1.0.0")
    repository(mono)
    release("1.1.0", {CONFTEST: NEW_LOG})

    done, report = fleet(mono)

    assert not done.failure
    assert set(report) == {"mono/services/one", "mono/services/two"}
    branch = f"{BRANCH}-services-one"
    assert report["mono/services/one"]["branch"] == branch
    assert git(mono, "diff", "--name-only", "main", branch).split() == [
        "services/one/.copier-answers.yml",
        f"services/one/{CONFTEST}",
    ]


@pytest.mark.usefixtures("migrating_release")
def test_a_migration_is_for_a_person(project: Path, fleet: Fleet) -> None:
    done, report = fleet(project)

    assert done.code == 1
    assert report["project"]["outcome"] == PERSON
    assert "UPGRADING.md" in report["project"]["reason"]
    assert untouched(project)


@pytest.mark.slow
def test_twenty_services(template: Path, fleet: Fleet, tmp_path: Path) -> None:
    """The whole template, with answers and edits that vary; one in five conflicts."""
    source = tmp_path / "template"
    subprocess.run(["git", "clone", "-q", str(template), str(source)], check=True)
    git(source, "tag", "1.0.0")
    answers: list[dict[str, Any]] = [
        {},
        {"triggers": ["queue"], "data_store": "none"},
        {"triggers": ["api", "stream", "schedule"], "ci": "none"},
        {"triggers": ["events", "topic", "storage"], "python_version": "3.12"},
    ]
    edits = [leave, own_files, delete_sample, conflict, dependency]
    made = {}
    for number in range(20):
        folder = tmp_path / "services" / f"service-{number:02}"
        chosen = answers[number % len(answers)]
        if number < len(answers):
            support.render(source, folder, chosen)
        else:
            shutil.copytree(
                tmp_path / "services" / f"service-{number % len(answers):02}",
                folder,
                ignore=shutil.ignore_patterns(".git"),
            )
        made[folder] = edits[number % len(edits)]
    for folder, change in made.items():
        repository(folder)
        change(folder)
        commit(folder, "Our work")
    for path in ("template/tests/conftest.py", "template/.editorconfig"):
        file = source / path
        file.write_text(file.read_text() + "# A newer practice.\n")
    commit(source, "1.1.0")
    git(source, "tag", "1.1.0")

    done, report = fleet(*made)

    counted = Counter(one["outcome"] for one in report.values())
    assert counted == {UPDATED: 16, PERSON: 4}, done.output
    for folder, change in made.items():
        result = report[folder.name]
        assert untouched(folder)
        if change is conflict:
            assert result["files"] == [".editorconfig"]
            continue
        touched = set(git(folder, "diff", "--name-only", "main", BRANCH).split())
        assert touched == {".copier-answers.yml", ".editorconfig", "tests/conftest.py"}
    keep("fleet.txt", done.output)


def leave(folder: Path) -> None:
    del folder


def own_files(folder: Path) -> None:
    (folder / "own.mk").write_text("hello: ## say hello\n\t@echo hello\n")
    (folder / "README.md").write_text("# Ours\n")


def delete_sample(folder: Path) -> None:
    for path in [*folder.glob("src/*/domain/*.py"), *folder.glob("events/*.json")]:
        path.unlink()


def conflict(folder: Path) -> None:
    with (folder / ".editorconfig").open("a") as file:
        file.write("# Our own last line.\n")


def dependency(folder: Path) -> None:
    edit(folder / "pyproject.toml", '"msgspec>=0.20",', '"msgspec>=0.20",\n    "httpx>=0.28",')
    edit(folder / "tests/conftest.py", "What all tests share", "What all of our tests share")


def test_the_script_names_the_copier_that_is_tested() -> None:
    pinned = (ROOT / "pyproject.toml").read_text().partition('dependencies = ["')[2]
    assert (
        f'# dependencies = ["{pinned.partition(chr(34))[0]}"]'
        in (ROOT / "fleet/fleet.py").read_text()
    )
