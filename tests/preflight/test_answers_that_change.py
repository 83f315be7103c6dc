"""An answer that changes after a deployment: AWS follows, or the preflight says it does not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_workbench.preflight.check import check_files
from lambda_workbench.preflight.files import WorkingTree
from tests import support
from tests.support import ROOT, TRIGGERS

Answers = dict[str, Any]
Made = Callable[[Answers], Path]
ALL: Answers = {"triggers": TRIGGERS}
REST: Answers = ALL | {"api_type": "rest"}
SAID = ROOT / "template" / "docs" / "updating.md.jinja"

QUICK = [
    (ALL, REST, set()),
    (ALL, ALL | {"queue_type": "fifo"}, {"replaced-data"}),
    (ALL, ALL | {"stream_source": "dynamodb"}, set()),
    (ALL, ALL | {"packaging": "image"}, {"named-replacement"}),
    (ALL, ALL | {"data_store": "none"}, set()),
]
REST_OF_THEM: list[tuple[dict[str, Any], dict[str, Any], set[str]]] = [
    (ALL, ALL | {"api_auth": "jwt"}, set()),
    (ALL, ALL | {"api_auth": "authorizer"}, set()),
    (ALL, ALL | {"api_auth": "none"}, set()),
    (REST, REST | {"api_auth": "api_key"}, set()),
    (REST, REST | {"api_auth": "jwt"}, set()),
    (REST, REST | {"api_auth": "none", "api_cache": True}, set()),
    (REST, REST | {"api_firewall": True}, set()),
    (ALL, ALL | {"network": "new"}, set()),
    (ALL | {"network": "new"}, ALL | {"network": "existing"}, set()),
    (ALL, ALL | {"encryption": "customer_key"}, set()),
    (ALL, ALL | {"feature_flags": "appconfig"}, set()),
    (ALL, ALL | {"packaging": "layer"}, set()),
    (ALL, ALL | {"startup": "snapstart"}, set()),
    (ALL, ALL | {"startup": "provisioned"}, set()),
    (ALL, ALL | {"traffic_shifting": "all_at_once"}, set()),
    (ALL, ALL | {"budget": True}, set()),
    (ALL, ALL | {"architecture": "x86_64"}, set()),
    *[(ALL, {"triggers": [t for t in TRIGGERS if t != gone]}, set()) for gone in TRIGGERS],
]


@pytest.fixture(scope="module")
def made(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Projects by their answers, each rendered once."""
    projects: dict[str, Path] = {}

    def _made(answers: Answers) -> Path:
        key = json.dumps(answers)
        if key not in projects:
            folder = tmp_path_factory.mktemp("answers") / "project"
            projects[key] = support.render(template, folder, answers)
        return projects[key]

    return _made


def refused(before: Path, after: Path) -> set[str]:
    """The rules that an update of a deployed project breaks."""
    found = check_files(WorkingTree(after), WorkingTree(before), "before", ["prod"], lint=False)
    return {finding.rule for finding in found.findings}


@pytest.mark.parametrize(
    ("one", "other", "rules"),
    [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in REST_OF_THEM)],
    ids=lambda value: "" if isinstance(value, set) else None,
)
def test_an_answer_can_be_changed_and_changed_back(
    one: Answers, other: Answers, rules: set[str], made: Made
) -> None:
    assert refused(made(one), made(other)) == rules
    assert refused(made(other), made(one)) == rules


def test_what_is_refused_is_said_where_people_change_answers() -> None:
    page = SAID.read_text()
    for one, other, rules in (*QUICK, *REST_OF_THEM):
        for name in {name for name in other if other[name] != one.get(name)} if rules else ():
            assert f"`{name}`" in page, name
