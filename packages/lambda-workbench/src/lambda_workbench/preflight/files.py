"""The files of a project: as they stand, or as they stood at a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lambda_workbench.errors import ToolError
from lambda_workbench.git import asked


class Files(Protocol):
    """The files of a project at one time."""

    def read(self, name: str) -> str | None:
        """The text of a file, by its path in the project; None when there is no such file."""


@dataclass(frozen=True)
class WorkingTree:
    """The files as they stand."""

    root: Path

    def read(self, name: str) -> str | None:
        """The text of a file, by its path in the project; None when there is no such file."""
        try:
            return (self.root / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise ToolError(f"{name}:1: not UTF-8: {error.reason}") from error
        except OSError as error:
            raise ToolError(f"{name}:1: cannot be read: {error.strerror}") from error


@dataclass(frozen=True)
class Replaced:
    """Files of which some have another text, or are gone (None)."""

    files: Files
    texts: Mapping[str, str | None]

    def read(self, name: str) -> str | None:
        """The text of a file, by its path in the project; None when there is no such file."""
        return self.texts[name] if name in self.texts else self.files.read(name)


@dataclass(frozen=True)
class Commit:
    """The files as they stood at a commit of the project's repository."""

    root: Path
    ref: str

    def read(self, name: str) -> str | None:
        """The text of a file, by its path in the project; None when there is no such file."""
        return asked(self.root, "show", f"{self.ref}:./{name}")


def commit(root: Path, ref: str) -> Commit:
    """The project at a commit, a tag or a branch; raises `ToolError` for what is none."""
    found = asked(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if found is None:
        raise ToolError(f"{ref} is no commit of this repository: git fetch --tags may bring it")
    return Commit(root, found)


def newest_tag(root: Path) -> str | None:
    """The newest tag that the current commit comes after; None without one."""
    found = asked(root, "describe", "--tags", "--abbrev=0", "HEAD")
    return found or None
