"""Edits in random sets and orders. Hypothesis makes few examples by default; `make test-all`
many."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.updates.chain import VERSIONS
from tests.updates.edits import all_edits
from tests.updates.service import Projects

from .conftest import update_and_inspect
from .test_corpus import FOLDERS

TOGETHER = [edit for edit in all_edits() if not edit.alone]
SOME_EDITS = st.lists(st.sampled_from(TOGETHER), min_size=2, max_size=8, unique_by=id)


def run(
    projects: Projects, scratch: Path, version: str, edits: list[object], subfolder: str
) -> None:
    shutil.rmtree(scratch, ignore_errors=True)
    service = projects.service(version, scratch, subfolder=subfolder)
    service.edit(*edits)  # type: ignore[arg-type]

    outcome = update_and_inspect(projects, service, version)

    assert not outcome, outcome
    assert [edit.name for edit in edits if not edit.survived(service.folder)] == []  # type: ignore[attr-defined]


QUICKLY = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@QUICKLY
@given(version=st.sampled_from(VERSIONS), edits=SOME_EDITS, subfolder=st.sampled_from(FOLDERS))
def test_any_edits_survive_an_update(
    projects: Projects,
    tmp_path_factory: pytest.TempPathFactory,
    version: str,
    edits: list[object],
    subfolder: str,
) -> None:
    run(projects, tmp_path_factory.mktemp("random") / "project", version, edits, subfolder)


@pytest.mark.slow
@settings(QUICKLY, max_examples=60, derandomize=False)
@given(version=st.sampled_from(VERSIONS), edits=SOME_EDITS, subfolder=st.sampled_from(FOLDERS))
def test_many_random_edits(
    projects: Projects,
    tmp_path_factory: pytest.TempPathFactory,
    version: str,
    edits: list[object],
    subfolder: str,
) -> None:
    run(projects, tmp_path_factory.mktemp("random") / "project", version, edits, subfolder)
