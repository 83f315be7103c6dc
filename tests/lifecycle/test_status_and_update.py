"""`make template-status` and `make template-update`."""

from pathlib import Path

import pytest
import yaml

from tests.lifecycle.conftest import CONFTEST, GATEWAY, LINES, Release, Tool, edit
from tests.questions.repositories import changes, commit, git

NEW_LOG = LINES.replace("line_5 = 5", "line_5 = 'better'")


def version_of(project: Path) -> str:
    return str(yaml.safe_load((project / ".copier-answers.yml").read_text())["_commit"])


def test_status_says_that_there_is_nothing_newer(tool: Tool) -> None:
    ran = tool("template_status")

    assert not ran.failure
    assert "here      1.0.0" in ran.output
    assert ran.output.endswith("Up to date.")


def test_status_says_what_is_newer_and_what_it_brings(tool: Tool, release: Release) -> None:
    release("1.1.0", {CONFTEST: NEW_LOG})
    release("1.10.0", {CONFTEST: NEW_LOG + "more = 1\n"})

    ran = tool("template_status")

    assert not ran.failure
    assert "newest    1.10.0" in ran.output
    assert "newer     1.1.0, 1.10.0" in ran.output
    assert "## 1.10.0 - 2026-02-01\n\n- Logs more." in ran.output
    assert "The first." not in ran.output


def test_status_without_any_tag(source: Path, tool: Tool, project: Path) -> None:
    head = git(source, "rev-parse", "--short", "HEAD").strip()
    git(source, "tag", "--delete", "1.0.0")
    edit(project / ".copier-answers.yml", "_commit: 1.0.0", f"_commit: {head}")
    assert "Up to date." in tool("template_status").output

    (source / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- Coming soon.\n")
    commit(source, "One more")

    ran = tool("template_status")
    assert not ran.failure
    assert "newer " not in ran.output
    assert "- Coming soon." in ran.output


def test_a_prerelease_is_not_newer(source: Path, tool: Tool) -> None:
    commit(source, "A try")
    git(source, "tag", "2.0.0rc1")

    assert "Up to date." in tool("template_status").output


def test_update_takes_the_newest_and_keeps_the_teams_lines(
    project: Path, tool: Tool, release: Release
) -> None:
    edit(project / CONFTEST, "line_1 = 1\n", "line_1 = 1\nours = 1\n")
    commit(project, "Our line")
    release("1.1.0", {CONFTEST: NEW_LOG})

    ran = tool("template_update")

    assert not ran.failure
    assert ran.output.startswith("Update from the template: 1.0.0 to 1.1.0\n\n## 1.1.0")
    assert changes(project) == {".copier-answers.yml": " M", CONFTEST: " M"}
    assert (project / CONFTEST).read_text() == NEW_LOG.replace("line_2", "ours = 1\nline_2")


def test_update_names_conflicts_and_ends_with_an_error(
    project: Path, tool: Tool, release: Release
) -> None:
    edit(project / CONFTEST, "line_5 = 5", "line_5 = 'ours'")
    commit(project, "Our line")
    release("1.1.0", {CONFTEST: NEW_LOG, GATEWAY: NEW_LOG})

    ran = tool("template_update")

    assert ran.code == 1
    assert "1.0.0 to 1.1.0 (conflicts to resolve)" in ran.output
    assert ran.output.endswith(f"\n  {CONFTEST}")
    text = (project / CONFTEST).read_text()
    assert "line_5 = 'ours'" in text
    assert "line_5 = 'better'" in text


def test_update_says_when_there_is_nothing_to_do(project: Path, tool: Tool) -> None:
    ran = tool("template_update")

    assert not ran.failure
    assert "Nothing to do" in ran.output
    assert changes(project) == {}


def test_update_changes_an_answer_at_the_same_version(
    project: Path, tool: Tool, release: Release
) -> None:
    del release
    ran = tool("template_update", "--data", "triggers=[queue]")

    assert not ran.failure
    assert version_of(project) == "1.0.0"
    assert not (project / GATEWAY).exists()


def test_update_leaves_uncommitted_work_alone(project: Path, tool: Tool, release: Release) -> None:
    release("1.1.0", {CONFTEST: NEW_LOG})
    (project / "README.md").write_text("not committed\n")

    ran = tool("template_update")

    assert ran.code == 1
    assert "uncommitted changes" in ran.output
    assert changes(project) == {"README.md": " M"}


@pytest.mark.parametrize("made", ["before the tag", "after the newest tag"])
def test_a_project_from_between_two_releases(
    made: str, source: Path, project: Path, tool: Tool, release: Release
) -> None:
    (source / "NOTES").write_text("between\n")
    commit(source, "Between")
    between = git(source, "describe", "--tags").strip()
    if made == "before the tag":
        release("1.1.0", {CONFTEST: NEW_LOG})
    edit(project / ".copier-answers.yml", "_commit: 1.0.0", f"_commit: {between}")
    commit(project, "From between")

    ran = tool("template_update")

    assert not ran.failure
    assert version_of(project) == ("1.1.0" if made == "before the tag" else between)


def test_a_migration_runs_only_when_it_is_trusted(
    project: Path, tool: Tool, migrating_release: None
) -> None:
    del migrating_release
    ran = tool("template_update")
    assert ran.code == 1
    assert "ARGS=--trust" in ran.output
    assert changes(project) == {}

    assert not tool("template_update", "--trust").failure
    assert (project / "migrated").exists()
    assert version_of(project) == "2.0.0"
