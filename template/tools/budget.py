# Managed by the template: see docs/updating.md.
"""What each function may cost before its first event: part of `make check`.

Counted are the modules that its start loads, the kilobytes of its zip and, where valgrind is
installed, the instructions of its start as a multiple of an empty interpreter's. Seconds are not:
they depend on the machine. The limits are in pyproject.toml, under [tool.service.budget].
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping

from tools.import_profile import Module, build_here, suspects
from tools.limits import advice, limits_of, too_large
from tools.project import ToolError

_COLLECTED = re.compile(r"Collected\s*:\s*(\d+)")
_SHOWN = 3


def main() -> None:
    """Check every function and end with 1 if one is over its budget."""
    valgrind = shutil.which("valgrind")
    empty = _instructions(["-c", "pass"], {}) if valgrind else 0
    faults: list[str] = []
    for built in build_here():
        name = built.function.name
        limits = limits_of(name)
        root = built.imports()
        modules = len({module.name for module in root.walk()})
        kilobytes = built.zip.stat().st_size / 1000
        shown = f"{name}: {modules} modules, {kilobytes:,.0f} kB"
        faults += too_many_modules(name, root, limits)
        faults += too_large(name, built.zip)
        if valgrind and "instructions" in limits:
            counted = _instructions(built.command(), built.environment) / empty
            shown += f", {counted:.1f} empty interpreters"
            faults += too_much_work(name, counted, root, limits)
        print(shown)
    if faults:
        raise ToolError("\n".join(["over the budget", *faults]))


def too_many_modules(name: str, root: Module, limits: Mapping[str, float]) -> Iterator[str]:
    """What is wrong with the number of modules, if anything."""
    count = len({module.name for module in root.walk()})
    if count > limits.get("modules", count):
        yield f"{name} loads {count} modules when it starts; its budget is {limits['modules']:g}."
        for way, module in _largest(root, lambda each: each.size):
            yield f"  {module.size:5d} with {' > '.join(way)}"
        yield advice(name, "modules")


def too_much_work(
    name: str, counted: float, root: Module, limits: Mapping[str, float]
) -> Iterator[str]:
    """What is wrong with the instructions, if anything."""
    if counted > limits["instructions"]:
        yield (
            f"{name} executes {counted:.1f} times the instructions of an empty interpreter when it "
            f"starts; its budget is {limits['instructions']:g}."
        )
        for way, module in _largest(root, lambda each: each.microseconds):
            share = module.microseconds / root.microseconds
            yield f"  {share:5.0%} of the time with {' > '.join(way)}"
        yield advice(name, "instructions")


def _largest(root: Module, weight: Callable[[Module], float]) -> list[tuple[list[str], Module]]:
    return sorted(suspects(root), key=lambda found: -weight(found[1]))[:_SHOWN]


def _instructions(arguments: list[str], environment: Mapping[str, str]) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [sys.executable, "-I", "-S", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = _COLLECTED.search(done.stderr)
    if done.returncode != 0 or not found:
        raise ToolError(f"valgrind failed:\n{done.stderr[-2000:]}")
    return int(found[1])


if __name__ == "__main__":
    from tools.cli import guarded

    guarded(main)
