"""The registry of practices keeps every row, and the page about it is current."""

from typing import Any

import pytest
import yaml

from tests import support
from tests.conftest import Render
from tests.support import ROOT

ROWS_PER_GROUP = {"A": 9, "B": 7, "C": 11, "D": 9, "E": 10, "F": 4, "G": 10, "H": 10, "I": 7}

ROWS: list[dict[str, Any]] = yaml.safe_load((ROOT / "practices.yml").read_text())["practices"]


def test_every_row_is_there_once_and_in_order() -> None:
    expected = [f"{group}{n}" for group, rows in ROWS_PER_GROUP.items() for n in range(1, rows + 1)]
    assert [row["id"] for row in ROWS] == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_a_row_has_a_title_and_a_state(row: dict[str, Any]) -> None:
    """tests/conformance sees to it that a row which works is proven."""
    assert row["title"]
    assert row["state"] in {"works", "not yet"}


def test_the_page_and_the_readme_are_current() -> None:
    done = support.run(["python", "-m", "tools.practices", "--check"], cwd=ROOT)
    assert not done.failure, done.failure


def test_a_project_has_the_practices_that_its_answers_call_for(render: Render) -> None:
    page = (
        render(triggers=["queue"], data_store="none", ci="none") / "docs/practices.md"
    ).read_text()
    works = {row["id"] for row in ROWS if row["state"] == "works"}
    shown = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")}
    assert shown - {""} <= works
    assert "C3" in shown
    assert not shown & {"G4", "G7", "D6", "D8", "D9"}
    assert "<package>" not in page
