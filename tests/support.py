"""What the template's tests share: rendering, and running commands in a rendered project."""

import functools
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import copier
import yaml

from lambda_workbench.bootstrap.of_project import composed
from lambda_workbench.preflight.files import WorkingTree
from tools import commands
from tools.commands import ROOT, Finished

__all__ = [
    "ROOT",
    "TRIGGERS",
    "UV",
    "WORKBENCH",
    "Finished",
    "bootstrap_template",
    "copier_yml",
    "has_python",
    "render",
    "run",
    "snapshot",
]

# The package that has the commands of generated projects.
WORKBENCH = ROOT / "packages/lambda-workbench/src/lambda_workbench"

Answers = Mapping[str, Any]


class _CopierYaml(yaml.SafeLoader):
    """Reads copier.yml, whose `!include` is Copier's own."""


_CopierYaml.add_constructor("!include", lambda _loader, node: str(node.value))


def copier_yml() -> dict[str, Any]:
    """The questions and settings."""
    parsed = yaml.load((ROOT / "copier.yml").read_text(), Loader=_CopierYaml)  # noqa: S506
    assert isinstance(parsed, dict)
    return parsed


# In the order of the question.
TRIGGERS: list[str] = list(copier_yml()["triggers"]["choices"].values())


def snapshot(destination: Path) -> Path:
    """The working tree as a clean git repository: Copier then sees no uncommitted change."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, destination / name
        if not (source.is_file() or source.is_symlink()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
            continue
        target.write_bytes(source.read_bytes())
        target.chmod(source.stat().st_mode & 0o777)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "Snapshot"]):
        subprocess.run(["git", *command], cwd=destination, check=True)
    return destination


def render(template: Path, destination: Path, answers: Answers | None = None) -> Path:
    """`copier copy` with everything defaulted but these answers, and no trust."""
    copier.run_copy(
        str(template),
        destination,
        data=dict(answers or {}),
        defaults=True,
        unsafe=False,
        quiet=True,
        vcs_ref="HEAD",
    )
    return destination


def bootstrap_template(project: Path) -> str:
    """What `make bootstrap` would deploy for a project."""
    return composed(WorkingTree(project))


UV = os.environ.get("UV", "uv")  # set by `uv run`, which runs these tests


@functools.cache
def has_python(version: str) -> bool:
    """Whether uv finds this version of Python, without downloading it."""
    found = subprocess.run(
        [UV, "python", "find", "--no-python-downloads", "--no-project", version],
        capture_output=True,
        check=False,
    )
    return found.returncode == 0


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    timeout: float = 600,
) -> Finished:
    """Run a command with this repository's tools on the PATH; `env` is added to the environment."""
    environment = {**os.environ, **(env or {})}
    return commands.Command(command, cwd=cwd, env=environment).wait(timeout)
