"""Every generated file has one owner and a condition: includes/ownership says which."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pathspec import PathSpec

from tests.support import ROOT
from tools.ownership import ROWS

from .conftest import ANSWERS_FILE, answers_of

NAMES = {"{{ package_name }}": "order_service", ANSWERS_FILE: ".copier-answers.yml"}


def generated(path: str) -> str:
    """What a file of the template is called in a project."""
    for name, value in NAMES.items():
        path = path.replace(name, value)
    return path.removesuffix(".jinja")


FILES = sorted(
    generated((Path(folder) / name).relative_to(ROOT / "template").as_posix())
    for folder, _, names in os.walk(ROOT / "template", followlinks=True)
    for name in names
    # Tests of packages stay behind, as _exclude says.
    if "__pycache__" not in folder and not re.search(r"/vendor/[^/]+/tests\b", folder)
)


def test_every_file_has_one_owner() -> None:
    owners = {path: {row.kind for row in ROWS if row.covers(path)} for path in FILES}

    assert {path: kinds for path, kinds in owners.items() if len(kinds) != 1} == {}


def test_every_file_of_the_teams_has_one_condition() -> None:
    rows = {path: [row for row in ROWS if row.covers(path)] for path in FILES}
    teams = {path: found for path, found in rows.items() if found and found[0].kind == "yours"}

    assert {path: found for path, found in teams.items() if len(found) != 1} == {}


def test_every_pattern_is_about_a_file() -> None:
    about_nothing = [
        (row.kind, pattern)
        for row in ROWS
        for pattern in row.patterns
        if not any(PathSpec.from_lines("gitignore", [pattern]).match_files(FILES))
    ]

    assert about_nothing == []


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({}, id="default"),
        pytest.param({"triggers": ["topic"], "data_store": "none", "ci": "none"}, id="least"),
        pytest.param(
            {
                "triggers": ["api", "queue", "stream", "events", "schedule", "storage", "topic"],
                "api_auth": "authorizer",
                "stream_source": "dynamodb",
            },
            id="everything",
        ),
    ],
)
def test_a_project_has_the_files_that_its_answers_call_for(
    render: Callable[..., Path], answers: dict[str, Any]
) -> None:
    project = render(**answers)

    remembered = answers_of(project)
    called_for = {
        path for path in FILES if all(row.holds(remembered) for row in ROWS if row.covers(path))
    }
    written = {
        path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()
    }
    assert written == called_for


def test_starter_files_are_of_the_edition_that_projects_record() -> None:
    recorded = yaml.safe_load((ROOT / "template" / ANSWERS_FILE).read_text().split("{{")[0])
    editions = [
        int(term.removeprefix("starters>="))
        for row in ROWS
        for term in row.condition.replace(" or ", " and ").split(" and ")
        if term.startswith("starters>=")
    ]

    assert recorded["_starters"] == max([1, *editions])
