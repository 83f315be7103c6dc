"""Whole projects in fresh folders, with the commands their READMEs name, down to real events on the
local emulator. Each has a home of its own and no AWS account or region."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import support
from tools.commands import fresh_environment
from tools.commands import run as run_command

PROFILES = sorted(Path(__file__).parent.glob("*.yml"))
# These two run in `make test`; the others in `make test-all`.
QUICK = {"default", "everything"}
# What `make setup` writes and the team commits.
LOCKS = {"uv.lock"}
TARGETS = ("setup", "check", "test", "package", "e2e")


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints at once, so that minutes do not pass in silence."""

    def _tell(text: str) -> None:
        with capfd.disabled():
            # Under pytest-xdist a worker's standard output is not shown, its standard error is.
            os.write(2, f"{text}\n".encode())

    return _tell


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(path, id=path.stem, marks=[] if path.stem in QUICK else pytest.mark.slow)
        for path in PROFILES
    ],
)
def test_a_profile_is_green_from_setup_to_end_to_end(
    profile: Path, template: Path, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    answers: dict[str, Any] = yaml.safe_load(profile.read_text())
    if not support.has_python(answers.get("python_version", "3.13")):
        pytest.skip(f"this machine has no Python {answers['python_version']}")
    project = support.render(template, tmp_path / "a service", answers)
    home = tmp_path / "home"
    home.mkdir()
    environment = fresh_environment(HOME=str(home), GIT_CONFIG_GLOBAL=os.devnull)
    begin_repository(project)

    started = time.monotonic()
    for target in TARGETS:
        done = run_command(["make", target], cwd=project, env=environment, timeout=1200)
        verdict = "FAILED" if done.failure else "ok"
        tell(f"  {profile.stem}: make {target} {verdict} ({done.seconds:.0f} s)")
        assert not done.failure, done.failure
    tell(f"  {profile.stem}: green after {time.monotonic() - started:.0f} s")

    assert untracked_files(project, "--exclude-standard") == LOCKS
    assert not git(project, "diff", "--name-only")
    run_command(["make", "clean"], cwd=project, env=environment)
    assert untracked_files(project) == LOCKS


def git(project: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=project, check=True, capture_output=True, text=True
    ).stdout


def begin_repository(project: Path) -> None:
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "Start")


def untracked_files(project: Path, *options: str) -> set[str]:
    """Also those that git ignores, unless the options leave them out."""
    return set(git(project, "ls-files", "--others", *options).splitlines())
