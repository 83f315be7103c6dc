"""The files of a project: as they stand, or as they stood at a commit."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lambda_workbench.errors import ToolError


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
        return _git(self.root, "show", f"{self.ref}:./{name}")


def commit(root: Path, ref: str) -> Commit:
    """The project at a commit, a tag or a branch; raises `ToolError` for what is none."""
    found = _git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if found is None:
        raise ToolError(f"{ref} is no commit of this repository: git fetch --tags may bring it")
    return Commit(root, found.strip())


def newest_tag(root: Path) -> str | None:
    """The newest tag that the current commit comes after; None without one."""
    found = _git(root, "describe", "--tags", "--abbrev=0", "HEAD")
    return found.strip() if found else None


def _git(root: Path, *arguments: str) -> str | None:
    """What git answers; None when it refuses."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
