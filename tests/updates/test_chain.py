"""The chain of releases, and updates of projects that nobody edited."""

import subprocess
from pathlib import Path

import copier
import pytest
import yaml

from releases.record import record, recorded, unpack
from tests.support import ROOT
from tests.updates.chain import BREAKING, HEAD, RECORDED, VERSIONS, Chain, build
from tests.updates.service import Projects, git, on_disk, teams

from .conftest import UpdateEdited, update_and_inspect


def test_the_chain_has_every_release_and_then_the_working_tree(chain: Chain) -> None:
    commits = git(chain.folder, "log", "--reverse", "--format=%s").decode().split()

    assert commits == [*VERSIONS, HEAD]
    assert sorted(git(chain.folder, "tag").decode().split()) == sorted(VERSIONS)


def test_each_release_differs_from_the_next(chain: Chain) -> None:
    """The working tree need not: right after a release it is that release."""
    following = [*VERSIONS[1:], *([] if RECORDED else [HEAD])]
    for version, later in zip(VERSIONS, following, strict=False):
        changed = git(chain.folder, "diff", "--name-only", version, later).decode().split()
        assert changed, f"{version} is the same as {later}"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_project_nobody_edited_becomes_a_fresh_copy(
    version: str, update_edited: UpdateEdited, projects: Projects
) -> None:
    service, outcome = update_edited(version, [])

    assert not outcome, outcome
    new = on_disk(projects.fresh(HEAD, service.recorded_answers()))
    after = {path: content for path, content in service.files().items() if not teams(path)}
    assert after == {path: content for path, content in new.items() if not teams(path)}


def test_an_update_to_the_same_version_changes_nothing(projects: Projects, tmp_path: Path) -> None:
    service = projects.service(HEAD, tmp_path / "project")

    service.update()

    assert git(service.repository, "status", "--porcelain") == b""


def test_updates_one_release_after_another_end_where_one_update_does(
    projects: Projects, tmp_path: Path
) -> None:
    first = next(version for version in VERSIONS if version not in BREAKING)
    service = projects.service(first, tmp_path / "project")

    for version in [*VERSIONS[VERSIONS.index(first) + 1 :], HEAD]:
        service.update(to=version)

    new = on_disk(projects.fresh(HEAD, service.recorded_answers()))
    after = service.files()
    assert {k: v for k, v in after.items() if not teams(k)} == {
        k: v for k, v in new.items() if not teams(k)
    }


@pytest.mark.filterwarnings("ignore::copier.errors.ShallowCloneWarning")
def test_a_template_without_tags_and_history_updates_projects(
    chain: Chain, projects: Projects, tmp_path: Path
) -> None:
    """A clone as CI makes it: one commit at a time, no tags."""
    version = VERSIONS[-1]
    service = projects.service(version, tmp_path / "project")
    shallow = tmp_path / "shallow"
    url = chain.folder.as_uri()
    git(tmp_path, "clone", "--quiet", "--no-tags", "--depth", "2", url, str(shallow))
    old = git(shallow, "rev-parse", "HEAD~1").decode().strip()
    answers = service.folder / ".copier-answers.yml"
    text = answers.read_text()
    recorded_source = yaml.safe_load(text)["_src_path"]
    answers.write_text(
        text.replace(recorded_source, str(shallow)).replace(
            f"_commit: {version}", f"_commit: {old}"
        )
    )

    outcome = update_and_inspect(projects, service, version)

    assert not outcome, outcome


@pytest.mark.parametrize("profile", ["default", pytest.param("everything", marks=pytest.mark.slow)])
@pytest.mark.parametrize("version", VERSIONS)
def test_answers_of_every_release_are_still_valid(
    version: str, profile: str, chain: Chain, projects: Projects, tmp_path: Path
) -> None:
    """Copied anew with what an old project recorded, nothing is refused or reset."""
    asked = yaml.safe_load((ROOT / "tests/profiles" / f"{profile}.yml").read_text())
    if version in VERSIONS[: VERSIONS.index("0.2.3") + 1]:
        asked.pop("traffic_shifting", None)  # a question since 0.2.4
    before = projects.service(version, tmp_path / "old", asked).recorded_answers()
    given = {name: value for name, value in before.items() if not name.startswith("_")}

    copier.run_copy(
        chain.source(), tmp_path / "new", data=given, vcs_ref=HEAD, defaults=True, quiet=True
    )

    after = yaml.safe_load((tmp_path / "new/.copier-answers.yml").read_text())
    kept = {name: after[name] for name in given if name in after}
    assert kept == {name: given[name] for name in kept}
    assert set(given) - set(kept) <= {"storing"}
    assert after["data_store"] == given.get("storing", given.get("data_store"))


def test_a_renamed_question_keeps_its_answer(projects: Projects, tmp_path: Path) -> None:
    service = projects.service("0.2.2", tmp_path / "project", {"storing": "none"})
    deleted = service.folder / "src/order_service/adapters/log_orders.py"
    deleted.unlink()

    outcome = update_and_inspect(projects, service, "0.2.2")

    answers = service.recorded_answers()
    assert (answers["data_store"], "storing" in answers) == ("none", False)
    assert not outcome, outcome
    assert not deleted.exists()


def test_a_retired_choice_becomes_the_one_that_is_closest(
    projects: Projects, tmp_path: Path
) -> None:
    service = projects.service("0.2.1", tmp_path / "project", {"python_version": "3.11"})

    outcome = update_and_inspect(projects, service, "0.2.1")

    assert service.recorded_answers()["python_version"] == "3.12"
    assert not outcome, outcome


def test_an_added_question_gets_the_answer_that_projects_lived_by(
    projects: Projects, tmp_path: Path
) -> None:
    service = projects.service("0.2.3", tmp_path / "project")
    assert "traffic_shifting" not in service.recorded_answers()

    service.update()

    assert service.recorded_answers()["traffic_shifting"] == "canary"


def test_a_recorded_release_is_the_tree_it_was_made_from(tmp_path: Path) -> None:
    folder = tmp_path / "releases"
    folder.mkdir()
    for _, bundle in recorded():
        (folder / bundle.name).write_bytes(bundle.read_bytes())

    made = record("999.0.0", ROOT, folder)

    unpack(tmp_path / "all", folder)
    listed = git(tmp_path / "all", "ls-tree", "-r", "--name-only", "-z", "999.0.0").decode()
    names = set(filter(None, listed.split("\0")))
    assert {"copier.yml", "includes/exclude.jinja", "template/Makefile.jinja"} <= names
    assert not {name for name in names if "__pycache__" in name}
    for name in ("copier.yml", "template/Makefile.jinja"):
        assert git(tmp_path / "all", "show", f"999.0.0:{name}") == (ROOT / name).read_bytes()
    assert made.stat().st_size < 1_000_000


def test_the_same_release_is_recorded_the_same_everywhere(tmp_path: Path) -> None:
    commits = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        record("1.0.0", ROOT, tmp_path / name)
        unpack(tmp_path / f"{name}.git", tmp_path / name)
        commits.add(git(tmp_path / f"{name}.git", "rev-parse", "1.0.0"))

    assert len(commits) == 1


def test_a_recorded_release_is_not_recorded_again(tmp_path: Path) -> None:
    record("1.0.0", ROOT, tmp_path)

    with pytest.raises(SystemExit, match="does not change"):
        record("1.0.0", ROOT, tmp_path)


def test_the_chain_can_be_built_without_tags(tmp_path: Path) -> None:
    made = build(tmp_path / "template", tags=False)

    tags = subprocess.run(["git", "tag"], cwd=made.folder, check=True, capture_output=True)
    assert tags.stdout == b""
