"""A generated project's files, of which a mutation may change a few without touching the rest."""

import os
import re
from fnmatch import fnmatch
from pathlib import Path

LIBRARY = "vendor/lean-lambda/src/lean_lambda/*.py"
"""The modules that run in every function: profiles are made from a folder, so they have a copy."""


def workbench(name: str) -> str:
    """The full name of a module of the workbench in a project, as in `packaging/check.py`."""
    return f"vendor/lambda-workbench/src/lambda_workbench/{name}"


def bootstrap_part(name: str) -> str:
    """The full name of a part of the bootstrap template in a project, as in `pipeline.yaml`."""
    return workbench(f"bootstrap/parts/{name}")


class Files:
    """The files of a folder as text. Changes stay in memory until they are written elsewhere."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.changed: dict[str, str | None] = {}

    def __contains__(self, name: str) -> bool:
        if name in self.changed:
            return self.changed[name] is not None
        return (self.root / name).is_file()

    def read(self, name: str) -> str:
        """The text of a file; KeyError without it."""
        if name not in self:
            raise KeyError(name)
        changed = self.changed.get(name)
        return (self.root / name).read_text() if changed is None else changed

    def code(self, name: str) -> str:
        """The full name of a file of the package, as in `domain/orders.py`."""
        (found,) = self.names(f"src/*/{name}")
        return found

    def library(self, name: str) -> str:
        """The full name of a module of lean_lambda, as in `log.py`."""
        (found,) = self.names(LIBRARY.replace("*.py", name))
        return found

    def names(self, pattern: str = "**/*") -> list[str]:
        """The names that a glob pattern matches, in order."""
        found = {
            path.relative_to(self.root).as_posix()
            for path in self.root.glob(pattern)
            if path.is_file() and "__pycache__" not in path.parts
        }
        # fnmatch's star also matches slashes, which is what `**/` means.
        found |= {n for n in self.changed if fnmatch(n, pattern.replace("**/", "*"))}
        return sorted(name for name in found if name in self)

    def write(self, name: str, text: str) -> None:
        self.changed[name] = text

    def remove(self, name: str) -> None:
        assert name in self, f"{name} is not there to be removed"
        self.changed[name] = None

    def replace(self, name: str, old: str, new: str, count: int = -1) -> None:
        """Replace a text that must be there, everywhere or the first `count` times."""
        text = self.read(name)
        assert old in text, f"{name} has no {old!r}: the mutation needs to be brought up to date"
        self.write(name, text.replace(old, new, count))

    def substitute(self, name: str, pattern: str, new: str, count: int = 1) -> None:
        """Replace what a regular expression (over several lines) matches, which must be there."""
        text, times = re.subn(
            pattern, new, self.read(name), count=count, flags=re.MULTILINE | re.DOTALL
        )
        assert times, f"{name} matches no {pattern!r}: the mutation needs to be brought up to date"
        self.write(name, text)

    def copy(self) -> "Files":
        """The same files, to be changed on their own."""
        other = Files(self.root)
        other.changed.update(self.changed)
        return other

    def materialise(self, target: Path) -> Path:
        """Lay the files out in a folder: what did not change is linked."""
        for name in self.names():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name in self.changed:
                path.write_text(self.read(name))
            else:
                os.link(self.root / name, path)
        return target
