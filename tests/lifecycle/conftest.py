"""A template of few files with the real questions, ownership tables and tools, in two releases."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import copier
import pytest

from tests import support
from tests.questions.conftest import questions_only
from tests.questions.repositories import commit, git, repository
from tests.support import ROOT, Finished

CONFTEST = "tests/unit/conftest.py"
GATEWAY = "src/order_service/gateway.py"
LINES = "\n".join(f"line_{n} = {n}" for n in range(1, 10)) + "\n"
CHANGELOG = "# Changelog\n\n## 1.0.0 - 2026-01-01\n\n- The first.\n"
CHANGELOG_2 = CHANGELOG.replace("## 1.0.0", "## 1.1.0 - 2026-02-01\n\n- Logs more.\n\n## 1.0.0")

Release = Callable[[str, Mapping[str, str]], None]
Tool = Callable[..., Finished]
Make = Callable[..., Path]


def small_template(folder: Path) -> Path:
    questions_only(folder)
    for name in ("Makefile.jinja", "pyproject.toml.jinja"):
        target = folder / "template" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "template" / name, target)
    (folder / "template/README.md").write_text("a start\n")
    for path in (CONFTEST, GATEWAY):
        file = folder / "template" / path.replace("order_service", "{{ package_name }}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(LINES)
    (folder / "template/.gitignore").write_text("__pycache__/\n.local/\n.uv/\n.venv/\n/uv.lock\n")
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The template at its release 1.0.0."""
    folder = repository(small_template(tmp_path / "template"))
    git(folder, "tag", "1.0.0")
    return folder


@pytest.fixture
def release(source: Path) -> Release:
    """Make another release, with these files of the generated project changed."""

    def _release(version: str, files: Mapping[str, str]) -> None:
        for name, content in files.items():
            path = source / "template" / name.replace("order_service", "{{ package_name }}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        (source / "CHANGELOG.md").write_text(CHANGELOG_2.replace("1.1.0", version))
        commit(source, version)
        git(source, "tag", version)

    return _release


@pytest.fixture
def make_project(source: Path, tmp_path: Path) -> Make:
    """A project from the first release, committed."""

    def _make(name: str = "project", **answers: Any) -> Path:
        folder = tmp_path / "projects" / name
        copier.run_copy(
            str(source), folder, data=answers, defaults=True, quiet=True, vcs_ref="1.0.0"
        )
        return repository(folder)

    return _make


@pytest.fixture
def project(make_project: Make) -> Path:
    return make_project()


@pytest.fixture
def tool(project: Path) -> Tool:
    """Run a command of the workbench in the project, with this repository's Copier."""

    def _tool(name: str, *arguments: str, env: Mapping[str, str] | None = None) -> Finished:
        command = [sys.executable, "-m", "lambda_workbench", name.replace("_", "-"), *arguments]
        return support.run(command, cwd=project, env={"PYTHONPATH": "", **(env or {})})

    return _tool


def keep(name: str, text: str) -> None:
    """A report for a person to look at, in a folder that Git ignores."""
    folder = ROOT / "build/lifecycle"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.fixture
def migrating_release(source: Path) -> None:
    """A major version that wants to run something."""
    questions = source / "copier.yml"
    migration = "\n_migrations:\n  - version: 2.0.0\n    command: touch migrated\n"
    questions.write_text(questions.read_text() + migration)
    commit(source, "2.0.0")
    git(source, "tag", "2.0.0")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new))


def bare(folder: Path, project: Path) -> Path:
    """A bare repository as the project's origin."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    git(project, "remote", "add", "origin", str(folder))
    git(project, "push", "-q", "origin", "main")
    return folder
