"""What the rules look at: a stack as CloudFormation would get it, and where its parts stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lambda_workbench.cloudformation.documents import Place, Step, Template
from lambda_workbench.cloudformation.values import PLACEHOLDER
from lambda_workbench.preflight.origins import Origins
from lambda_workbench.samconfig import Stage

Path = tuple[Step, ...]
Properties = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """What a rule has found, at a path of the translated template."""

    path: Path
    message: str
    expected: str = ""
    place: Place | None = None  # where it stands, if that is not in the template


@dataclass(frozen=True)
class Resource:
    """A resource that the stage has: its condition holds, and its values are filled in."""

    name: str
    type: str
    body: Mapping[str, Any]

    @property
    def properties(self) -> Properties:
        """Its properties."""
        found: Properties = self.body.get("Properties") or {}
        return found

    def get(self, *path: Step) -> Any:
        """What stands at a path of its properties; None when nothing does."""
        return at(self.properties, path)

    def each(self, *path: Step) -> Iterator[tuple[Path, Any]]:
        """What stands at a path of its properties, with the path; `*` is any item or key."""
        yield from _each(self.properties, path)

    def number(self, *path: Step) -> float | None:
        """The number at a path of its properties; None when there is none, or it is not known."""
        return as_number(self.get(*path))

    def text(self, *path: Step) -> str | None:
        """The text at a path of its properties; None when there is none, or it is not known."""
        found = self.get(*path)
        return found if isinstance(found, str) else None

    def problem(self, message: str, *path: Step, expected: str = "") -> Problem:
        """A problem with what stands at a path of its properties, or with all of it."""
        return Problem(("Resources", self.name, "Properties", *path), message, expected)


@dataclass(frozen=True)
class Stack:
    """One stage of one template."""

    stage: Stage
    source: Template  # merged, as people wrote it; knows its places
    translated: Template  # what CloudFormation makes of it
    filled: Template  # that, with the stage's values
    body: str = ""  # the text that would be sent

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """The resources of the stage by logical id."""
        return {
            name: Resource(name, str(body.get("Type")), body)
            for name, body in self.filled["Resources"].items()
        }

    def of_type(self, *types: str) -> Iterator[Resource]:
        """The resources of these types."""
        for resource in self.resources.values():
            if resource.type in types:
                yield resource

    def referred(self, value: Any) -> Resource | None:
        """The resource that a value refers to with `Ref`, `Fn::GetAtt` or `Fn::Sub`."""
        names = list(references(value))
        return self.resources.get(names[0][1]) if len(names) == 1 else None

    def place(self, path: Sequence[Step]) -> Place:
        """Where people wrote what stands at a path of the translated or the filled template."""
        return self._origins.place(path)

    def origin(self, name: str) -> str | None:
        """The resource that people wrote, of which SAM made the one called `name`."""
        return self._origins.resource(name)

    @cached_property
    def _origins(self) -> Origins:
        return Origins(self.source)


@dataclass(frozen=True)
class Rule:
    """Something that AWS refuses or that does harm, as a check of one stack."""

    id: str
    summary: str
    source: str  # the address of the page that says so
    check: Callable[[Stack], Iterator[Problem]]


@dataclass(frozen=True)
class JointRule:
    """The same for all stages of a template together."""

    id: str
    summary: str
    source: str
    check: Callable[[Sequence[Stack]], Iterator[tuple[Stack, Problem]]]


@dataclass(frozen=True)
class ChangeRule:
    """The same for a change: of what is there (first) to what is to come (second)."""

    id: str
    summary: str
    source: str
    check: Callable[[Stack, Stack], Iterator[Problem]]


@dataclass(frozen=True, order=True)
class Finding:
    """A problem as it is shown."""

    place: Place
    rule: str
    message: str
    stages: tuple[str, ...] = field(compare=False)
    expected: str = field(compare=False, default="")
    source: str = field(compare=False, default="")

    def __str__(self) -> str:
        """One line, as compilers write it."""
        hints = [f"expected {self.expected}"] if self.expected else []
        hints += [f"see {self.source}"] if self.source else []
        stages = f" [{', '.join(self.stages)}]" if self.stages else ""
        hint = f" ({'; '.join(hints)})" if hints else ""
        return f"{self.place}: {self.rule}{stages} {self.message}{hint}"


def rule(
    name: str, summary: str, source: str
) -> Callable[[Callable[[Stack], Iterator[Problem]]], Rule]:
    """Make a rule of a function that yields the problems of a stack."""
    return lambda check: Rule(name, summary, source, check)


def joint_rule(
    name: str, summary: str, source: str
) -> Callable[[Callable[[Sequence[Stack]], Iterator[tuple[Stack, Problem]]]], JointRule]:
    """Make a rule of a function that yields the problems of the stages of a template."""
    return lambda check: JointRule(name, summary, source, check)


def change_rule(
    name: str, summary: str, source: str
) -> Callable[[Callable[[Stack, Stack], Iterator[Problem]]], ChangeRule]:
    """Make a rule of a function that yields the problems of a change."""
    return lambda check: ChangeRule(name, summary, source, check)


def at(node: Any, path: Sequence[Step]) -> Any:
    """What stands at a path; None when nothing does."""
    for step in path:
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and isinstance(step, int) and step < len(node):
            node = node[step]
        else:
            return None
    return node


def _each(node: Any, path: Sequence[Step], taken: Path = ()) -> Iterator[tuple[Path, Any]]:
    if not path:
        if node is not None:
            yield taken, node
        return
    step, rest = path[0], path[1:]
    if step != "*":
        yield from _each(at(node, [step]), rest, (*taken, step))
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _each(value, rest, (*taken, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _each(value, rest, (*taken, index))


def as_number(value: Any) -> float | None:
    """A number, also one that is written as text."""
    if isinstance(value, bool):
        return None
    if not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def references(node: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The names that a node refers to, each with the path of the reference."""
    if isinstance(node, dict):
        if len(node) == 1:
            name, argument = next(iter(node.items()))
            if name == "Ref":
                yield path, str(argument)
                return
            if name == "Fn::GetAtt":
                yield path, argument.split(".")[0] if isinstance(argument, str) else argument[0]
                return
            if name == "Fn::Sub":
                yield from _substituted(argument, path)
                return
        for key, value in node.items():
            yield from references(value, (*path, key))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from references(item, (*path, index))


def _substituted(argument: Any, path: Path) -> Iterator[tuple[Path, str]]:
    text, local = argument if isinstance(argument, list) else (argument, {})
    for match in PLACEHOLDER.finditer(text):
        name = match.group(1).strip()
        if name not in local:
            yield path, name.split(".")[0]
    yield from references(list(local.values()), path)
