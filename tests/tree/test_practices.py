"""The registry of practices keeps every row, and claims only what a check proves."""

from typing import Any

import pytest
import yaml

from tests.support import ROOT

ROWS_PER_GROUP = {"A": 9, "B": 7, "C": 11, "D": 9, "E": 10, "F": 4, "G": 10, "H": 10, "I": 7}

ROWS: list[dict[str, Any]] = yaml.safe_load((ROOT / "practices.yml").read_text())["practices"]


def test_every_row_is_there_once_and_in_order() -> None:
    expected = [f"{group}{n}" for group, rows in ROWS_PER_GROUP.items() for n in range(1, rows + 1)]
    assert [row["id"] for row in ROWS] == expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_a_row_works_only_with_a_check(row: dict[str, Any]) -> None:
    assert row["title"]
    assert row["state"] in {"works", "not yet"}
    if row["state"] == "works":
        assert row["where"]
        assert row["why"]
        path, _, name = row["check"].partition("::")
        assert f"def {name}(" in (ROOT / path).read_text()
