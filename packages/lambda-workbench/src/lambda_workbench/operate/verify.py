"""Try a stage from its first deployment to its end: `make verify STAGE=dev`.

For an account that is there for trying things. It deploys from nothing, tests, updates, deploys a
version that fails, redrives, and deletes everything, data included. `local` is an emulator of its
own. `.local/verify-<stage>.md` says what was done, what failed, and what was not tried and why.
"""

from __future__ import annotations

import contextlib
import platform
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import boto3
import click

from lambda_workbench.errors import ToolError
from lambda_workbench.git import asked
from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.operate.asking import PROD, confirm
from lambda_workbench.operate.depot import foundation
from lambda_workbench.operate.holdings import holdings
from lambda_workbench.operate.sandbox import Sandbox, copy_project, emulator_of
from lambda_workbench.operate.service import Service
from lambda_workbench.operate.stages import LOCAL, stage_names, stage_region
from lambda_workbench.operate.verify_steps import STEPS, NotTried, Step
from lambda_workbench.project import LOCAL_STATE, ROOT, find_uv, project, run

_NO_STACK = ("", "DELETE_COMPLETE", "REVIEW_IN_PROGRESS")
# Account ids and access keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_PRIVATE = re.compile(r"(?<!\d)\d{12}(?!\d)|\bA(?:KIA|SIA)[A-Z0-9]{16}\b")


class State(StrEnum):
    """What became of a step."""

    DONE = "done"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Result:
    """One step: what became of it, how long it took, and what shows that, in lines."""

    name: str
    state: State
    seconds: float = 0.0
    evidence: Sequence[str] = field(default_factory=list)


@click.command()
@click.argument("stage", default="")
@click.option("--yes", is_flag=True, help="what is deployed there may go")
def command(stage: str, yes: bool) -> None:
    """Check that the stage may be used up, make the steps, and write the report."""
    expect_allowed(stage)
    # A cancelled job ends with a signal: what was made is deleted then too, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    with sandbox_of(stage) as sandbox:
        expect_free(sandbox.service, yes=yes)
        results = verify(sandbox, STEPS)
    facts = {"started": started, **facts_of(stage)}
    LOCAL_STATE.mkdir(exist_ok=True)
    path = LOCAL_STATE / f"verify-{stage}.md"
    path.write_text(report(stage, facts, results), encoding="utf-8")
    print(f"the report: .local/{path.name}")
    if any(result.state is State.FAILED for result in results):
        sys.exit(1)


def expect_allowed(stage: str) -> None:
    """Stop for prod, for what is no stage, and for a stage that was not prepared."""
    if stage == PROD:
        raise ToolError("this deletes everything at its end, so not prod: take a sandbox account")
    if stage == LOCAL:
        return
    known = [LOCAL, *(name for name in stage_names() if name != PROD)]
    if stage not in known:
        raise ToolError(f"name a stage: make verify STAGE={'|'.join(known)}")
    foundation(stage)


def expect_free(service: Service, *, yes: bool) -> None:
    """Ask before a stage that is deployed already is deleted."""
    if service.stack.status() in _NO_STACK:
        return
    data = [holding.line for holding in holdings(service.stack) if holding.is_data]
    held = "\n".join(["It holds:", *data]) if data else "It holds no data."
    confirm(
        f"{service.stack.name} is deployed already. It is deleted first, and again at the end, "
        f"with all data. {held}\nGo on?",
        yes=yes,
    )


@contextlib.contextmanager
def sandbox_of(stage: str) -> Iterator[Sandbox]:
    """A copy of the project beside the stage; the emulator of `local` runs as long."""
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="verify-"))
        folder = copy_project(Path(scratch) / "project")
        endpoint = None
        if stage == LOCAL:
            enter_local_environment()
            endpoint = stack.enter_context(emulator_of(folder))
        yield Sandbox(Service(stage, endpoint), folder)


def verify(sandbox: Sandbox, steps: Mapping[str, Step]) -> list[Result]:
    """Make the steps. One that fails ends it, except for the last: that always cleans up."""
    *names, last = steps
    results: list[Result] = []
    for name in names:
        if any(result.state is State.FAILED for result in results):
            results.append(Result(name, State.NOT_TRIED, 0.0, ["a step before it failed"]))
        else:
            results.append(_made(name, steps[name], sandbox))
    return [*results, _made(last, steps[last], sandbox)]


def _made(name: str, step: Step, sandbox: Sandbox) -> Result:
    print(f"{name} …", flush=True)
    started = time.monotonic()
    state, evidence = _outcome(lambda: step(sandbox))
    seconds = time.monotonic() - started
    print(f"{name}: {state} after {seconds:.0f} s", *evidence, sep="\n  ", flush=True)
    return Result(name, state, seconds, evidence)


def _outcome(step: Callable[[], Sequence[str]]) -> tuple[State, Sequence[str]]:
    try:
        return State.DONE, step()
    except NotTried as reason:
        return State.NOT_TRIED, [str(reason)]
    except KeyboardInterrupt:
        return State.FAILED, ["interrupted"]
    except Exception as error:
        known = isinstance(error, ToolError)
        return State.FAILED, (str(error) if known else repr(error)).splitlines()


def facts_of(stage: str) -> dict[str, str]:
    """What was tried, and with what."""
    commit = asked(ROOT, "rev-parse", "--short", "HEAD") or "unknown"
    changed = asked(ROOT, "status", "--porcelain")
    return {
        "where": "an emulator on this machine" if stage == LOCAL else "AWS",
        "region": stage_region(stage) or project().region,
        "commit": f"{commit}, with changes that are not committed" if changed else commit,
        "Python": platform.python_version(),
        "boto3": boto3.__version__,
        "uv": run([find_uv(), "--version"], quiet=True).split()[1],
    }


def report(stage: str, facts: Mapping[str, str], results: Sequence[Result]) -> str:
    """The report, in Markdown, without account ids and access keys."""
    lines = [f"# Verification of {project().slug}, stage {stage}", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", "| step | result | seconds |", "|---|---|---|"]
    lines += [
        f"| {number}. {result.name} | {result.state} | {result.seconds:.0f} |"
        for number, result in enumerate(results, 1)
    ]
    lines += ["", "## Not tried", ""]
    skipped = [result for result in results if result.state is State.NOT_TRIED]
    lines += [f"- {one.name}: {' '.join(one.evidence)}" for one in skipped] or ["Nothing."]
    lines += ["", "## What the steps showed"]
    for result in results:
        if result.state is not State.NOT_TRIED:
            lines += ["", f"### {result.name}: {result.state}", ""]
            lines += [f"    {line}" for line in result.evidence]
    if results[-1].state is not State.DONE:
        lines += ["", f"The stage may be left behind: make delete STAGE={stage} DATA=1"]
    return _PRIVATE.sub("…", "\n".join(lines)) + "\n"
