"""Releases before 1.0.0, rebuilt: a module per release takes the version after it and undoes what
that one brought.

    VERSION   the release that the module makes
    NEXT      what the version after it brought, for people
    undo      turns the tree of the version after it into the tree of this one
    carry     optional: what every later version needs, so that a project of this one can be updated
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True)
class Tree:
    """The files of a version of the template."""

    root: Path

    def files(self, *patterns: str) -> list[Path]:
        found = {path for pattern in patterns for path in self.root.glob(pattern)}
        assert found, f"no file of the template is like {', '.join(patterns)}"
        return sorted(path for path in found if path.is_file())

    def file(self, name: str) -> Path:
        """By the name that it has in a project: sooner or later most files need some Jinja."""
        path = self.root / name
        return path if path.exists() else path.with_name(f"{path.name}.jinja")

    def replace(self, name: str, old: str, new: str) -> None:
        """One text by another, everywhere in one file."""
        path = self.file(name)
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold what an earlier release had otherwise: {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def replace_all(self, pattern: str, new: str, *files: str) -> None:
        """What a regular expression finds, in all files that have it."""
        changed = 0
        for path in self.files(*files):
            text = path.read_text(encoding="utf-8")
            replaced = re.sub(pattern, new, text)
            if replaced != text:
                path.write_text(replaced, encoding="utf-8")
                changed += 1
        assert changed, f"nothing in {', '.join(files)} is like {pattern!r}"

    def cut(self, name: str, start: str, end: str) -> str:
        """Take out what stands from `start` up to `end`, and return it."""
        path = self.file(name)
        text = path.read_text(encoding="utf-8")
        first = text.index(start)
        last = text.index(end, first)
        path.write_text(text[:first] + text[last:], encoding="utf-8")
        return text[first:last]

    def move(self, old: str, new: str) -> None:
        (self.root / old).rename(self.root / new)


def _nothing(tree: Tree) -> None:
    pass


@dataclass(frozen=True)
class Release:
    version: str
    next: str
    undo: Callable[[Tree], None]
    carry: Callable[[Tree], None]


def releases() -> list[Release]:
    """Oldest first."""
    found = []
    for path in Path(__file__).parent.glob("v*.py"):
        module = import_module(f"tests.updates.releases.{path.stem}")
        carry = getattr(module, "carry", _nothing)
        found.append(Release(module.VERSION, module.NEXT, module.undo, carry))
    return sorted(found, key=lambda release: [int(part) for part in release.version.split(".")])
