"""Migrations: an update to a major version that renames a managed file."""

import subprocess
import sys
from pathlib import Path

import copier
import pytest
from copier.errors import UnsafeTemplateError

from hooks.move import renamed
from tests.support import ROOT, copier_yml
from tests.updates.chain import HEAD, VERSIONS
from tests.updates.edits import LIBRARY, PACKAGE, append, delete, replace, write
from tests.updates.service import MODULES, MOVES, Projects, Service, git

from .conftest import update_and_inspect

OLD, NEW = f"{LIBRARY}/journal.py", f"{LIBRARY}/log.py"
BEFORE = "0.1.0"


@pytest.fixture
def service(projects: Projects, tmp_path: Path) -> Service:
    return projects.service(BEFORE, tmp_path / "project")


def test_without_trust_nothing_happens_and_the_way_on_is_said(service: Service) -> None:
    before = service.files()

    with pytest.raises(UnsafeTemplateError, match=r"migrations[\s\S]*--trust"):
        service.update()

    assert service.files() == before


def test_what_the_team_changed_is_in_the_new_file(projects: Projects, service: Service) -> None:
    replace(service.folder, OLD, '        "ssn",\n', '        "ssn",\n        "tax_number",\n')
    service.commit()

    outcome = update_and_inspect(projects, service, BEFORE)

    assert not outcome, outcome
    assert '"tax_number"' in (service.folder / NEW).read_text()
    assert not (service.folder / OLD).exists()


def test_a_managed_file_that_was_deleted_is_not_back_under_its_new_name(
    projects: Projects, service: Service
) -> None:
    delete(service.folder, "docs/welcome.md")
    service.commit()

    outcome = update_and_inspect(projects, service, BEFORE)

    assert not outcome, outcome
    assert not (service.folder / "docs/onboarding.md").exists()


def test_both_sides_changed_the_same_line(service: Service) -> None:
    replace(service.folder, OLD, '"***"', '"(hidden)"')
    service.commit()

    service.update(unsafe=True)

    text = (service.folder / NEW).read_text()
    assert "<<<<<<< before updating" in text
    assert '"(hidden)"' in text
    assert '"[redacted]"' in text


def test_code_of_the_teams_follows_the_new_name(service: Service) -> None:
    write(
        service.folder,
        f"{PACKAGE}/domain/audit.py",
        "from lean_lambda import (\n    journal,\n    metrics,\n)\n"
        "from lean_lambda.journal import logger\n\njournal.logger.info(metrics)\n",
    )
    append(service.folder, "README.md", "The journal of the runtime.\n")
    service.commit()

    service.update(unsafe=True)

    assert (service.folder / PACKAGE / "domain/audit.py").read_text() == (
        "from lean_lambda import (\n    log as journal,\n    metrics,\n)\n"
        "from lean_lambda.log import logger\n\njournal.logger.info(metrics)\n"
    )
    assert "The journal of the runtime." in (service.folder / "README.md").read_text()


def test_a_migration_can_run_again(service: Service) -> None:
    replace(service.folder, OLD, '        "ssn",\n', '        "ssn",\n        "tax_number",\n')
    service.commit()
    commit = service.recorded_answers()["_commit"]
    service.update(unsafe=True)
    once = service.files()
    arguments = [f"{old}={new}" for old, new in MOVES.items()]
    names = [f"{old}={new}" for old, new in MODULES]
    again = [
        sys.executable,
        ROOT / "hooks/move.py",
        "--from",
        commit,
        *arguments,
        "--python",
        *names,
    ]

    subprocess.run(again, cwd=service.folder, check=True)
    assert service.files() == once

    service.commit()
    subprocess.run(again, cwd=service.folder, check=True)
    assert service.files() == once


def test_a_migrated_project_needs_no_trust_any_more(service: Service) -> None:
    service.update(unsafe=True, to=VERSIONS[1])
    service.commit()

    service.update()

    assert git(service.repository, "ls-files", "--unmerged") == b""


def test_in_a_folder_of_a_larger_repository(projects: Projects, tmp_path: Path) -> None:
    service = projects.service(BEFORE, tmp_path / "monorepo", subfolder="services/orders")
    replace(service.folder, OLD, '        "ssn",\n', '        "ssn",\n        "tax_number",\n')
    service.commit()

    outcome = update_and_inspect(projects, service, BEFORE)

    assert not outcome, outcome
    assert '"tax_number"' in (service.folder / NEW).read_text()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from lean_lambda.journal import logger", "from lean_lambda.log import logger"),
        ("import lean_lambda.journal as j", "import lean_lambda.log as j"),
        ("from lean_lambda import journal as j, sqs", "from lean_lambda import log as j, sqs"),
        ("from lean_lambda import journal as log", "from lean_lambda import log"),
        (
            "from lean_lambda import metrics, journal",
            "from lean_lambda import metrics, log as journal",
        ),
        ("patch('lean_lambda.journal.logger')", "patch('lean_lambda.log.logger')"),
        ("journal = 1  # a journal of lean_lambda", "journal = 1  # a journal of lean_lambda"),
        ("from lean_lambda.journals import a", "from lean_lambda.journals import a"),
    ],
)
def test_names_in_code(before: str, after: str) -> None:
    assert renamed(before.encode(), MODULES) == after.encode()
    assert renamed(after.encode(), MODULES) == after.encode()


def test_migrations_belong_to_a_major_version_and_are_written_up() -> None:
    upgrading = (ROOT / "UPGRADING.md").read_text(encoding="utf-8")
    for migration in copier_yml().get("_migrations", []):
        version = migration["version"]
        assert version.endswith(".0.0"), f"{version}: only a major version may need trust"
        assert f"## {version}" in upgrading
        assert "when" not in migration, "would need trust at every update"


def test_an_update_within_a_major_version_needs_no_trust() -> None:
    assert not {"_tasks", "_jinja_extensions"} & set(copier_yml())


def test_a_copy_needs_no_trust(projects: Projects, tmp_path: Path) -> None:
    copier.run_copy(
        projects.chain.source(),
        tmp_path / "new",
        vcs_ref=HEAD,
        defaults=True,
        quiet=True,
        unsafe=False,
    )
