"""Carry what a team changed in managed files over to the new names of those files.

    move.py --from COMMIT OLD=NEW... [--python OLD.MODULE=NEW.MODULE...]

A migration for after an update, run in the project's folder. At that point the update has written
NEW and deleted OLD, which is still in the project's last commit. The changes in between OLD as the
template of COMMIT makes it and OLD as the team had it are merged into NEW. Imports of a module that
was renamed are followed in all Python files of the project.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

import copier
import yaml

ANSWERS = ".copier-answers.yml"
LABELS = ("before updating", "last update", "after updating")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("moves", nargs="*", type=_pair, metavar="OLD=NEW")
    parser.add_argument("--from", dest="commit", required=True)
    parser.add_argument("--python", nargs="*", type=_pair, default=[], metavar="OLD=NEW")
    given = parser.parse_args()
    project = Path.cwd()
    follow_files(project, given.moves, given.commit)
    follow_imports(project, given.python)


def follow_files(project: Path, moves: list[tuple[str, str]], commit: str) -> None:
    """Merge the team's changes in each old file into the new one."""
    unfinished = [(old, new) for old, new in moves if committed(project, new) is None]
    if not unfinished:
        return
    with tempfile.TemporaryDirectory() as scratch:
        made = as_made(project, commit, Path(scratch, "project"))
        for old, new in unfinished:
            follow_file(project, made, old, new)


def follow_file(project: Path, made: Path, old: str, new: str) -> None:
    base, theirs, ours = made / old, project / new, committed(project, old)
    if not base.exists() or not theirs.exists():
        return
    if ours is None:
        theirs.unlink()
        print(f"{old} was deleted in this project, so {new} is left out")
        return
    if ours == base.read_bytes():
        return
    with tempfile.TemporaryDirectory() as scratch:
        template, team = Path(scratch, "template"), Path(scratch, "team")
        template.write_bytes(theirs.read_bytes())
        team.write_bytes(ours)
        labels = [part for label in LABELS for part in ("-L", label)]
        files = [str(team), str(base), str(template)]
        merged = subprocess.run(["git", "merge-file", *labels, *files], check=False)
        theirs.write_bytes(team.read_bytes())
    print(f"your changes in {old} are in {new} now")
    if merged.returncode:
        print(f"LOOK AT {new}: both sides changed the same lines, which are marked in it")


def follow_imports(project: Path, modules: list[tuple[str, str]]) -> None:
    """Use the new names of modules in every Python file."""
    listed = _git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py")
    for name in filter(None, listed.decode().split("\0")):
        path = project / name
        if not path.is_file():
            continue
        before = path.read_bytes()
        after = renamed(before, modules)
        if after != before:
            path.write_bytes(after)
            print(f"imports changed in {name}")


def renamed(code: bytes, modules: list[tuple[str, str]]) -> bytes:
    """Python code that uses the new names of modules, given as `package.module`."""
    for old, new in modules:
        package, _, module = old.rpartition(".")
        target = new.rpartition(".")[2].encode()
        code = re.sub(rf"\b{re.escape(old)}\b".encode(), new.encode(), code)

        # from ..runtime import journal, metrics: the code goes on calling it `journal`.
        def imported(found: re.Match[bytes], module: str = module, target: bytes = target) -> bytes:
            name = rf"(?<!\bas )\b{module}\b(\s+as\s+\w+)?".encode()
            kept = b" as " + module.encode()
            return re.sub(name, lambda one: target + (one[1] or kept), found[0])

        statement = rf"\bfrom\s+[\w.]*\b{re.escape(package)}\s+import\s+(?:\([^)]*\)|[^\n(]*)"
        code = re.sub(statement.encode(), imported, code)
    return code


def as_made(project: Path, commit: str, folder: Path) -> Path:
    """The project as the template of this commit makes it from the recorded answers."""
    recorded = committed(project, ANSWERS)
    if recorded is None:
        raise SystemExit(f"{ANSWERS} is not in the last commit of the project")
    answers = yaml.safe_load(recorded)
    copier.run_copy(
        answers["_src_path"],
        folder,
        data={name: value for name, value in answers.items() if not name.startswith("_")},
        vcs_ref=commit,
        defaults=True,
        quiet=True,
    )
    return folder


def committed(project: Path, name: str) -> bytes | None:
    """A file as it is in the last commit."""
    try:
        return _git(project, "show", f"HEAD:./{name}")
    except subprocess.CalledProcessError:
        return None


def _git(project: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=project, check=True, capture_output=True).stdout


def _pair(text: str) -> tuple[str, str]:
    old, separator, new = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text}: expected OLD=NEW")
    return old, new


if __name__ == "__main__":
    main()
