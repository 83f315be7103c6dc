"""Record what a release of the template consists of: see README.md beside this file."""

import argparse
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(__file__).resolve().parent
# What a project, or the update of one, can depend on.
CONTENTS = ("copier.yml", "practices.yml", "includes", "packages", "template", "hooks")
# The same tree gives the same commit, on whatever machine.
SIGNATURE = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in {
        "NAME": "Release",
        "EMAIL": "release@example.com",
        "DATE": "2000-01-01T00:00:00Z",
    }.items()
}


def recorded(folder: Path = FOLDER) -> list[tuple[str, Path]]:
    """Versions and their bundles, oldest first."""
    bundles = [(path.stem, path) for path in folder.glob("*.bundle")]
    return sorted(bundles, key=lambda item: [int(part) for part in item[0].split(".")])


def unpack(repository: Path, folder: Path = FOLDER) -> list[str]:
    """Make a bare repository that has every recorded release as a tag; return the versions."""
    _git(None, "init", "--quiet", "--bare", str(repository))
    for version, bundle in recorded(folder):
        tag = f"refs/tags/{version}"
        _git(repository, "fetch", "--quiet", "--no-tags", str(bundle), f"{tag}:{tag}")
    return [version for version, _ in recorded(folder)]


def record(version: str, source: Path = ROOT, folder: Path = FOLDER) -> Path:
    """Write the bundle of a version from the files in `source`."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SystemExit(f"{version}: a version has three numbers, such as 1.2.0")
    bundle = folder / f"{version}.bundle"
    if bundle.exists():
        raise SystemExit(f"{bundle.name} is there already: what was released does not change")
    with tempfile.TemporaryDirectory() as scratch:
        repository = Path(scratch, "repository")
        before = unpack(repository, folder)
        index = {"GIT_INDEX_FILE": str(Path(scratch, "index")), "GIT_WORK_TREE": str(source)}
        contents = [name for name in CONTENTS if (source / name).exists()]
        ignored = [":(exclude,glob)**/__pycache__/**"]
        _git(repository, "add", "--force", "--", *contents, *ignored, cwd=source, env=index)
        tree = _git(repository, "write-tree", env=index)
        parents = ["-p", f"refs/tags/{before[-1]}"] if before else []
        commit = _git(repository, "commit-tree", tree, *parents, "-m", version, env=SIGNATURE)
        _git(repository, "tag", version, commit)
        known = [f"^refs/tags/{other}" for other in before]
        _git(repository, "bundle", "create", "--quiet", str(bundle), f"refs/tags/{version}", *known)
    return bundle


def _git(
    repository: Path | None,
    *arguments: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    where = [f"--git-dir={repository}"] if repository else []
    return subprocess.run(
        ["git", *where, *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(prog="releases.record", description=__doc__)
    parser.add_argument("version")
    print(record(parser.parse_args().version).relative_to(ROOT))


if __name__ == "__main__":
    main()
