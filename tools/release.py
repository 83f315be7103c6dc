"""Release the template: `make release VERSION=1.2.0`. CONTRIBUTING.md has the whole procedure.

Checks that everything which names the version or depends on it agrees, records the release for the
update tests, and makes a commit and a tag. Pushes nothing.
"""

import argparse
import datetime
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from releases.record import record, recorded
from tools.commands import ROOT

# Everything that fetches Copier by itself says which one; they must not drift apart.
COPIER_PINS = {
    "packages/lambda-workbench/src/lambda_workbench/environments/copier/pyproject.toml": (
        r'^dependencies = .*"(copier[^"]*)"'
    ),
    "fleet/fleet.py": r'^# dependencies = \["(copier[^"]*)"\]$',
    "adopt/adopt.py": r'^# dependencies = \["(copier[^"]*)"\]$',
}


class _CopierYaml(yaml.SafeLoader):
    """Reads copier.yml, whose `!include` is Copier's own."""


def _included(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_CopierYaml.add_constructor("!include", _included)


def main() -> int:
    """Check, and release unless only asked to check."""
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("version")
    parser.add_argument("--check", action="store_true", help="only check")
    given = parser.parse_args()
    found = problems(ROOT, given.version)
    for problem in found:
        print(f"- {problem}", file=sys.stderr)
    if found:
        return 1
    if given.check:
        print(f"{given.version} is ready to be released.")
        return 0
    release(ROOT, given.version)
    print(f"{given.version} is committed and tagged here. Publish it: git push --follow-tags")
    return 0


def release(root: Path, version: str) -> None:
    """Record, commit, tag."""
    bundle = record(version, source=root, folder=root / "releases")
    _git(root, "add", "--", str(bundle.relative_to(root)))
    _git(root, "commit", "--quiet", "--message", f"Release {version}")
    told = changelog_section(root, version).partition("\n")[2].strip()
    _git(
        root,
        "tag",
        "--annotate",
        "--cleanup=verbatim",
        "--message",
        f"{version}\n\n{told}",
        version,
    )


def problems(root: Path, version: str) -> list[str]:
    """What stands in the way of a release, each with what to do."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return [f"{version!r}: a version has three numbers, as in VERSION=1.2.0"]
    checks: tuple[Callable[[Path, str], Iterator[str]], ...] = (
        check_version,
        check_changelog,
        check_upgrading,
        check_copier,
        check_practices,
        check_questions,
        check_repository,
    )
    return [problem for check in checks for problem in check(root, version)]


def check_version(root: Path, version: str) -> Iterator[str]:
    """The project file, the lock file and the releases before."""
    named = _toml(root / "pyproject.toml")["project"]
    if named["version"] != version:
        yield f"pyproject.toml says {named['version']}: set `version` to {version}"
    locked = {one["name"]: one.get("version") for one in _toml(root / "uv.lock")["package"]}
    if locked.get(named["name"]) != named["version"]:
        yield f"uv.lock says {locked.get(named['name'])}: run `uv lock`"
    before = [name for name, _ in recorded(root / "releases")]
    if before and _numbers(before[-1]) >= _numbers(version):
        yield f"releases/ has {before[-1]} already: {version} must be newer"


def check_changelog(root: Path, version: str) -> Iterator[str]:
    """A dated section on top, with something in it, and nothing left over for later."""
    section = changelog_section(root, version)
    if not section:
        yield f"CHANGELOG.md has no section {version}: name the one of what is new so"
        return
    title, _, body = section.partition("\n")
    date = re.fullmatch(rf"## {re.escape(version)} - (\d{{4}}-\d\d-\d\d)", title)
    try:
        datetime.date.fromisoformat(date[1] if date else "")
    except ValueError:
        yield f"CHANGELOG.md: write `## {version} - YYYY-MM-DD` instead of `{title}`"
    if not body.strip():
        yield f"CHANGELOG.md says nothing about {version}"
    titles = re.findall(r"^## (\S+)", (root / "CHANGELOG.md").read_text(), re.MULTILINE)
    if titles[0] != version:
        yield f"CHANGELOG.md begins with {titles[0]}: {version} comes first"


def check_upgrading(root: Path, version: str) -> Iterator[str]:
    """A major version says what a person has to do."""
    before = [name for name, _ in recorded(root / "releases")]
    if not before or _numbers(before[-1])[0] == _numbers(version)[0]:
        return
    page = root / "UPGRADING.md"
    text = page.read_text() if page.exists() else ""
    if not re.search(rf"^## .*\b{re.escape(version)}\b", text, re.MULTILINE):
        yield f"UPGRADING.md has no section about {version}, which is a major version"


def check_copier(root: Path, version: str) -> Iterator[str]:
    """One version of Copier, everywhere."""
    del version
    (wanted,) = (
        one
        for one in _toml(root / "pyproject.toml")["project"]["dependencies"]
        if one.startswith("copier==")
    )
    for name, pattern in COPIER_PINS.items():
        found = re.findall(pattern, (root / name).read_text(), re.MULTILINE)
        if found != [wanted]:
            yield f"{name} names {' and '.join(found) or 'no Copier'}, pyproject.toml {wanted}"


def check_practices(root: Path, version: str) -> Iterator[str]:
    """The registry parses, and what it says works names a check that exists."""
    del version
    try:
        rows = yaml.safe_load((root / "practices.yml").read_text())["practices"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        yield f"practices.yml cannot be read: {error}"
        return
    ids = [row.get("id") for row in rows]
    for double in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"practices.yml has {double} twice"
    for row in rows:
        if row.get("state") not in {"works", "not yet"}:
            yield f"practices.yml: {row.get('id')} has no state"
        if row.get("state") == "works":
            path, _, name = str(row.get("check", "")).partition("::")
            file = root / path
            if not path or not file.is_file() or f"def {name}(" not in file.read_text():
                yield f"practices.yml: the check of {row['id']} does not exist"


def check_questions(root: Path, version: str) -> Iterator[str]:
    """The page about the questions has each, in the order of asking."""
    del version
    asked = [
        name
        for name in yaml.load((root / "copier.yml").read_text(), Loader=_CopierYaml)  # noqa: S506
        if not name.startswith("_")
    ]
    page = (root / "docs/questions.md").read_text()
    documented = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    if documented != asked:
        yield "docs/questions.md does not list the questions of copier.yml in their order"


def check_repository(root: Path, version: str) -> Iterator[str]:
    """Committed, on the main branch, not released yet."""
    if _git(root, "status", "--porcelain"):
        yield "there are uncommitted changes: commit or stash them"
    branch = _git(root, "rev-parse", "--abbrev-ref", "HEAD")
    if branch != "main":
        yield f"this is the branch {branch}: releases are made from main"
    if _git(root, "tag", "--list", version):
        yield f"the tag {version} is there already"


def changelog_section(root: Path, version: str) -> str:
    """From its heading to the next; empty when there is none."""
    text = (root / "CHANGELOG.md").read_text()
    found = re.search(rf"^## {re.escape(version)}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[0].strip() if found else ""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
