"""What a function imports when it starts, as a tree: `make import-profile FUNCTION=api`.

It looks at the built package, in an interpreter that sees nothing else but the SDK. The times are
those of this machine and include the wait for the disk: read them as shares.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from lambda_workbench.cloudformation import documents
from lambda_workbench.errors import ToolError
from lambda_workbench.local.local_env import local_environment
from lambda_workbench.operate.stages import LOCAL
from lambda_workbench.packaging import import_handler
from lambda_workbench.packaging.functions import LAYER_ZIP, Function, functions_of, stand_ins
from lambda_workbench.packaging.package import build, packages_of
from lambda_workbench.project import LOCAL_STATE, project

_BUILD = LOCAL_STATE / "budget"


@dataclass
class Module:
    """A module, what it took to load with all that it loads, and those it loads first."""

    name: str
    microseconds: int
    children: list[Module] = field(default_factory=list)

    def walk(self) -> Iterator[Module]:
        """This module and all that it loads."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def size(self) -> int:
        """How many modules it loads, itself included."""
        return sum(1 for _ in self.walk())


@dataclass(frozen=True)
class Built:
    """A function whose packages for this machine, its zip and its layer's, are unpacked."""

    function: Function
    packages: list[Path]
    folders: list[Path]
    environment: dict[str, str]

    def command(self) -> list[str]:
        """What imports the handler as Lambda does; only the SDK comes from elsewhere."""
        script = str(Path(import_handler.__file__))
        sdk = sysconfig.get_path("purelib")
        return [script, os.pathsep.join(map(str, self.folders)), sdk, self.function.module]

    def imports(self) -> Module:
        """The tree of imports, the handler's module at its root."""
        command = [sys.executable, "-I", "-S", "-X", "importtime", *self.command()]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            errors = _without_times(done.stderr)
            raise ToolError(f"{self.function.module} does not import\n{errors}")
        return parse(done.stderr, self.function.module)


def build_here() -> list[Built]:
    """Build every function for this machine; from uv's cache if that has everything."""
    try:
        os.environ["UV_OFFLINE"] = "1"
        build(_BUILD, LOCAL, local=True)
    except ToolError:
        del os.environ["UV_OFFLINE"]
        build(_BUILD, LOCAL, local=True)
    finally:
        os.environ.pop("UV_OFFLINE", None)
    merged = documents.read(_BUILD / "template.yaml")
    content = json.loads((_BUILD / "manifest.json").read_text(encoding="utf-8"))
    return [_unpack(function, merged, content) for function in functions_of(merged, LOCAL)]


def parse(report: str, root: str) -> Module:
    """Read what `python -X importtime` writes: children stand before their parent, deeper in."""
    waiting: dict[int, list[Module]] = {}
    for line in report.splitlines():
        if not line.startswith("import time:") or line.endswith("imported package"):
            continue
        _, cumulative, name = line.removeprefix("import time:").split("|", 2)
        depth = len(name) - len(name.lstrip())
        module = Module(name.strip(), int(cumulative))
        module.children = [
            child for level in sorted(waiting) if level > depth for child in waiting.pop(level)
        ]
        if module.name == root:
            return module
        waiting.setdefault(depth, []).append(module)
    raise ToolError(f"{root} was not imported")


def suspects(root: Module, weight: Callable[[Module], float]) -> list[list[Module]]:
    """What weighs most, each with the way there: first where the weight leads from the handler,
    then the packages of others where they are first reached."""
    own = project().package

    def is_own(module: Module) -> bool:
        return module.name.partition(".")[0] == own

    def of_others(way: list[Module]) -> Iterator[list[Module]]:
        for child in way[-1].children:
            yield from of_others([*way, child]) if is_own(child) else [[*way, child]]

    first = [root]
    while is_own(first[-1]) and first[-1].children:
        heaviest = max(first[-1].children, key=weight)
        if weight(heaviest) < weight(first[-1]) / 3:
            break
        first.append(heaviest)
    rest = sorted(of_others([root]), key=lambda way: -weight(way[-1]))
    return [first, *(way for way in rest if way[-1] is not first[-1])]


def draw(root: Module, least: float) -> Iterator[str]:
    """The tree as lines; what takes less than a share of `least` of the whole is summed up."""

    def lines(module: Module, indent: str) -> Iterator[str]:
        milliseconds = module.microseconds / 1000
        yield f"{milliseconds:8.1f} ms {module.size:5d}  {indent}{module.name}"
        small = 0
        for child in sorted(module.children, key=lambda each: -each.microseconds):
            if child.microseconds >= least * root.microseconds:
                yield from lines(child, indent + "  ")
            else:
                small += child.size
        if small:
            yield f"{'':11} {small:5d}  {indent}  …"

    yield f"{'with all':>11} {'mods':>5}  module"
    yield from lines(root, "")


def _unpack(function: Function, merged: documents.Template, content: dict[str, Any]) -> Built:
    packages = packages_of(content["functions"][function.name], content, _BUILD)
    folders = []
    for package in packages:
        folder = _BUILD / function.name / package.stem
        shutil.rmtree(folder, ignore_errors=True)
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        folders.append(folder / "python" if package.name == LAYER_ZIP else folder)
    environment = {
        "PATH": os.environ.get("PATH", ""),
        **local_environment(),
        **stand_ins(function.environment, merged),
    }
    return Built(function, packages, folders, environment)


def _without_times(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("import time:"))


@click.command()
@click.argument("function", default="")
@click.option("--least", default=0.02, help="hide smaller shares than this")
def command(function: str, least: float) -> None:
    """Draw the tree of one function or of all."""
    found = build_here()
    names = [built.function.name for built in found]
    if function and function not in names:
        raise ToolError(f"no function {function!r}; there are {', '.join(names)}")
    for built in found:
        if function in ("", built.function.name):
            print(f"\n{built.function.name}: {built.function.module}")
            print("\n".join(draw(built.imports(), least)))
