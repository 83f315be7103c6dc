"""`make drift`: what was edited or removed in the files that the template manages."""

import shutil
import tomllib
from pathlib import Path

from tests import support
from tests.lifecycle.conftest import CONFTEST, GATEWAY, LINES, Make, Release, Tool, edit
from tests.questions.repositories import commit, git, repository
from tests.support import ROOT


def test_a_pristine_project_has_none(tool: Tool) -> None:
    ran = tool("drift", "--check")

    assert not ran.failure
    assert "edited" not in ran.output
    assert "missing" not in ran.output
    # tests/conftest.py is managed; the answers file is Copier's own record.
    assert "managed   2 files: 2 same" in ran.output
    assert "shared    3 files: 3 same" in ran.output


def test_it_is_told_apart_what_was_edited_and_what_is_missing(project: Path, tool: Tool) -> None:
    edit(project / CONFTEST, "line_2 = 2\n", "line_2 = 'ours'\nline_2b = 'ours'\n")
    (project / GATEWAY).unlink()

    ran = tool("drift", "--check")

    assert ran.code == 1
    rows = [line.split() for line in ran.output.splitlines()]
    assert ["managed", "edited", "+2", "-1", CONFTEST] in rows
    assert ["managed", "missing", GATEWAY] in rows
    assert "drift: 2 of the template's files" in ran.output


def test_without_check_it_only_tells(project: Path, tool: Tool) -> None:
    (project / CONFTEST).unlink()

    assert tool("drift").code == 0


def test_the_edits_are_shown_when_asked_for(project: Path, tool: Tool) -> None:
    edit(project / CONFTEST, "line_2 = 2", "line_2 = 'ours'")

    assert "+line_2 = 'ours'" in tool("drift", "--diff").output.splitlines()


def test_what_is_the_teams_is_no_drift(project: Path, tool: Tool) -> None:
    (project / "README.md").unlink()
    (project / "tests/unit/own.py").write_text("# our own\n")
    (project / "own.mk").write_text("# our own\n")

    ran = tool("drift", "--check")

    assert not ran.failure
    assert "README.md" not in ran.output
    assert "own" not in ran.output.replace(str(project), "")


def test_shared_files_are_there_to_be_edited_but_not_removed(project: Path, tool: Tool) -> None:
    edit(project / "pyproject.toml", '"msgspec>=0.20",', '"msgspec>=0.20",\n    "httpx",')
    assert "shared   edited   +1 -0" in tool("drift", "--check").output
    assert tool("drift", "--check").code == 0

    (project / "pyproject.toml").rename(project / "other.toml")
    (project / "Makefile").unlink()
    (project / "other.toml").rename(project / "pyproject.toml")
    assert tool("drift", "--check").code == 1


def test_another_line_ending_is_no_drift(project: Path, tool: Tool) -> None:
    (project / CONFTEST).write_bytes(LINES.replace("\n", "\r\n").encode())

    assert tool("drift", "--check").code == 0


def test_it_is_measured_from_the_recorded_version_and_answers(
    make_project: Make, release: Release, tool: Tool, project: Path
) -> None:
    del make_project
    release("1.1.0", {CONFTEST: LINES + "more = 1\n"})

    ran = tool("drift", "--check")
    assert not ran.failure
    assert "at 1.0.0" in ran.output

    # Without `api`, http.py is not the template's any more, wherever the file may still be.
    answers = project / ".copier-answers.yml"
    edit(answers, "- api\n", "")
    assert "managed   1 files" in tool("drift").output


def test_it_says_what_is_wrong_with_the_answers_file(project: Path, tool: Tool) -> None:
    answers = project / ".copier-answers.yml"
    edit(answers, "_commit: 1.0.0", "_commit: 9.9.9")
    assert "has no version 9.9.9" in tool("drift").output

    answers.unlink()
    ran = tool("drift")
    assert ran.code == 1
    assert ran.output.startswith("error: .copier-answers.yml is missing")


def test_make_brings_the_tools_their_copier(project: Path) -> None:
    (project / "vendor").symlink_to(ROOT / "packages")
    ran = support.run(["make", "drift", "ARGS=--check"], cwd=project)

    assert not ran.failure
    python = project / ".local/environments/copier/bin/python"
    version = "import importlib.metadata; print(importlib.metadata.version('copier'))"
    found = support.run([str(python), "-c", version], cwd=project).output.strip()
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert f"copier=={found}" == pinned[0]


def conflicting(project: Path) -> None:
    """A conflict that leaves pyproject.toml no TOML."""
    file = project / "pyproject.toml"
    file.write_text(f"<<<<<<< before updating\n=======\n>>>>>>> after updating\n{file.read_text()}")


def test_a_conflict_in_pyproject_disables_nothing_with_a_copy(project: Path) -> None:
    (project / "vendor").symlink_to(ROOT / "packages")
    conflicting(project)

    ran = support.run(["make", "drift"], cwd=project)

    assert not ran.failure
    assert "edited   +3 -0      pyproject.toml" in ran.output


def test_a_conflict_in_pyproject_disables_nothing_with_a_dependency(
    project: Path, tmp_path: Path
) -> None:
    """As in a fresh clone, in which nothing was installed yet."""
    upstream = tmp_path / "upstream"
    shutil.copytree(ROOT / "packages", upstream / "packages")
    repository(upstream)
    with (project / "pyproject.toml").open("a") as file:
        file.write(
            "\n[tool.uv.sources.lambda-workbench]\n"
            f'git = "file://{upstream}"\nrev = "{git(upstream, "rev-parse", "HEAD").strip()}"\n'
        )
    conflicting(project)

    ran = support.run(["make", "drift"], cwd=project)

    assert not ran.failure
    assert "edited   +7 -0      pyproject.toml" in ran.output


def test_a_whole_service_has_no_drift_when_it_is_made(template: Path, tmp_path: Path) -> None:
    folder = support.render(template, tmp_path / "service")
    support.run(["git", "init", "-q"], cwd=folder)
    commit(folder, "Start")

    ran = support.run(["make", "drift", "ARGS=--check"], cwd=folder)

    assert not ran.failure
    assert "edited" not in ran.output
