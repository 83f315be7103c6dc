"""One rendering of each profile for the whole session, however many workers it has."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import support
from tests.conformance.files import Files
from tests.conformance.profiles import PROFILES
from tests.conformance.project import Project, Workshop
from tests.conformance.source import Source
from tests.conftest import shared_folder
from tests.updates.speed import quicker

Projects = Callable[[str], Project]


@pytest.fixture(scope="session")
def workshop(service_tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    base = tmp_path_factory.mktemp("broken")
    return Workshop(service_tools, lambda: Path(tempfile.mkdtemp(dir=base)))


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    base = tmp_path_factory.mktemp("sources")
    return Source(Files(support.ROOT), lambda: Path(tempfile.mkdtemp(dir=base)))


@pytest.fixture(scope="session")
def make_project(
    template: Path, workshop: Workshop, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Mapping[str, Any]], Project]:
    """A project by name and answers, generated once."""
    made: dict[str, Project] = {}

    def make(name: str, given: Mapping[str, Any]) -> Project:
        if name not in made:
            with shared_folder(tmp_path_factory, f"conformance-{name}") as (folder, empty):
                if empty:
                    with quicker():
                        support.render(template, folder / "service", given)
            made[name] = Project(Files(folder / "service"), workshop, folder / "outcomes.json")
        return made[name]

    return make


@pytest.fixture(scope="session")
def projects(make_project: Callable[[str, Mapping[str, Any]], Project]) -> Projects:
    """The project of a profile."""
    given = {profile.name: profile.given for profile in PROFILES}
    return lambda name: make_project(name, given[name])
