"""Every release of the template in one Git repository, up to the working tree.

It is made from files alone, so it works in a shallow clone without tags.
"""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from releases.record import CONTENTS, recorded, unpack
from tests.support import ROOT
from tests.updates.releases import Tree, releases

HEAD = "HEAD"
REBUILT = [release.version for release in releases()]
RECORDED = [version for version, _ in recorded()]
# What a project can come from. The working tree itself is HEAD.
VERSIONS = [*REBUILT, *RECORDED]
BREAKING = {"0.1.0"}  # an update from these needs a migration


@dataclass(frozen=True)
class Chain:
    """Commits, oldest first, each with the tag of its version; the working tree has none."""

    folder: Path

    def source(self) -> str:
        return str(self.folder)


def working_tree(source: Path, folder: Path) -> None:
    """Those files of the template that reach a project or its update."""
    for name in CONTENTS:
        if (source / name).is_dir():
            shutil.copytree(
                source / name,
                folder / name,
                symlinks=True,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        elif (source / name).exists():
            shutil.copy(source / name, folder / name)


def build(
    folder: Path,
    *,
    tags: bool = True,
    source: Path = ROOT,
    change: Callable[[Tree], None] | None = None,
) -> Chain:
    """The repository with all versions. `source` stands for the working tree; `change` is done to
    every version."""
    scratch = folder.parent / f"{folder.name}-versions"
    trees: dict[str, Path] = {}
    scratch.mkdir(parents=True)
    for version in unpack(scratch / "recorded"):
        tree = trees[version] = scratch / version
        tree.mkdir()
        _git(scratch / "recorded", f"--work-tree={tree}", "checkout", "--quiet", version, "--", ".")
    head = trees[HEAD] = scratch / HEAD
    head.mkdir()
    working_tree(source, head)

    following = trees[RECORDED[0]] if RECORDED else head
    for release in reversed(releases()):
        tree = trees[release.version] = scratch / release.version
        shutil.copytree(following, tree, symlinks=True)
        release.undo(Tree(tree))
        following = tree
    order = [*VERSIONS, HEAD]
    for release in releases():
        for later in order[order.index(release.version) + 1 :]:
            release.carry(Tree(trees[later]))
    if change:
        for tree in trees.values():
            change(Tree(tree))

    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    for version in order:
        for path in folder.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(trees[version], folder, symlinks=True, dirs_exist_ok=True)
        _git(folder, "add", "--all")
        _git(folder, "commit", "--quiet", "--allow-empty", "--message", version)
        if tags and version != HEAD:
            _git(folder, "tag", version)
    shutil.rmtree(scratch)
    return Chain(folder)


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
