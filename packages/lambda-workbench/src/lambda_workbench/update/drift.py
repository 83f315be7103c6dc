"""How far this project is from its version of the template: `make drift`.

Renders that version again with the recorded answers, and compares the files that are the template's
or shared. With --check it ends with 1 when one of the template's was edited or is missing; with
--diff it shows what was edited.
"""

from __future__ import annotations

import difflib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
import yaml

from lambda_workbench.errors import ToolError
from lambda_workbench.git import git, git_environment
from lambda_workbench.project import ROOT
from lambda_workbench.update import apart
from lambda_workbench.update.origin import ANSWERS, Origin, Template, cloned, origin

KINDS = ("managed", "shared")


@dataclass(frozen=True)
class File:
    """A file of the template's, and what became of it here; no lines when nothing did."""

    path: str
    kind: str
    missing: bool
    diff: tuple[str, ...]

    @property
    def state(self) -> str:
        """In a word."""
        if self.missing:
            return "missing"
        return "edited" if self.diff else "same"

    @property
    def is_drift(self) -> bool:
        """Shared files are there to be edited, but not to be removed."""
        return self.state == "missing" or (self.kind == "managed" and self.state == "edited")

    def counts(self) -> str:
        """Lines added and removed."""
        added = sum(line.startswith("+") for line in self.diff[2:])
        removed = sum(line.startswith("-") for line in self.diff[2:])
        return f"+{added} -{removed}" if self.diff else ""


@click.command()
@click.option("--check", is_flag=True, help="end with 1 when there is drift")
@click.option("--diff", is_flag=True, help="show what was edited")
def command(check: bool, diff: bool) -> None:
    """Compare and tell."""
    apart.enter()
    came_from = origin()
    files = compare(came_from)
    print(f"template  {came_from.source} at {came_from.commit}")
    for kind in KINDS:
        states = [file.state for file in files if file.kind == kind]
        counted = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
        print(f"{kind:9} {len(states)} files: {counted}")
    changed = [file for file in files if file.state != "same"]
    for file in changed:
        print(f"  {file.kind:8} {file.state:8} {file.counts():10} {file.path}")
    if diff:
        print("\n".join(line for file in changed for line in file.diff))
    drift = [file for file in changed if file.is_drift]
    if drift and check:
        sys.exit(f"drift: {len(drift)} of the template's files; docs/updating.md says what to do")


def compare(came_from: Origin) -> list[File]:
    """Every managed and shared file that this version gives these answers."""
    with (
        cloned(came_from) as template,
        tempfile.TemporaryDirectory(prefix="rendered-") as scratch,
    ):
        rendered = Path(scratch) / "project"
        _render(came_from, template, rendered, Path(scratch) / "answers.yml")
        git(rendered, "init", "--quiet")
        files = []
        for kind in KINDS:
            table = template.text(came_from.commit, f"includes/ownership/{kind}.yml")
            if not table:
                raise ToolError(f"{came_from.commit} is too old: it does not say who owns what")
            patterns = Path(scratch) / kind
            rows = yaml.safe_load(table) or []
            patterns.write_text("\n".join(path for row in rows for path in row[1:]))
            listed = git(
                rendered, "ls-files", "-z", "--others", "--ignored", f"--exclude-from={patterns}"
            )
            paths = set(filter(None, listed.split("\0"))) - {ANSWERS.name}
            files += [_file(path, kind, rendered) for path in sorted(paths)]
        return files


def _render(came_from: Origin, template: Template, folder: Path, answers: Path) -> None:
    answers.write_text(yaml.safe_dump(came_from.answers, allow_unicode=True), encoding="utf-8")
    command = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults"]
    command += ["--vcs-ref", came_from.commit, "--data-file", str(answers)]
    done = subprocess.run(
        [*command, str(template.folder), str(folder)],
        env=git_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ToolError(f"{came_from.commit} could not be rendered:\n{done.stderr.strip()}")


def _file(path: str, kind: str, rendered: Path) -> File:
    here = ROOT / path
    if not here.is_file():
        return File(path, kind, missing=True, diff=())
    was, now = (_lines(file) for file in (rendered / path, here))
    diff = difflib.unified_diff(was, now, f"template/{path}", f"here/{path}", lineterm="")
    return File(path, kind, missing=False, diff=tuple(diff))


def _lines(path: Path) -> list[str]:
    """Whatever its line endings are."""
    return path.read_text(encoding="utf-8", errors="replace").splitlines()
