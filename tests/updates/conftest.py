"""Fixtures for updates: the chain of releases, made once for a run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import shared_folder
from tests.updates.chain import BREAKING, Chain, build
from tests.updates.edits import Edit
from tests.updates.service import Outcome, Projects, Service, inspect, on_disk
from tests.updates.speed import quicker


@pytest.fixture(scope="session", autouse=True)
def fast() -> Iterator[None]:
    with quicker():
        yield


@pytest.fixture(scope="session")
def chain(
    tmp_path_factory: pytest.TempPathFactory,
    nobodys_machine: Path,  # noqa: ARG001 - Git needs a name there
) -> Chain:
    with shared_folder(tmp_path_factory, "chain") as (folder, empty):
        if empty:
            build(folder / "template")
    return Chain(folder / "template")


@pytest.fixture(scope="session")
def projects(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Projects:
    return Projects(chain, tmp_path_factory.mktemp("fresh"))


Updated = tuple[Service, Outcome]
UpdateEdited = Callable[..., Updated]


@pytest.fixture
def update_edited(projects: Projects, tmp_path: Path) -> UpdateEdited:
    """Make a project of this version, edit it, update it, and see what became of the edits."""

    def _update(version: str, edits: list[Edit], subfolder: str = "") -> Updated:
        service = projects.service(version, tmp_path / "project", subfolder=subfolder)
        before = on_disk(service.folder)
        service.edit(*edits)
        changed = on_disk(service.folder) != before
        assert changed or not edits, "the edits found nothing to change"
        return service, update_and_inspect(projects, service, version)

    return _update


def update_and_inspect(projects: Projects, service: Service, version: str) -> Outcome:
    edited = service.files()
    was = service.recorded_answers()
    breaking = version in BREAKING
    service.update(unsafe=breaking)
    outcome = inspect(
        edited,
        service.files(),
        on_disk(projects.fresh(version, was)),
        on_disk(projects.fresh("HEAD", service.recorded_answers())),
        moved=breaking,
    )
    outcome.conflicts = sorted({*outcome.conflicts, *service.unmerged()})
    return outcome
