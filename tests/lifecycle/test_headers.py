"""Whoever opens a file of the template's sees in its first line that it is."""

from pathlib import Path

import pytest
import yaml
from pathspec import PathSpec

from tests import support
from tests.support import ROOT, TRIGGERS

# PyCharm writes its .xml files anew.
WITHOUT_COMMENTS = {".json", ".typed", ".xml"}
# Their form leaves no room for a comment, or they say it in words of their own.
OTHERWISE = {".copier-answers.yml", ".python-version", "LICENSE"}


def header(path: Path) -> str:
    said = "Managed by the template: see docs/updating.md."
    return f"<!-- {said} -->" if path.suffix == ".md" else f"# {said}"


@pytest.mark.parametrize("stream_source", ["kinesis", "dynamodb"])
def test_managed_files_say_so(stream_source: str, template: Path, tmp_path: Path) -> None:
    answers = {
        "triggers": TRIGGERS,
        "stream_source": stream_source,
        "api_auth": "authorizer",
    }
    project = support.render(template, tmp_path / "project", answers)
    patterns = {}
    for kind in ("managed", "yours"):
        rows = yaml.safe_load((ROOT / f"includes/ownership/{kind}.yml").read_text())
        patterns[kind] = PathSpec.from_lines(
            "gitignore", [path for row in rows for path in row[1:]]
        )

    without, wrongly = [], []
    for path in sorted(project.rglob("*")):
        name = path.relative_to(project).as_posix()
        if name.startswith("vendor/"):  # a package, and the same as elsewhere
            continue
        if not path.is_file() or not path.stat().st_size or path.suffix in WITHOUT_COMMENTS:
            continue
        first = path.read_text().split("\n", 1)[0]
        if patterns["managed"].match_file(name) and name not in OTHERWISE:
            if first != header(path):
                without.append(name)
        elif first == header(path):
            wrongly.append(name)

    assert without == []
    assert wrongly == []
