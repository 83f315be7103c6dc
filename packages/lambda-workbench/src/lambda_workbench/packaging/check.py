"""Everything that can be checked without running the service: `make check`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click

from lambda_workbench.local.local_env import local_environment
from lambda_workbench.project import ROOT
from lambda_workbench.terminal import say, waiting_for


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def steps() -> dict[str, list[str]]:
    """The checks by name, each a command; none of them reads what another one writes."""
    return {
        "format": [_tool("ruff"), "format", "--check", "--quiet", "--diff", "."],
        "lint": [_tool("ruff"), "check", "--quiet", "."],
        "imports": [_tool("lint-imports"), "--no-cache"],
        "types": [_tool("mypy"), "--no-error-summary"],
        "preflight": [sys.executable, "-m", "lambda_workbench", "preflight"],
        "budget": [sys.executable, "-m", "lambda_workbench", "budget"],
    }


@dataclass(frozen=True)
class Done:
    """What a check came to."""

    passed: bool
    seconds: float
    output: str


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(steps())))
def command(names: tuple[str, ...]) -> None:
    """Run every check or those named, show what failed, and end with 1 if anything did."""
    chosen = [name for name in steps() if name in (names or steps())]
    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        # What takes longest stands last, and starts first.
        running = {name: pool.submit(_run, steps()[name]) for name in reversed(chosen)}
        for name in chosen:
            with waiting_for(name):
                done = running[name].result()
            verdict, style = ("ok", "green") if done.passed else ("FAILED", "bold red")
            say(f"{name:11} {verdict}  ({done.seconds:.1f} s)", style)
            if not done.passed:
                failed.append(name)
                print(done.output, flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _run(step: list[str]) -> Done:
    environment = {**os.environ, **local_environment()}
    environment.pop("AWS_PROFILE", None)
    started = time.monotonic()
    done = subprocess.run(
        step, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    return Done(done.returncode == 0, seconds, f"{done.stdout}{done.stderr}".rstrip())
