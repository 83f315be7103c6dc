"""Where commands that need Copier run: in an environment of its own, not in the project's.

The project's environment cannot have Copier, whose dependencies need not fit the service's.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path

from lambda_workbench import environments

_MAIN = Path(__file__).with_name("apart_main.py")


def enter() -> None:
    """Give this command again in Copier's environment, and end with its exit code.

    Does nothing where Copier is: in that environment.
    """
    if _has_copier():
        return
    command = environments.command(environments.COPIER, "python", "-P", str(_MAIN), *sys.argv[1:])
    done = subprocess.run(command, env=environments.variables(environments.COPIER), check=False)
    sys.exit(done.returncode)


def _has_copier() -> bool:
    """Whether Copier is here, in the version that the template was tried with."""
    settings = (environments.folder(environments.COPIER) / "pyproject.toml").read_text("utf-8")
    wanted = tomllib.loads(settings)["project"]["dependencies"]
    try:
        return f"copier=={importlib.metadata.version('copier')}" in wanted
    except importlib.metadata.PackageNotFoundError:
        return False
