"""docs/questions.md describes the questions as copier.yml asks them."""

from typing import Any

import pytest

from tests.support import ROOT

from .conftest import QUESTIONS
from .test_prompts import DEFAULT_PATH

COLUMNS = ["question", "values", "default", "asked", "what it costs or brings"]


def documented() -> dict[str, dict[str, str]]:
    lines = (ROOT / "docs/questions.md").read_text().splitlines()
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in lines
        if line.startswith("| `")
    ]
    return {row[0].strip("`"): dict(zip(COLUMNS, row, strict=True)) for row in rows}


def values_of(question: dict[str, Any]) -> list[str]:
    choices = question.get("choices", [])
    if isinstance(choices, list):
        return choices
    return [value["value"] if isinstance(value, dict) else value for value in choices.values()]


def test_every_question_is_documented_in_the_order_of_asking() -> None:
    assert list(documented()) == list(QUESTIONS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_documented_as_it_is_asked(name: str) -> None:
    question, row = QUESTIONS[name], documented()[name]

    for value in values_of(question):
        assert f"`{value}`" in row["values"]
    default = question["default"]
    if not (isinstance(default, str) and "{%" in default):
        shown = ", ".join(default) if isinstance(default, list) else str(default)
        assert row["default"] == (
            f"`{shown.lower() if default is False else shown}`" if shown else "empty"
        )
    if question.get("ask") is False:
        assert row["asked"] == "never"
    elif question.get("ask"):
        assert "with `advanced`" in row["asked"]
    assert (name in DEFAULT_PATH) == (row["asked"] in ("always", "with `api`", "with `queue`"))


@pytest.mark.parametrize("name", QUESTIONS)
def test_help_is_one_line_with_what_the_choice_costs_or_brings(name: str) -> None:
    help_line: str = QUESTIONS[name]["help"]

    assert "\n" not in help_line.strip()
    assert "? (" in help_line
    assert help_line.strip().endswith(")")
    assert len(help_line) <= 130


def test_every_question_is_known_when_given_with_data() -> None:
    known = (ROOT / "includes/given.jinja").read_text()

    assert [name for name in QUESTIONS if f"'{name}'" not in known] == []
