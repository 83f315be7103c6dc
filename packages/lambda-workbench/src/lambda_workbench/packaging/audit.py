"""Known vulnerabilities in the locked dependencies: `make audit`.

Those of the project, and those of Copier, which has a lock file of its own. `make checklist` asks
when it last passed, for which a copy of the lock file is kept.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from lambda_workbench import environments
from lambda_workbench.project import LOCAL_STATE, ROOT, find_uv, run

AUDITED = LOCAL_STATE / "audited.lock"


@click.command()
def command() -> None:
    """Audit, and end with 1 when anything was found or could not be looked up."""
    LOCAL_STATE.mkdir(exist_ok=True)
    own = LOCAL_STATE / "audit.txt"
    # The packages of the template are on no index.
    ours = ("lambda-workbench", "lean-lambda")
    options = ["--all-groups", "--no-emit-workspace"]
    options += [option for name in ours for option in ("--no-emit-package", name)]
    _export(own, options)
    copier = LOCAL_STATE / "audit-copier.txt"
    _export(copier, ["--project", str(environments.folder(environments.COPIER))])
    for requirements in (own, copier):
        _audit(requirements)
    shutil.copyfile(ROOT / "uv.lock", AUDITED)


def _export(target: Path, options: Sequence[str]) -> None:
    command = [find_uv(), "export", "--quiet", "--frozen", *options]
    run([*command, "--output-file", str(target)], quiet=True)


def _audit(requirements: Path) -> None:
    program = str(Path(sys.executable).parent / "pip-audit")
    # Without --strict it passes when it could look nothing up.
    command = [program, "--strict", "--disable-pip", "--requirement", str(requirements)]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
