"""A project of the template in a Git repository, and what holds after every update of it."""

import functools
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import copier
import yaml
from pathspec import PathSpec

from hooks.move import renamed
from tests.support import ROOT
from tests.updates.chain import HEAD, Chain

ANSWERS_FILE = ".copier-answers.yml"
MARKERS = (b"<<<<<<< ", b">>>>>>> ")
Files = dict[str, bytes]
# What the chain's migration renames (releases/v0_1_0.py).
MOVES = {
    "vendor/lean-lambda/src/lean_lambda/journal.py": "vendor/lean-lambda/src/lean_lambda/log.py",
    "docs/welcome.md": "docs/onboarding.md",
}
MODULES = [("lean_lambda.journal", "lean_lambda.log")]


def git(folder: Path, *arguments: str, data: bytes | None = None) -> bytes:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, input=data
    ).stdout


@dataclass
class Service:
    """A generated project that a team works in."""

    repository: Path
    chain: Chain
    subfolder: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.repository / self.subfolder

    def commit(self, message: str = "The team's work") -> None:
        git(self.repository, "add", "--all")
        git(self.repository, "commit", "--quiet", "--allow-empty", "--message", message)

    def recorded_answers(self) -> dict[str, Any]:
        parsed = yaml.safe_load((self.folder / ANSWERS_FILE).read_text(encoding="utf-8"))
        assert isinstance(parsed, dict)
        return parsed

    def edit(self, *edits: Callable[[Path], None]) -> None:
        """What the team does; committed, as an update needs."""
        for edit in edits:
            edit(self.folder)
        self.commit()

    def update(
        self, *, unsafe: bool = False, to: str = HEAD, quiet: bool = True, **answers: Any
    ) -> None:
        self.commit()
        copier.run_update(
            self.folder,
            data=answers,
            vcs_ref=to,
            defaults=True,
            overwrite=True,
            quiet=quiet,
            unsafe=unsafe,
        )

    def files(self) -> Files:
        """Everything in the project's folder as Git would take it now."""
        index = {"GIT_INDEX_FILE": str(self.repository / ".git" / "index.look")}
        env = os.environ | index
        subprocess.run(["git", "add", "--all"], cwd=self.repository, check=True, env=env)
        listed = subprocess.run(
            ["git", "ls-files", "--stage", "-z"],
            cwd=self.folder,
            check=True,
            env=env,
            capture_output=True,
        ).stdout
        Path(index["GIT_INDEX_FILE"]).unlink()
        entries = [entry.split(b"\t", 1) for entry in filter(None, listed.split(b"\0"))]
        hashes = [description.split()[1] for description, _ in entries]
        blobs = git(self.folder, "cat-file", "--batch", data=b"\n".join(hashes) + b"\n")
        found: Files = {}
        for _, name in entries:
            header, _, blobs = blobs.partition(b"\n")
            size = int(header.split()[2])
            found[os.fsdecode(name)], blobs = blobs[:size], blobs[size + 1 :]
        return found

    def unmerged(self) -> list[str]:
        listed = git(self.folder, "ls-files", "--unmerged", "-z").decode().split("\0")
        return sorted({entry.split("\t")[1] for entry in listed if entry})


def on_disk(folder: Path) -> Files:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


class Projects:
    """Makes projects of any version; what was rendered once is kept."""

    def __init__(self, chain: Chain, scratch: Path) -> None:
        self.chain = chain
        self._scratch = scratch
        self._made: dict[str, Path] = {}

    def fresh(self, version: str, answers: Mapping[str, Any] | None = None) -> Path:
        """A project straight from the template; not to be changed."""
        given = {k: v for k, v in (answers or {}).items() if not k.startswith("_")}
        key = f"{version} {sorted(given.items())}"
        if key not in self._made:
            folder = self._scratch / f"fresh-{len(self._made)}"
            copier.run_copy(
                self.chain.source(),
                folder,
                data=given,
                vcs_ref=version,
                defaults=True,
                quiet=True,
                unsafe=False,
            )
            self._made[key] = folder
        return self._made[key]

    def service(
        self,
        version: str,
        repository: Path,
        answers: Mapping[str, Any] | None = None,
        subfolder: str = "",
    ) -> Service:
        made = self.fresh(version, answers)
        service = Service(repository, self.chain, subfolder, answers or {})
        shutil.copytree(made, service.folder)
        git(repository, "init", "--quiet", "--initial-branch=main")
        service.commit("Start")
        return service


