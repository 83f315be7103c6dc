"""Programs whose dependencies fit no other: each has an environment and a lock file of its own.

The settings and lock files come with this package, in a folder for each program. The virtual
environments stand in the project's .local/, and are made when they are first used.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lambda_workbench.project import LOCAL_STATE, find_uv

CHECKOV = "checkov"
COPIER = "copier"


def folder(name: str) -> Path:
    """Where the settings and the lock file of an environment are."""
    return Path(__file__).parent / name


def command(name: str, *arguments: str) -> list[str]:
    """What runs a program in an environment, with what its lock file says."""
    options = ["--quiet", "--frozen", "--project", str(folder(name))]
    return [find_uv(), "run", *options, *arguments]


def variables(name: str) -> dict[str, str]:
    """What it runs with: this process's variables and Python, and where the environment is."""
    kept = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    place = LOCAL_STATE / "environments" / name
    return {**kept, "UV_PROJECT_ENVIRONMENT": str(place), "UV_PYTHON": sys.executable}
