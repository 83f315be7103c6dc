"""Every rule says what it is about, is shown to find it, and is shown to let the rest pass."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lambda_workbench.preflight.catalogue import CHANGE_RULES, RULES

TESTS = "\n".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
ALL = (*RULES, *CHANGE_RULES)


@pytest.mark.parametrize("tried", ["finds", "passes"])
def test_every_rule_is_tried_both_ways(tried: str) -> None:
    named = set(re.findall(rf'\b{tried}\(\s*"([a-z0-9-]+)"', TESTS))
    assert sorted({rule.id for rule in RULES} - named) == []


def test_ids_are_used_once() -> None:
    assert [name for name, times in Counter(rule.id for rule in ALL).items() if times > 1] == []


def test_ids_are_words_with_hyphens() -> None:
    assert [r.id for r in ALL if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", r.id)] == []


def test_a_summary_is_one_sentence_that_fits_a_line() -> None:
    for rule in ALL:
        assert re.fullmatch(r"[A-Z].{10,98}[^.:]", rule.summary), rule.summary


def test_sources_are_pages_of_aws() -> None:
    sites = {urlsplit(rule.source).netloc for rule in ALL}
    assert sites <= {"docs.aws.amazon.com", "repost.aws"}
