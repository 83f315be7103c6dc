"""The cover of combinations is complete and follows the questions."""

import pytest

from tests.combinations.cover import (
    FACTORS,
    NOT_ASKED,
    RULES,
    computed,
    pairs,
    possible_pairs,
    rows,
)
from tests.support import TRIGGERS, copier_yml

# `advanced` decides only which questions are shown. How a project gets the packages depends on
# where the template is, which is a folder here: tests/tooling has the rest.
LEFT_OUT = {"advanced", "tooling"}

QUESTIONS = {name: question for name, question in copier_yml().items() if not name.startswith("_")}


def test_every_question_is_a_factor() -> None:
    assert QUESTIONS.keys() == FACTORS.keys() - set(TRIGGERS) | {"triggers"} | LEFT_OUT


@pytest.mark.parametrize(
    "name",
    sorted(name for name in QUESTIONS.keys() - LEFT_OUT if "choices" in QUESTIONS[name]),
)
def test_every_choice_is_a_level(name: str) -> None:
    choices = QUESTIONS[name]["choices"]
    if isinstance(choices, dict):
        choices = [c["value"] if isinstance(c, dict) else c for c in choices.values()]
    if name == "triggers":
        assert set(choices) == set(TRIGGERS)
    elif not QUESTIONS[name].get("multiselect"):
        assert set(choices) == set(FACTORS[name]) - {NOT_ASKED}


def test_the_rows_are_those_of_the_factors_and_rules() -> None:
    assert rows() == computed(), "run: .venv/bin/python -m tests.combinations.cover"


def test_every_row_follows_the_rules() -> None:
    assert all(rule.holds(row) for row in rows() for rule in RULES)


def test_every_possible_pair_is_covered() -> None:
    assert {pair for row in rows() for pair in pairs(row)} == set(possible_pairs())


def test_the_cover_is_small() -> None:
    assert len(rows()) <= 45
