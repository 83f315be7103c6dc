"""Files of the team's: written when first needed, then never touched, deleted or recreated."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import copier
import pytest

from .conftest import ANSWERS_FILE, questions_only
from .repositories import changes, commit, repository

PACKAGE = "template/src/{{ package_name }}"
MANAGED = "one\ntwo\nthree\nfour\nfive\n"

# A template small enough to see whole. Who owns what comes from the real tables.
FIRST = {
    "README.md": "a start\n",
    f"{PACKAGE}/handlers/api.py": "# api\n",
    f"{PACKAGE}/handlers/queue.py": "# queue\n",
    f"{PACKAGE}/handlers/events.py": "# events\n",
    f"{PACKAGE}/gateway.py": MANAGED,
    "tests/conftest.py": MANAGED,
}
HANDLERS = "src/order_service/handlers"
GATEWAY = "src/order_service/gateway.py"
CONFTEST = "tests/conftest.py"


def write(template: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = template / (name if name.startswith("template/") else f"template/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    folder = questions_only(tmp_path / "template")
    write(folder, FIRST)
    return repository(folder)


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    """A service with an API and a queue, as the first release makes it."""
    folder = tmp_path / "project"
    copier.run_copy(str(template), folder, defaults=True, quiet=True, unsafe=False)
    return repository(folder)


@pytest.fixture
def second_release(template: Path, project: Path) -> None:  # noqa: ARG001 - which comes first
    """Every file gets a better version."""
    better = {name: content.replace("two", "TWO") + "# better\n" for name, content in FIRST.items()}
    write(template, better)
    commit(template, "Second release")


Update = Callable[..., dict[str, str]]


@pytest.fixture
def update(project: Path) -> Update:
    """`copier update` of what is committed; returns what it changed."""

    def _update(**answers: Any) -> dict[str, str]:
        commit(project, "The team's work")
        copier.run_update(
            project, data=answers, defaults=True, overwrite=True, quiet=True, unsafe=False
        )
        return changes(project)

    return _update


@pytest.mark.usefixtures("second_release")
def test_managed_files_are_merged_and_the_teams_are_left_alone(
    project: Path, update: Update
) -> None:
    (project / HANDLERS / "api.py").write_text("# our own\n")
    (project / CONFTEST).write_text("our own\n" + MANAGED)

    changed = update()

    assert changed == {
        ".copier-answers.yml": " M",
        GATEWAY: " M",
        CONFTEST: " M",
    }
    merged = "our own\n" + MANAGED.replace("two", "TWO") + "# better\n"
    assert (project / CONFTEST).read_text() == merged


@pytest.mark.usefixtures("second_release")
def test_deleted_files_are_not_recreated(project: Path, update: Update) -> None:
    (project / "README.md").unlink()
    (project / HANDLERS / "queue.py").unlink()

    changed = update()

    assert "README.md" not in changed
    assert f"{HANDLERS}/queue.py" not in changed
    assert not (project / "README.md").exists()
    assert not (project / HANDLERS / "queue.py").exists()


def test_an_added_trigger_gets_its_starter_files(project: Path, update: Update) -> None:
    changed = update(triggers=["api", "queue", "events"])

    assert (project / HANDLERS / "events.py").read_text() == "# events\n"
    assert changed == {".copier-answers.yml": " M", f"{HANDLERS}/events.py": "??"}


@pytest.mark.usefixtures("second_release")
def test_an_added_trigger_keeps_a_file_that_the_team_had_there(
    project: Path, update: Update
) -> None:
    (project / HANDLERS / "events.py").write_text("# ours before the template's\n")

    changed = update(triggers=["api", "queue", "events"])

    assert f"{HANDLERS}/events.py" not in changed
    assert (project / HANDLERS / "events.py").read_text() == "# ours before the template's\n"


def test_a_removed_trigger_keeps_the_teams_files_and_loses_the_wiring(
    project: Path, update: Update
) -> None:
    changed = update(triggers=["queue"])

    assert changed == {".copier-answers.yml": " M", GATEWAY: " D"}
    assert (project / HANDLERS / "api.py").read_text() == "# api\n"


def test_a_trigger_that_comes_back_gets_only_what_is_missing(project: Path, update: Update) -> None:
    (project / HANDLERS / "api.py").write_text("# our own\n")
    update(triggers=["queue"])
    update(triggers=["api", "queue"])

    assert (project / HANDLERS / "api.py").read_text() == "# our own\n"
    assert (project / GATEWAY).read_text() == MANAGED


def test_a_starter_file_of_a_later_release_arrives_once(
    template: Path, project: Path, update: Update
) -> None:
    write(template, {"LATER.md": "later\n"})
    yours = template / "includes/ownership/yours.yml"
    yours.write_text(yours.read_text() + '- ["# always and starters>=2", LATER.md]\n')
    answers = template / "template" / ANSWERS_FILE
    answers.write_text(answers.read_text().replace("_starters: 1", "_starters: 2"))
    commit(template, "A release with a new starter file")

    assert update() == {".copier-answers.yml": " M", "LATER.md": "??"}

    (project / "LATER.md").unlink()
    write(template, {"tests/conftest.py": MANAGED + "six\n"})
    commit(template, "One more release")

    assert update() == {".copier-answers.yml": " M", CONFTEST: " M"}


def test_a_project_in_a_folder_of_a_larger_repository(template: Path, tmp_path: Path) -> None:
    repository_folder = tmp_path / "monorepo"
    project = repository_folder / "services" / "orders"
    copier.run_copy(str(template), project, defaults=True, quiet=True, unsafe=False)
    (project / HANDLERS / "api.py").write_text("# our own\n")
    (project / "README.md").unlink()
    repository(repository_folder)
    write(template, {"README.md": "better\n", f"{PACKAGE}/handlers/api.py": "# better\n"})
    commit(template, "Second release")

    copier.run_update(
        project,
        data={"triggers": ["api", "queue", "events"]},
        defaults=True,
        overwrite=True,
        quiet=True,
        unsafe=False,
    )

    assert changes(repository_folder) == {
        "services/orders/.copier-answers.yml": " M",
        f"services/orders/{HANDLERS}/events.py": "??",
    }


@pytest.mark.usefixtures("second_release")
def test_a_second_copy_over_a_project_overwrites_nothing_of_the_teams(project: Path) -> None:
    (project / HANDLERS / "api.py").write_text("# our own\n")
    (project / "README.md").write_text("our own\n")
    commit(project, "The team's work")

    copier.run_recopy(project, defaults=True, overwrite=True, quiet=True, unsafe=False)

    assert (project / HANDLERS / "api.py").read_text() == "# our own\n"
    assert (project / "README.md").read_text() == "our own\n"
    assert "# better" in (project / CONFTEST).read_text()


@pytest.mark.filterwarnings("error")
@pytest.mark.usefixtures("second_release")
def test_an_update_gives_no_warning(update: Update) -> None:
    update()
