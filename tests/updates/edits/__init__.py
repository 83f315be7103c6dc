"""What teams do to their projects between two updates.

An edit is a function that takes the project's folder, in a module of this package. It works on a
project of every release, and on one that other edits have been through: what it wants to change
may be gone, and then it changes nothing.

Every edit is judged the same way (`service.inspect`): each line that it added is still in its file
and in its place, what it deleted stays deleted, and files of the team's are the same byte for byte.
An edit whose place matters to a tool rather than to a reader has a check of its own as well:

    @edit
    def larger_batches(project):
        '''Take more messages at a time.'''
        replace(project, "template.yaml", "BatchSize: 10", "BatchSize: 50")

    @larger_batches.survives
    def _(project): return template(project)["Resources"][...]["BatchSize"] == 50
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

Apply = Callable[[Path], None]
Check = Callable[[Path], bool]
PACKAGE = "src/order_service"
LIBRARY = "vendor/lean-lambda/src/lean_lambda"


@dataclass
class Edit:
    name: str
    what: str
    apply: Apply
    # Of edits that change the same lines, a project has one: `line_length`, for example.
    alone: bool = False
    checks: list[Check] = field(default_factory=list)

    def __call__(self, project: Path) -> None:
        self.apply(project)

    def survives(self, check: Check) -> Check:
        """Decorates a check of the edit's own."""
        self.checks.append(check)
        return check

    def survived(self, project: Path) -> bool:
        try:
            return all(check(project) for check in self.checks)
        except (yaml.YAMLError, tomllib.TOMLDecodeError):  # by the marks of a conflict, for one
            return False


EDITS: dict[str, Edit] = {}


def edit(function: Apply) -> Edit:
    name = function.__name__
    assert name not in EDITS, f"two edits are called {name}"
    EDITS[name] = Edit(name, (function.__doc__ or "").strip(), function)
    return EDITS[name]


def alone(function: Apply) -> Edit:
    """An edit that rearranges a project so thoroughly that it is tried by itself."""
    made = edit(function)
    made.alone = True
    return made


def all_edits() -> list[Edit]:
    for module in ("code", "infrastructure", "tooling", "delivery", "documents", "layout"):
        import_module(f"{__name__}.{module}")
    return list(EDITS.values())


def write(project: Path, name: str, text: str) -> None:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def append(project: Path, name: str, text: str) -> None:
    if (project / name).is_file():
        write(project, name, _read(project, name) + text)


def replace(project: Path, name: str, old: str, new: str, count: int = 1) -> None:
    if (project / name).is_file():
        write(project, name, _read(project, name).replace(old, new, count))


def substitute(project: Path, name: str, pattern: str, new: str) -> None:
    if (project / name).is_file():
        text = re.sub(pattern, new, _read(project, name), count=1, flags=re.MULTILINE)
        write(project, name, text)


def override(project: Path, resources: str) -> None:
    """Resources of the team's, where the template has a place for them."""
    replace(project, "template.override.yaml", "Resources: {}\n", "Resources:\n")
    append(project, "template.override.yaml", resources)


def sort_imports(project: Path, name: str) -> None:
    """What the team's formatter does to a file."""
    if (project / name).is_file():
        ruff = Path(sys.executable).with_name("ruff")
        command = [str(ruff), "check", "--quiet", "--no-cache", "--fix", "--select", "I", name]
        subprocess.run(command, cwd=project, check=True)


def delete(project: Path, *names: str) -> None:
    for name in names:
        for path in sorted(project.glob(name), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()


def _read(project: Path, name: str) -> str:
    with (project / name).open(encoding="utf-8", newline="") as file:
        return file.read()


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's tags as their plain values."""


_Loader.add_multi_constructor("!", lambda loader, _, node: _plain(loader, node))


def _plain(loader: _Loader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return node.value


def read_yaml(project: Path, name: str) -> Any:
    return yaml.load((project / name).read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
