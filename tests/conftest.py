"""Fixtures for all of the template's tests. Their machine is nobody's: a home of its own, no
AWS account, no region, no Git or Copier settings."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import support

Render = Callable[..., Path]

pytest_plugins = ["tests.leftovers"]


def pytest_configure() -> None:
    if "UV_CACHE_DIR" not in os.environ and "HOME" in os.environ:
        # Found before HOME is replaced, so that packages are not downloaded once per session.
        os.environ["UV_CACHE_DIR"] = str(
            Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
        )
    if "HOME" in os.environ:
        # So are the settings of npm, which say where packages come from.
        os.environ.setdefault("NPM_CONFIG_USERCONFIG", str(Path.home() / ".npmrc"))


@pytest.fixture(scope="session", autouse=True)
def nobodys_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    (home / "copier-settings.yml").write_text("{}\n")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "GIT_AUTHOR", "GIT_COMMITTER", "XDG_")) or name in {
                "VIRTUAL_ENV",
                "ARGS",  # of the `make test` that runs these
                "MAKEFLAGS",
                "MAKELEVEL",
                "MFLAGS",
                "PYTHONDONTWRITEBYTECODE",
                "UV_PROJECT_ENVIRONMENT",
            }:
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("COPIER_SETTINGS_PATH", str(home / "copier-settings.yml"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
        # Tools start twice as fast with bytecode, which no tree of a test is to have.
        patch.setenv("PYTHONPYCACHEPREFIX", str(_base(tmp_path_factory) / "bytecode"))
        (home / ".gitconfig").write_text("[user]\n\tname = Test\n\temail = test@example.com\n")
        yield home


def _base(factory: pytest.TempPathFactory) -> Path:
    """The folder that the parallel workers of one run share."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def shared_folder(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """A folder that the parallel workers of one run share, and whether this one is to fill it."""
    base = _base(factory)
    folder, done = base / name, base / f"{name}.done"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            yield folder, True
            done.touch()
        else:
            yield folder, False


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it stands in the working tree, as a clean git repository."""
    with shared_folder(tmp_path_factory, "template") as (folder, empty):
        if empty:
            support.snapshot(folder)
    return folder


@pytest.fixture(scope="session")
def service_tools(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The virtual environment of a generated project, without the project: its tools can be used
    on any other project without setting up each."""
    with shared_folder(tmp_path_factory, "service-tools") as (folder, empty):
        project = folder / "project"
        if empty:
            support.render(template, project)
            done = support.run([support.UV, "sync", "--quiet", "--no-install-project"], cwd=project)
            assert not done.failure, done.failure
    return project / ".venv"


@pytest.fixture
def render(template: Path, tmp_path: Path) -> Render:
    """`render(triggers=["api"])` makes a project with these answers and returns its folder."""
    made = 0

    def _render(**answers: Any) -> Path:
        nonlocal made
        made += 1
        return support.render(template, tmp_path / f"project-{made}", answers)

    return _render
