"""Everything that can be checked without running the service: `make check`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import click

from lambda_workbench.local.local_env import local_environment
from lambda_workbench.project import ROOT
from lambda_workbench.terminal import say, waiting_for


def steps() -> dict[str, list[str]]:
    """The checks by name, each a command."""
    return {
        "format": [_tool("ruff"), "format", "--check", "--quiet", "--diff", "."],
        "lint": [_tool("ruff"), "check", "--quiet", "."],
        "types": [_tool("mypy"), "--no-error-summary"],
        "imports": [_tool("lint-imports"), "--no-cache"],
        "preflight": [sys.executable, "-m", "lambda_workbench", "preflight"],
        "budget": [sys.executable, "-m", "lambda_workbench", "budget"],
    }


@click.command()
def command() -> None:
    """Run every check, show what failed, and end with 1 if anything did."""
    environment = {**os.environ, **local_environment()}
    environment.pop("AWS_PROFILE", None)
    failed = []
    for name, command in steps().items():
        started = time.monotonic()
        with waiting_for(name):
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
        verdict, style = ("ok", "green") if done.returncode == 0 else ("FAILED", "bold red")
        say(f"{name:11} {verdict}  ({time.monotonic() - started:.1f} s)", style)
        if done.returncode != 0:
            failed.append(name)
            print(f"{done.stdout}{done.stderr}".rstrip(), flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)