@dataclass
class Outcome:
    """What an update did to one project; every list is empty when it kept the promise.

    lost        files of the team's, or with lines that it wrote, that are gone or lost such a line
    touched     files of the team's that changed, with the lines that it wrote still in them
    conflicts   files with marks of a conflict, or rejected changes
    recreated   files that the team had deleted
    misplaced   files whose merge is not the one that Git makes
    stale       what is new in the template and did not arrive
    """

    lost: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    recreated: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(vars(self).values())


@functools.cache
def _yours() -> PathSpec[Any]:
    rows = yaml.safe_load((ROOT / "includes/ownership/yours.yml").read_text(encoding="utf-8"))
    return PathSpec.from_lines("gitignore", [pattern for row in rows for pattern in row[1:]])


def teams(path: str) -> bool:
    """Whether a file is one that the template starts and the team owns."""
    return _yours().match_file(path)


def inspect(edited: Files, after: Files, old: Files, new: Files, *, moved: bool = False) -> Outcome:
    """Compare a project after an update with what it should be.

    `edited` is the project before the update; `old` and `new` are fresh copies of both versions.
    `moved` says that the chain's migration ran.
    """
    if moved:
        edited, old = _moved(edited), _moved(old)
    outcome = Outcome()
    for path in sorted({*edited, *after, *old, *new} - {ANSWERS_FILE}):
        _inspect_file(outcome, path, *(files.get(path) for files in (edited, after, old, new)))
    return outcome


def _moved(files: Files) -> Files:
    return {
        MOVES.get(path, path): renamed(content, MODULES) if path.endswith(".py") else content
        for path, content in files.items()
    }


def _inspect_file(
    outcome: Outcome,
    path: str,
    edited: bytes | None,
    after: bytes | None,
    old: bytes | None,
    new: bytes | None,
) -> None:
    if path.endswith(".rej"):
        outcome.conflicts.append(path)
    elif edited is None and old is not None:
        if after is not None:
            outcome.recreated.append(path)
    elif edited is None:
        # A starter file of a newer version stays away from a project that had its chance.
        if after != new and not (teams(path) and after is None):
            outcome.stale.append(path)
    elif after is None:
        # Only a file of the template's, as it came, may go.
        if teams(path) or new is not None or edited != old:
            outcome.lost.append(path)
    elif any(line.startswith(MARKERS) for line in after.splitlines()):
        outcome.conflicts.append(path)
    elif teams(path) or (old is None and new is None):
        written = Counter(edited.splitlines()) - Counter((old or b"").splitlines())
        if written - Counter(after.splitlines()):
            outcome.lost.append(path)
        elif after != edited:
            outcome.touched.append(path)
    elif edited == old:
        if after != new:
            outcome.stale.append(path)
    elif new is None or old is None or new == old:
        if after != edited:
            outcome.lost.append(path)
    else:
        _inspect_merge(outcome, path, edited, after, old, new)


def _inspect_merge(
    outcome: Outcome, path: str, edited: bytes, after: bytes, old: bytes, new: bytes
) -> None:
    """Both sides changed the file: all of either must be there, and in its place."""
    have, team, base, template = (Counter(text.splitlines()) for text in (after, edited, old, new))
    for line, wanted in (team - base).items():
        if have[line] < wanted + min(base[line], template[line]):
            outcome.lost.append(f"{path}: {line.decode(errors='replace')}")
    for line, wanted in (template - base).items():
        if have[line] < wanted:
            outcome.stale.append(f"{path}: {line.decode(errors='replace')}")
    merged = three_way(edited, old, new)
    if merged is not None and after != merged:
        outcome.misplaced.append(path)


def three_way(ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """The merge that Git makes of whole files, or None when it has conflicts."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for path, content in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(content)
        done = subprocess.run(
            ["git", "merge-file", "--stdout", *map(str, paths)], check=False, capture_output=True
        )
    return done.stdout if done.returncode == 0 else None
