"""Take the newest version of the template: `make template-update`.

An answer is changed on the way with ARGS="--data name=value". Ends with 1 when a person is needed:
a change of the project's own and one of the template's met in the same lines.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click

from lambda_workbench.errors import ToolError
from lambda_workbench.git import git, git_environment
from lambda_workbench.project import ROOT, find_uv
from lambda_workbench.update import apart
from lambda_workbench.update.origin import Origin, cloned, news, origin

_MIGRATION = "Read the template's UPGRADING.md, then: make template-update ARGS=--trust"
_MARKER = re.compile(rb"^(?:<{7}|>{7}) ", re.MULTILINE)


@dataclass(frozen=True)
class Update:
    """What an update did."""

    before: str
    after: str
    news: str
    conflicts: tuple[str, ...]
    lock_failure: str
    message: str

    @property
    def title(self) -> str:
        """In a line."""
        what = f"Update from the template: {self.before} to {self.after}"
        return f"{what} (conflicts to resolve)" if self.conflicts else what


@click.command()
@click.option("--data", multiple=True, metavar="NAME=VALUE", help="change an answer; repeatable")
@click.option("--trust", is_flag=True, help="let a major version run its migration")
def command(data: Sequence[str], trust: bool) -> None:
    """Update and tell."""
    apart.enter()
    done = update(data, trust=trust)
    if done is None:
        print("Nothing to do: there is no newer version of the template.")
        return
    print(f"{done.title}\n\n{done.news}".rstrip())
    if done.lock_failure:
        print(f"\nuv.lock is as it was, run `uv lock`:\n{done.lock_failure}")
    if done.conflicts:
        listed = "\n".join(f"  {path}" for path in done.conflicts)
        sys.exit(f"\nResolve these by hand, between the markers <<<<<<< and >>>>>>>:\n{listed}")
    print("\n" + (done.message or "Look at `git diff`."))
    print("\nThen `make check test e2e`, and commit.")


def update(data: Sequence[str] = (), *, trust: bool = False) -> Update | None:
    """Bring this project to the newest version; None when it is there already."""
    if git(ROOT, "status", "--porcelain", "--", "."):
        raise ToolError("there are uncommitted changes: commit or stash them first")
    came_from = origin()
    with cloned(came_from) as template:
        newest = template.newest()
        if template.contains(came_from.commit, newest):
            if not data:
                return None
            newest = came_from.commit
        told = news(
            template.text(came_from.commit, "CHANGELOG.md"), template.text(newest, "CHANGELOG.md")
        )
    message = _copier(newest, [*(f"--data={one}" for one in data), *(["--trust"] if trust else [])])
    conflicts = _conflicts()
    return Update(
        before=came_from.commit,
        after=origin_after(came_from).commit,
        news=told,
        conflicts=conflicts,
        lock_failure="" if "pyproject.toml" in conflicts else _lock(),
        message=message,
    )


def origin_after(before: Origin) -> Origin:
    """The answers file is never in conflict, but somebody's own edit might break it."""
    try:
        return origin()
    except ToolError:
        return before


def _copier(version: str, options: Sequence[str]) -> str:
    """Returns what the template has to say at the end of an update."""
    command = [sys.executable, "-m", "copier", "update", "--defaults"]
    command += ["--vcs-ref", version, *options]
    done = subprocess.run(
        command, cwd=ROOT, env=git_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0 and "unsafe" in done.stderr:
        raise ToolError(f"{version} is a major version and wants to run a migration. {_MIGRATION}")
    if done.returncode != 0:
        raise ToolError(f"the update failed:\n{done.stderr.strip()}")
    lines = done.stderr.strip().splitlines()
    noise = ("Updating to template version", "Copying from template version")
    return "\n".join(line for line in lines if not line.startswith(noise)).strip()


def _conflicts() -> tuple[str, ...]:
    """Copier ends without an error whether or not there are any."""
    listed = git(ROOT, "ls-files", "-z", "--modified", "--others", "--exclude-standard")
    found = {path for path in listed.split("\0") if path and _is_conflict(path)}
    unmerged = git(ROOT, "diff", "-z", "--name-only", "--diff-filter=U", "--relative")
    return tuple(sorted(found | set(filter(None, unmerged.split("\0")))))


def _is_conflict(path: str) -> bool:
    file = ROOT / path
    return path.endswith(".rej") or (file.is_file() and bool(_MARKER.search(file.read_bytes())))


def _lock() -> str:
    """Keep the lock file in step, as CI expects it; returns why that was not possible."""
    changed = git(ROOT, "diff", "--name-only", "--relative").split("\n")
    settings = [name for name in changed if name.rpartition("/")[2] == "pyproject.toml"]
    if not settings or not (ROOT / "uv.lock").exists():
        return ""
    without_token = {name: value for name, value in os.environ.items() if name != "GH_TOKEN"}
    done = subprocess.run(
        [find_uv(), "lock", "--quiet"],
        cwd=ROOT,
        env=without_token,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip() if done.returncode != 0 else ""
