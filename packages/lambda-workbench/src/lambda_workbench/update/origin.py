"""Where this project comes from: its answers file, and the template's versions.

The commands that need Copier run in an environment of its own: see apart.py.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lambda_workbench.errors import ToolError
from lambda_workbench.git import asked, git
from lambda_workbench.project import ROOT

ANSWERS = ROOT / ".copier-answers.yml"
_SHORT = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/", "git+": ""}
_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)")


@dataclass(frozen=True)
class Origin:
    """What the answers file says."""

    source: str
    commit: str
    answers: dict[str, Any]


def origin() -> Origin:
    """Read the answers file."""
    if not ANSWERS.exists():
        raise ToolError(f"{ANSWERS.name} is missing: without it nothing says what this came from")
    found = yaml.safe_load(ANSWERS.read_text(encoding="utf-8")) or {}
    if "_src_path" not in found or "_commit" not in found:
        raise ToolError(f"{ANSWERS.name} names no version of a template: restore it from git")
    answers = {name: value for name, value in found.items() if not name.startswith("_")}
    return Origin(str(found["_src_path"]), str(found["_commit"]), answers)


class Template:
    """A clone of the template."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, revision: str) -> bool:
        """Whether there is such a version."""
        found = asked(self.folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return found is not None

    def text(self, revision: str, path: str) -> str:
        """A file at a version; empty when that version has none."""
        try:
            return git(self.folder, "show", f"{revision}:{path}")
        except ToolError:
            return ""

    def newest(self) -> str:
        """The version that an update goes to: the newest release, or else the newest commit."""
        releases = self._releases("--list")
        if releases:
            return releases[-1]
        return git(self.folder, "describe", "--tags", "--always", "HEAD").strip()

    def newer(self, commit: str) -> list[str]:
        """The releases that have something that this commit has not, the oldest first."""
        return self._releases("--no-merged", commit)

    def contains(self, commit: str, other: str) -> bool:
        """Whether a commit is the other one or came after it."""
        return git(self.folder, "rev-list", "--count", f"{commit}..{other}").strip() == "0"

    def _releases(self, *arguments: str) -> list[str]:
        tags = git(self.folder, "tag", *arguments).split()
        versions = {tag: match[1] for tag in tags if (match := _RELEASE.fullmatch(tag))}
        return sorted(versions, key=lambda tag: [int(part) for part in versions[tag].split(".")])


@contextmanager
def cloned(came_from: Origin) -> Iterator[Template]:
    """The template's repository, in a folder that is gone afterwards."""
    source = came_from.source
    for prefix, meaning in _SHORT.items():
        if source.startswith(prefix):
            source = meaning + source.removeprefix(prefix)
    if source.startswith("~"):
        source = str(Path(source).expanduser())
    with tempfile.TemporaryDirectory(prefix="template-") as scratch:
        folder = Path(scratch) / "template"
        git(ROOT, "clone", "--quiet", "--no-checkout", "--", source, str(folder))
        template = Template(folder)
        if not template.has(came_from.commit):
            raise ToolError(
                f"{came_from.source} has no version {came_from.commit}, which {ANSWERS.name} names"
            )
        yield template


def news(old: str, new: str) -> str:
    """What a changelog says that an older one does not: its new sections, newest first."""
    known = _sections(old)
    told = []
    for key, (title, body) in _sections(new).items():
        if key not in known:
            told.append(f"{title}\n\n{body}".rstrip())
        elif not _RELEASE.fullmatch(key):
            before = set(known[key][1].splitlines())
            lines = [line for line in body.splitlines() if line.strip() and line not in before]
            if any(not line.startswith("#") for line in lines):
                told.append("\n".join([title, "", *lines]))
    return "\n\n".join(told)


def _sections(changelog: str) -> dict[str, tuple[str, str]]:
    """By version: the heading, and what stands below it."""
    found = {}
    for part in re.split(r"^(?=## )", changelog, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        words = title.removeprefix("## ").split() or [""]
        found[words[0].strip("[]()").lower()] = (title, body.strip("\n"))
    return found
