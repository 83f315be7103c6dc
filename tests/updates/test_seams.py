"""What is the team's has a place of its own, and the template's files do without it."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import TRIGGERS
from tests.updates.chain import HEAD
from tests.updates.service import Projects, on_disk, teams

from .test_corpus import LIVED_IN


def test_every_place_that_the_page_names_is_used_by_an_edit(
    projects: Projects, tmp_path: Path
) -> None:
    fresh = projects.fresh(HEAD)
    page = (fresh / "docs/updating.md").read_text(encoding="utf-8")
    table = page.partition("## Where to put what is yours")[2].partition("\n\nIf ")[0]
    rows = [row.split("|")[2] for row in table.splitlines() if row.startswith("| ")][1:]
    places = {place for row in rows for place in re.findall(r"`([^`]+)`", row)}
    project = shutil.copytree(fresh, tmp_path / "project")

    for edit in LIVED_IN[0]:
        edit(project)

    before, after = on_disk(fresh), on_disk(project)
    touched = {path for path, content in after.items() if before.get(path) != content}
    assert len(places) >= 9
    assert [place for place in places if not any(t.startswith(place) for t in touched)] == []


@pytest.mark.parametrize("stream_source", ["kinesis", "dynamodb"])
def test_nothing_of_the_templates_needs_what_is_the_teams(
    stream_source: str, projects: Projects
) -> None:
    """So a team can delete or rewrite all of the sample."""
    project = projects.fresh(HEAD, {"triggers": TRIGGERS, "stream_source": stream_source})
    managed = [path for path in on_disk(project) if path.endswith(".py") and not teams(path)]

    needed = {path: [name for name in imports(project, path) if teams(name)] for path in managed}

    assert len(managed) > 50
    assert {path: names for path, names in needed.items() if names} == {}


def imports(project: Path, path: str) -> Iterator[str]:
    """The files of the project that a file imports."""
    package = [part for part in path.removesuffix(".py").split("/") if part != "src"]
    for node in ast.walk(ast.parse((project / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: -node.level]) if node.level else ""
            module = ".".join(filter(None, [start, node.module]))
            modules = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for module in modules:
            for root in ("", "src/"):
                name = f"{root}{module.replace('.', '/')}.py"
                if (project / name).is_file():
                    yield name
