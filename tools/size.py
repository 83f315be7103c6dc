"""What a team receives: the files and lines of a generated project, by owner.

make size                              # of the default project
make size ANSWERS=tests/profiles/everything.yml
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import copier
import yaml

from tools.commands import ROOT
from tools.ownership import KINDS, owner

# What a project may have at most, without vendor/, and what of it is at least the team's.
MOST_FILES, MOST_LINES = 80, 5500
LEAST_SHARE, LEAST_SHARE_OF_PYTHON = 0.30, 0.80


class Size:
    """The files of a project and their lines, by owner; what is vendored is left out."""

    def __init__(self, project: Path) -> None:
        self.files: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()
        self.python: Counter[str] = Counter()
        for path in sorted(project.rglob("*")):
            name = path.relative_to(project).as_posix()
            if not path.is_file() or name.startswith(("vendor/", ".git/")):
                continue
            lines = len(path.read_bytes().splitlines())
            self.files[owner(name)] += 1
            self.lines[owner(name)] += lines
            self.python[owner(name)] += lines if path.suffix == ".py" else 0

    @property
    def share(self) -> float:
        """What of the lines is the team's."""
        return self.lines["yours"] / self.lines.total()

    @property
    def share_of_python(self) -> float:
        """What of the lines of Python is the team's."""
        return self.python["yours"] / self.python.total()

    def table(self) -> Iterator[str]:
        """It as Markdown."""
        yield "| owner | files | lines | of it Python |"
        yield "|---|--:|--:|--:|"
        for kind in KINDS:
            yield self._row(kind, self.files[kind], self.lines[kind], self.python[kind])
        totals = (self.files.total(), self.lines.total(), self.python.total())
        yield self._row("all", *totals)
        yield f"| the team's share | | {self.share:.0%} | {self.share_of_python:.0%} |"

    @staticmethod
    def _row(name: str, files: int, lines: int, python: int) -> str:
        return f"| {name} | {files} | {lines:,} | {python:,} |"


def main() -> None:
    """Generate a project, and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=Path, help="a file with answers, in YAML")
    given = parser.parse_args().answers
    answers = yaml.safe_load(given.read_text()) if given else {}
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch) / "service"
        copier.run_copy(str(ROOT), project, data=answers, defaults=True, quiet=True, vcs_ref="HEAD")
        print("\n".join(Size(project).table()))


if __name__ == "__main__":
    main()
