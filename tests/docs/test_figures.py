"""What the documentation says about speed is what was measured."""

import re
from typing import Any

import pytest

from benchmarks import docs, recorded
from benchmarks.cold_start import report
from tests import support

# The rows of the decision record, by the names of the cases.
DECISION = {
    "this runtime and its client": "api-stored",
    "this runtime with `AWS_CLIENT=boto3`": "api-boto3",
    "a lean selection of a general toolkit, msgspec and boto3": "powertools_boto3",
    "all of a general toolkit, pydantic and boto3": "naive",
}


@pytest.fixture
def cold() -> dict[str, Any]:
    found: dict[str, Any] = recorded.figures("cold_start")
    return found


@pytest.fixture
def shown(cold: dict[str, Any]) -> dict[str, str]:
    empty = cold["cases"][0]
    return {
        case["name"]: f"{report.ratio(case, empty, 'instructions'):.1f}" for case in cold["cases"]
    }


@pytest.mark.parametrize("name", docs.PAGES)
def test_a_page_has_the_recorded_figures(name: str) -> None:
    text = (docs.DOCS / name).read_text()
    assert docs.PAGES[name](text) == text


def test_the_plot_is_drawn_from_the_recorded_figures(cold: dict[str, Any]) -> None:
    assert (docs.DOCS / "cold-start.svg").read_text() == report.plot(cold)


def test_every_case_was_counted_and_keeps_its_limit(cold: dict[str, Any]) -> None:
    assert all(case["instructions"] and case["warm_instructions"] for case in cold["cases"])
    assert report.over_the_limit(cold) == []


def test_a_case_over_its_limit_is_found(cold: dict[str, Any]) -> None:
    case = next(case for case in cold["cases"] if case["name"] == "api-stored")
    case["instructions"] = [each * 3 for each in case["instructions"]]
    (found,) = report.over_the_limit(cold)
    assert found.startswith("api-stored ")


def test_the_decision_record_has_the_recorded_figures(shown: dict[str, str]) -> None:
    record = support.ROOT / "template" / "docs" / "decisions" / "0002-thin-runtime.md"
    rows = dict(re.findall(r"^\| (.+) \| ([\d.]+) \|$", record.read_text(), re.MULTILINE))
    assert rows == {label: shown[name] for label, name in DECISION.items()}


def test_the_readme_has_the_recorded_figures(shown: dict[str, str]) -> None:
    section = (support.ROOT / "README.md").read_text().partition("## How fast it starts\n")[2]
    text = " ".join(section.partition("\n## ")[0].split())
    assert f"executes {shown['api-stored']} times the instructions of an empty handler" in text
    assert f"with boto3 in place of the small client it is {shown['api-boto3']}," in text
    assert f"as most write it {shown['naive']}." in text


def test_no_function_grew_under_traffic() -> None:
    traffic = recorded.figures("traffic")
    assert traffic["requests"] >= 10_000
    assert {entry["name"] for entry in traffic["functions"]} == set(support.TRIGGERS)
    assert all(entry["growth"] <= 1.05 for entry in traffic["functions"])
