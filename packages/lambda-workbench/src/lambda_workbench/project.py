"""The project that a command is given in, and what its pyproject.toml says about it."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lambda_workbench.errors import ToolError

TABLE = "lambda-workbench"


def find_root(start: Path) -> Path:
    """The project that a folder is in: the nearest one whose pyproject.toml has the tools' table.

    A pyproject.toml with conflicts counts when it has the heading: the commands that help out of
    a conflict need the root as well. Raises `ToolError` when there is none.
    """
    start = start.resolve()
    heading = re.compile(rf"^\[tool\.{TABLE}[].]", re.MULTILINE)
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file() and heading.search(file.read_text(encoding="utf-8")):
            return folder
    raise ToolError(
        f"{start} is not in a project: found no pyproject.toml with [tool.{TABLE}] there or above"
    )


ROOT = find_root(Path.cwd())
DIST = ROOT / "dist"
LOCAL_DIST = DIST / "local"
LOCAL_STATE = ROOT / ".local"


@dataclass(frozen=True)
class Project:
    """The names and versions of this project."""

    slug: str
    package: str
    python: str
    region: str
    ci: str  # what deploys from a pipeline: `github`, or `none`


@functools.cache
def project() -> Project:
    """Read pyproject.toml once."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    service = data["tool"][TABLE]
    return Project(
        slug=data["project"]["name"],
        package=service["package"],
        python=service["python"],
        region=service["region"],
        ci=service.get("ci", "none"),
    )


def find_uv() -> str:
    """The path of uv: the one that `make` exported, on the PATH, or in .uv/."""
    found = os.environ.get("UV") or shutil.which("uv")
    bundled = ROOT / ".uv" / "bin" / "uv"
    if found is None and bundled.exists():
        found = str(bundled)
    if found is None:
        raise ToolError("uv was not found: run `make setup`, which installs it into .uv/")
    return found


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    quiet: bool = False,
) -> str:
    """Run a command and return what it printed; its errors become a ToolError."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shown = " ".join(command)
        raise ToolError(f"`{shown}` failed:\n{done.stdout}{done.stderr}".rstrip())
    if done.stderr and not quiet:
        sys.stderr.write(done.stderr)
    return done.stdout
