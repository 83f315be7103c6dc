"""Projects whose packages are built with the tools of one virtual environment."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import support
from tests.conftest import shared_folder

Package = Callable[..., support.Finished]
Locked = Callable[..., Path]


@pytest.fixture(scope="session")
def lock(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lock file of a default project; those of the same triggers are equal."""
    with shared_folder(tmp_path_factory, "lock") as (folder, empty):
        if empty:
            project = support.render(template, folder / "project")
            done = support.run([support.UV, "lock", "--quiet"], cwd=project)
            assert not done.failure, done.failure
    return folder / "project" / "uv.lock"


@pytest.fixture
def locked(template: Path, tmp_path: Path, lock: Path) -> Locked:
    """`locked(packaging="layer")` makes a project with these answers and locked dependencies."""

    def _locked(folder: str = "service", **answers: Any) -> Path:
        project = support.render(template, tmp_path / folder, answers)
        (project / "uv.lock").write_bytes(lock.read_bytes())
        return project

    return _locked


@pytest.fixture
def package(service_tools: Path) -> Package:
    """`make package` without make."""
    python = str(service_tools / "bin" / "python")

    def _package(project: Path, *arguments: str, umask: int = 0o22) -> support.Finished:
        environment = {"PATH": os.environ["PATH"], "UV": support.UV, "UV_PYTHON": python}
        command = [python, "-m", "lambda_workbench", "package", *arguments]
        before = os.umask(umask)
        try:
            return support.run(command, cwd=project, env=environment)
        finally:
            os.umask(before)

    return _package


def manifest_of(project: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((project / "dist/manifest.json").read_text())
    return content
