"""Read and write CloudFormation templates, short tags (`!Ref`, `!Sub` …) included.

What is read remembers where it stood: the mappings and lists are `LocatedDict` and `LocatedList`,
which are ordinary dictionaries and lists that also know the file and line of each of their parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lambda_workbench.errors import ToolError

Template = dict[str, Any]
Step = str | int

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # built without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file; lines count from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        """As compilers write it, so that editors jump there."""
        return f"{self.file}:{self.line}"


class LocatedDict(dict[str, Any]):
    """A mapping that knows where each of its keys stands."""

    places: dict[str, Place]

    def __init__(self, values: dict[str, Any], places: dict[str, Place]) -> None:
        super().__init__(values)
        self.places = places

    def __reduce__(self) -> tuple[Any, ...]:
        """For copies: both the values and the places."""
        return (LocatedDict, (dict(self), dict(self.places)))


class LocatedList(list[Any]):
    """A list that knows where each of its items stands."""

    places: list[Place]

    def __init__(self, values: list[Any], places: list[Place]) -> None:
        super().__init__(values)
        self.places = places

    def __reduce__(self) -> tuple[Any, ...]:
        """For copies: both the values and the places."""
        return (LocatedList, (list(self), list(self.places)))


def load(text: str, file: str) -> Template:
    """Parse a template; the short tags come back in their long form.

    Raises `ToolError`, with `file` and the line, for what is not a template.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(file, mark.line + 1 if mark else 1)
        problem = getattr(error, "problem", None) or str(error)
        raise ToolError(f"{place}: not valid YAML: {problem}") from error
    if node is None:
        return LocatedDict({}, {})
    if not isinstance(node, yaml.MappingNode):
        raise ToolError(f"{Place(file, node.start_mark.line + 1)}: expected a mapping at the top")
    try:
        return _Reader(file).mapping(node)
    except RecursionError:
        raise ToolError(f"{Place(file, 1)}: an alias stands inside of what it names") from None


def read(path: Path) -> Template:
    """The template in a file; raises as `load`."""
    return load(path.read_text(encoding="utf-8"), path.name)


def dump(template: Template) -> str:
    """The template as YAML, with its keys in the order they were given."""
    return str(yaml.dump(template, Dumper=_PlainDumper, sort_keys=False, width=100))


def resources_of_type(template: Template, kind: str) -> dict[str, Any]:
    """The resources of one type, by logical id."""
    resources = template.get("Resources") or {}
    return {name: body for name, body in resources.items() if body.get("Type") == kind}


def place_of(tree: Any, path: Sequence[Step]) -> Place | None:
    """Where the last part of `path` that exists in `tree` stands; None when none of it does."""
    found, _ = locate(tree, path)
    return found


def locate(tree: Any, path: Sequence[Step]) -> tuple[Place | None, int]:
    """As `place_of`, with the number of steps of `path` that could be taken."""
    found: Place | None = None
    for taken, step in enumerate(path):
        if isinstance(tree, LocatedDict) and isinstance(step, str) and step in tree:
            found = tree.places.get(step, found)
        elif isinstance(tree, LocatedList) and isinstance(step, int) and step < len(tree):
            found = tree.places[step]
        else:
            return found, taken
        tree = tree[step]
    return found, len(path)


class _Reader:
    """Turns YAML's nodes into located values."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._scalars = yaml.SafeLoader("")

    def mapping(self, node: yaml.MappingNode) -> LocatedDict:
        values: dict[str, Any] = {}
        places: dict[str, Place] = {}
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                self._take_over(value_node, values)
                continue
            key = str(key_node.value)
            if key in values and key in places:
                first = places[key].line
                raise ToolError(f"{self._place(key_node)}: {key} stands here and in line {first}")
            values[key] = self.value(value_node)
            places[key] = self._place(key_node)
        return LocatedDict(values, places)

    def value(self, node: yaml.Node) -> Any:
        if node.tag.startswith("!"):
            return self._call(node)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return self._list(node)
        if node.tag == "tag:yaml.org,2002:timestamp":
            return str(node.value)  # the version of a policy is not a date
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            raise ToolError(f"{self._place(node)}: not valid YAML: {error}") from error

    def _list(self, node: yaml.SequenceNode) -> LocatedList:
        return LocatedList(
            [self.value(item) for item in node.value], [self._place(item) for item in node.value]
        )

    def _call(self, node: yaml.Node) -> LocatedDict:
        """`!Ref x` as `{"Ref": "x"}`."""
        name = node.tag.removeprefix("!")
        name = name if name in ("Ref", "Condition") else f"Fn::{name}"
        argument: Any
        if isinstance(node, yaml.MappingNode):
            argument = self.mapping(node)
        elif isinstance(node, yaml.SequenceNode):
            argument = self._list(node)
        else:
            argument = node.value
        if name == "Fn::GetAtt" and isinstance(argument, str):
            resource, _, attribute = argument.partition(".")
            argument = [resource, attribute]
        return LocatedDict({name: argument}, {name: self._place(node)})

    def _take_over(self, node: yaml.Node, values: dict[str, Any]) -> None:
        """YAML's merge key: what another mapping has, under what this one says itself."""
        others = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for other in others:
            if not isinstance(other, yaml.MappingNode):
                raise ToolError(f"{self._place(node)}: expected a mapping behind <<")
            for key, value in self.mapping(other).items():
                values.setdefault(key, value)

    def _place(self, node: yaml.Node) -> Place:
        return Place(self._file, node.start_mark.line + 1)


class _PlainDumper(yaml.SafeDumper):
    """Writes shared parts out in full: CloudFormation does not read YAML anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


_PlainDumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
_PlainDumper.add_multi_representer(list, yaml.SafeDumper.represent_list)
