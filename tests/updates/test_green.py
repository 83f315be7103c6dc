"""After an update the project's own `make check test` passes, with all that its team did to it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests import support
from tests.updates.chain import VERSIONS
from tests.updates.edits import EDITS, Edit
from tools.commands import fresh_environment

from .conftest import UpdateEdited
from .test_corpus import LIVED_IN

# What cannot be green on any machine: a lock file of nonsense, a patch release of Python that may
# not be installed, line endings in a Makefile that a fresh clone does not have.
ELSEWHERE = {"commit_a_lock_file", "pin_the_python_patch", "windows_line_endings"}
EVERYTHING = [edit for edit in LIVED_IN[0] if edit.name not in ELSEWHERE]


@pytest.mark.parametrize(
    ("version", "edits"),
    [
        pytest.param(VERSIONS[0], EVERYTHING, id=f"everything from {VERSIONS[0]}"),
        pytest.param(
            VERSIONS[-1], EVERYTHING, id=f"everything from {VERSIONS[-1]}", marks=pytest.mark.slow
        ),
        pytest.param(
            VERSIONS[1],
            [EDITS["delete_the_sample_domain"]],
            id="without the sample",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_lived_in_project_is_green_after_the_update(
    version: str, edits: list[Edit], update_edited: UpdateEdited, tmp_path: Path
) -> None:
    service, _ = update_edited(version, edits)
    service.commit("The update")
    project = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", service.repository, project], check=True)
    environment = fresh_environment(HOME=str(tmp_path), GIT_CONFIG_GLOBAL=os.devnull)

    for target in ("setup", "check", "test"):
        done = support.run(["make", target], cwd=project, env=environment, timeout=1200)
        assert not done.failure, done.failure
