"""Who owns each generated file: the tables of includes/ownership."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pathspec import PathSpec

from tools.commands import ROOT

KINDS = ("managed", "shared", "yours")


@dataclass(frozen=True)
class Row:
    """Files of one kind and one condition."""

    kind: str
    condition: str
    patterns: tuple[str, ...]

    def covers(self, path: str) -> bool:
        """Whether a generated file is among them."""
        return PathSpec.from_lines("gitignore", self.patterns).match_file(path)

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether a project with these answers has them."""

        def true(term: str) -> bool:
            if "!=" in term:
                name, value = term.split("!=")
                return str(answers.get(name)) != value
            if "=" in term:
                name, value = term.split("=")
                return str(answers.get(name)) == value
            return term == "always" or term in answers["triggers"]

        return any(all(map(true, way.split(" and "))) for way in self.condition.split(" or "))


def table(kind: str) -> list[Row]:
    """The rows of one kind. Their form: includes/ownership/README.md."""
    rows = yaml.safe_load((ROOT / f"includes/ownership/{kind}.yml").read_text())
    assert all(row[0].startswith("# ") for row in rows), "a row begins with '# ' and a condition"
    return [Row(kind, row[0].removeprefix("# "), tuple(row[1:])) for row in rows]


ROWS = [row for kind in KINDS for row in table(kind)]


def owner(path: str) -> str:
    """The kind of a generated file: managed, shared or yours. Raises LookupError for no file."""
    for row in ROWS:
        if row.covers(path):
            return row.kind
    raise LookupError(f"includes/ownership names no owner of {path}")
