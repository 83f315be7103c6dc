"""What each function may cost before its first event: part of `make check`.

Counted are the modules that its start loads, the kilobytes of its zip and its layer's and, where
valgrind is installed, the instructions of its start as a multiple of an empty interpreter's.
Seconds are not: they depend on the machine. The limits are in pyproject.toml, under
[tool.lambda-workbench.budget].
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import click

from lambda_workbench.errors import ToolError
from lambda_workbench.packaging.bundle import size_of
from lambda_workbench.packaging.import_profile import Built, Module, build_here, suspects
from lambda_workbench.packaging.limits import advice, limits_of, too_large
from lambda_workbench.project import run

_COLLECTED = re.compile(r"Collected\s*:\s*(\d+)")
_SHOWN = 3


@click.command()
def command() -> None:
    """Check every function and end with 1 if one is over its budget."""
    found = build_here()
    counted = _count(found) if shutil.which("valgrind") else {}
    faults: list[str] = []
    for built in found:
        name = built.function.name
        limits = limits_of(name)
        root = built.imports()
        kilobytes = sum(map(size_of, built.packages)) / 1000
        shown = f"{name}: {_modules(root)} modules, {kilobytes:,.0f} kB"
        faults += too_many_modules(name, root, limits)
        faults += too_large(name, built.packages)
        if name in counted:
            shown += f", {counted[name]:.1f} empty interpreters"
            faults += too_much_work(name, counted[name], root, limits)
        print(shown)
    if faults:
        raise ToolError("\n".join(["over the budget", *faults]))


def too_many_modules(name: str, root: Module, limits: Mapping[str, float]) -> Iterator[str]:
    """What is wrong with the number of modules, if anything."""
    count = _modules(root)
    if count > limits.get("modules", count):
        yield f"{name} loads {count} modules when it starts; its budget is {limits['modules']:g}."
        for way in suspects(root, lambda each: each.size)[:_SHOWN]:
            yield f"  {way[-1].size:5d} with {_shown(way)}"
        yield advice(name, "modules")


def too_much_work(
    name: str, counted: float, root: Module, limits: Mapping[str, float]
) -> Iterator[str]:
    """What is wrong with the instructions, if anything."""
    if counted > limits.get("instructions", counted):
        yield (
            f"{name} executes {counted:.1f} times the instructions of an empty interpreter when it "
            f"starts; its budget is {limits['instructions']:g}."
        )
        for way in suspects(root, lambda each: each.microseconds)[:_SHOWN]:
            share = way[-1].microseconds / root.microseconds
            yield f"  {share:5.0%} of the time with {_shown(way)}"
        yield advice(name, "instructions")


def _shown(way: list[Module]) -> str:
    return " > ".join(module.name for module in way)


def _modules(root: Module) -> int:
    return len({module.name for module in root.walk()})


def _count(found: list[Built]) -> dict[str, float]:
    """The instructions of each function's start over those of an empty interpreter."""
    # Lambda's own SDK has bytecode; the one that uv installed gets it when it is first imported.
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    run([sys.executable, "-c", "import boto3; boto3.session.Session()"], env=environment)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        empty = pool.submit(_instructions, ["-c", "pass"], {})
        each = {
            built.function.name: pool.submit(_instructions, built.command(), built.environment)
            for built in found
        }
        return {name: counted.result() / empty.result() for name, counted in each.items()}


def _instructions(arguments: list[str], environment: Mapping[str, str]) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [sys.executable, "-I", "-S", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = _COLLECTED.search(done.stderr)
    if done.returncode != 0 or not found:
        raise ToolError(f"valgrind failed:\n{done.stderr[-2000:]}")
    return int(found[1])
