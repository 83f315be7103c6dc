"""Answers given once hold at every later update, asked or not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import copier
import pytest

from .conftest import answers_of, questions_only
from .repositories import commit, repository

# Behind `advanced`, with a value that is not the default.
UNASKED = {
    "project_slug": "shop-orders",
    "package_name": "shop",
    "cors_origins": "https://shop.example.com",
    "network": "existing",
    "encryption": "customer_key",
    "ci": "none",
    "startup": "snapstart",
    "traffic_shifting": "all_at_once",
    "budget": True,
    "python_version": "3.12",
    "architecture": "x86_64",
    "license": "MIT",
}


@pytest.fixture
def released(tmp_path: Path) -> Path:
    return repository(questions_only(tmp_path / "template"))


@pytest.fixture
def project(released: Path, tmp_path: Path) -> Callable[..., Path]:
    def _project(**answers: Any) -> Path:
        folder = tmp_path / "project"
        copier.run_copy(
            str(released), folder, data=answers, defaults=True, quiet=True, unsafe=False
        )
        return repository(folder)

    return _project


def update(folder: Path, **answers: Any) -> dict[str, Any]:
    copier.run_update(folder, data=answers, defaults=True, overwrite=True, quiet=True, unsafe=False)
    return answers_of(folder)


def test_unasked_answers_survive_an_update(released: Path, project: Callable[..., Path]) -> None:
    folder = project(**UNASKED)
    before = answers_of(folder)
    assert before == before | UNASKED | {"advanced": False}
    commit(released, "A second version")

    after = update(folder)

    assert after["_commit"] != before["_commit"]
    assert after == before | {"_commit": after["_commit"]}


def test_an_unasked_answer_can_be_changed_by_an_update(project: Callable[..., Path]) -> None:
    folder = project(**UNASKED)

    assert update(folder, python_version="3.14") == answers_of(folder) | {"python_version": "3.14"}
    assert answers_of(folder)["architecture"] == "x86_64"


def test_answers_that_no_longer_apply_are_forgotten(project: Callable[..., Path]) -> None:
    folder = project(triggers=["api", "queue"], queue_type="fifo")

    after = update(folder, triggers=["api"])

    assert "queue_type" not in after


def test_an_answer_that_a_changed_one_rules_out_falls_back_to_the_closed_default(
    project: Callable[..., Path],
) -> None:
    folder = project(triggers=["api"], api_type="rest", api_auth="api_key")

    after = update(folder, api_type="http")

    assert after["api_auth"] == "iam"


def test_a_refused_change_leaves_the_project_as_it_was(project: Callable[..., Path]) -> None:
    folder = project(triggers=["stream"], stream_source="dynamodb")
    before = answers_of(folder)

    with pytest.raises(ValueError, match="data_store"):
        update(folder, data_store="none")

    assert answers_of(folder) == before


def test_a_retired_question_does_not_stop_an_update(
    released: Path, project: Callable[..., Path]
) -> None:
    """What a maintainer does when retiring one: drop it, and name it in includes/history.jinja."""
    folder = project(ci="none")
    questions = released / "copier.yml"
    text = questions.read_text()
    start, end = text.index("\nci:\n"), text.index("\npackaging:\n")
    questions.write_text(text[:start] + text[end:])
    names = released / "includes/given.jinja"
    names.write_text(names.read_text().replace("'iac', 'ci',", "'iac',"))
    history = released / "includes/history.jinja"
    history.write_text(history.read_text().replace("set retired = []", "set retired = ['ci']"))
    commit(released, "Retire a question")

    after = update(folder)

    assert "ci" not in after


def test_what_only_rest_offers_goes_with_it(project: Callable[..., Path]) -> None:
    rest = {"triggers": ["api", "queue"], "api_type": "rest", "api_auth": "none"}
    folder = project(**rest, api_cache=True, api_firewall=True)

    after = update(folder, api_type="http")
    assert (after["api_cache"], after["api_firewall"]) == (False, False)
    commit(folder, "An HTTP API")

    after = update(folder, triggers=["queue"])
    assert not {"api_cache", "api_firewall"} & after.keys()
