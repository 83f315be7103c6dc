"""Moves, renames and formats: edits of many files at once."""

import subprocess
import sys
from pathlib import Path

from . import PACKAGE, alone, delete, edit, replace, write


def _text_files(project: Path, *patterns: str) -> list[Path]:
    found = {path for pattern in patterns for path in project.glob(pattern) if path.is_file()}
    return sorted(path for path in found if path.name != ".copier-answers.yml")


@alone
def rename_the_package(project: Path) -> None:
    """As docs/updating.md says: the folder, the imports, and the answer."""
    (project / PACKAGE).rename(project / "src/shop")
    for path in _text_files(
        project, "src/**/*.py", "tests/**/*.py", "*.toml", "*.yaml", ".vscode/*"
    ):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("order_service", "shop"), encoding="utf-8")
    replace(project, ".copier-answers.yml", "package_name: order_service", "package_name: shop")


@alone
def move_the_tests(project: Path) -> None:
    """The team calls them fast and slow."""
    (project / "tests/unit").rename(project / "tests/fast")
    replace(project, "pyproject.toml", '"tests/unit"', '"tests/fast"')


@alone
def another_line_length(project: Path) -> None:
    """Everything is formatted again."""
    replace(project, "pyproject.toml", "line-length = 100", "line-length = 120")
    ruff = Path(sys.executable).with_name("ruff")
    for command in (["format", "--quiet"], ["check", "--fix", "--quiet", "--select", "I"]):
        subprocess.run([ruff, *command, "src", "tests"], cwd=project, check=False)


@edit
def windows_line_endings(project: Path) -> None:
    """An editor on Windows, with the .gitattributes that came with the project."""
    for path in _text_files(project, "src/**/*.py", "docs/*.md", "template.yaml", "Makefile"):
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


@alone
def windows_line_endings_for_good(project: Path) -> None:
    """Git hands out every file with them, to everybody."""
    replace(project, ".gitattributes", "eol=lf", "eol=crlf")
    windows_line_endings(project)


@edit
def own_script_and_link(project: Path) -> None:
    """A file that can be run, and a link to it."""
    write(project, "scripts/seed the tables.sh", "#!/bin/sh\nexit 0\n")
    (project / "scripts/seed the tables.sh").chmod(0o755)
    if not (project / "seed").is_symlink():
        (project / "seed").symlink_to("scripts/seed the tables.sh")


@edit
def own_tree_of_files(project: Path) -> None:
    """A frontend in the same folder."""
    for number in range(12):
        write(project, f"web/src/page {number}.ts", f"export const page = {number};\n")


@alone
def delete_what_is_not_used(project: Path) -> None:
    """A lean project: no e2e tests, no samples, no editor settings, no decisions."""
    delete(project, "tests/e2e/*", "events/*", ".vscode/*", "docs/decisions/*")
