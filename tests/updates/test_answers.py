"""A changed answer is an update: what belongs to it arrives or goes, the team's work stays."""

from collections import Counter
from pathlib import Path
from typing import Any

import copier
import pytest

from tests.support import TRIGGERS
from tests.updates.chain import HEAD
from tests.updates.edits import EDITS, PACKAGE, Edit, all_edits, read_yaml, write
from tests.updates.service import Projects, Service, inspect, on_disk, teams

LIVED_IN = [edit for edit in all_edits() if not edit.alone]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "project"


def change(projects: Projects, service: Service, **answers: Any) -> None:
    """Change answers of a project at the newest version, and check the update."""
    edited, was = service.files(), service.recorded_answers()
    service.update(quiet=False, **answers)
    now = service.recorded_answers()
    outcome = inspect(
        edited,
        service.files(),
        on_disk(projects.fresh(HEAD, was)),
        on_disk(projects.fresh(HEAD, now)),
    )
    outcome.conflicts = sorted({*outcome.conflicts, *service.unmerged()})
    assert not outcome, outcome
    assert {name: now[name] for name in answers} == answers


def lived_in(projects: Projects, scratch: Path, **answers: Any) -> Service:
    service = projects.service(HEAD, scratch, answers)
    service.edit(*LIVED_IN)
    return service


def survived(service: Service) -> list[str]:
    """Edits that did not."""
    return [edit.name for edit in LIVED_IN if not edit.survived(service.folder)]


@pytest.mark.parametrize("trigger", TRIGGERS[2:])
def test_a_trigger_is_added_to_a_lived_in_project(
    trigger: str, projects: Projects, scratch: Path
) -> None:
    service = lived_in(projects, scratch)

    change(projects, service, triggers=["api", "queue", trigger])

    folder = service.folder
    fresh = projects.fresh(HEAD, service.recorded_answers())
    for name in (
        f"{PACKAGE}/handlers/{trigger}.py",
        f"tests/unit/handlers/test_{trigger}.py",
        f"tests/e2e/test_{trigger}.py",
        f"events/{trigger}.json",
    ):
        assert (folder / name).read_bytes() == (fresh / name).read_bytes()
    assert f"{trigger.capitalize()}Function" in read_yaml(folder, "template.yaml")["Resources"]
    assert f"{trigger.capitalize()}ErrorAlarm" in read_yaml(folder, "template.yaml")["Resources"]
    assert f"## `{trigger}`" in (folder / "docs/runbook.md").read_text(encoding="utf-8")
    assert survived(service) == []


@pytest.mark.parametrize("trigger", ["api", "queue"])
def test_a_first_trigger_that_was_not_there_from_the_start(
    trigger: str, projects: Projects, scratch: Path
) -> None:
    service = projects.service(HEAD, scratch, {"triggers": ["topic"]})

    change(projects, service, triggers=[trigger, "topic"])

    assert (service.folder / f"{PACKAGE}/handlers/{trigger}.py").is_file()


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_trigger_is_taken_away(
    trigger: str, projects: Projects, scratch: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    service = projects.service(HEAD, scratch, {"triggers": TRIGGERS})
    write(service.folder, f"{PACKAGE}/handlers/{trigger}.py", "# all our own\n")
    service.commit()
    rest = [other for other in TRIGGERS if other != trigger]
    capfd.readouterr()

    change(projects, service, triggers=rest)

    handler = f"{PACKAGE}/handlers/{trigger}.py"
    assert (service.folder / handler).read_text() == "# all our own\n"
    resources = read_yaml(service.folder, "template.yaml")["Resources"]
    assert f"{trigger.capitalize()}Function" not in resources
    said = capfd.readouterr().err
    assert "These files are yours and stay" in said
    assert f"    {handler}\n" in said
    assert not [line for line in said.splitlines() if line.strip().endswith("config.py")]


def test_an_update_that_leaves_nothing_behind_says_nothing_of_it(
    projects: Projects, scratch: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    service = projects.service(HEAD, scratch)

    copier.run_update(service.folder, vcs_ref=HEAD, defaults=True, overwrite=True, unsafe=False)

    said = capfd.readouterr().err
    assert "git diff --check" in said
    assert "These files are yours" not in said


CACHED = {"api_type": "rest", "api_auth": "none"}
BOTH_WAYS = [
    ({"api_auth": "iam"}, {"api_auth": "jwt"}),
    ({"api_auth": "authorizer"}, {"api_auth": "none"}),
    ({"api_type": "http", "api_auth": "iam"}, {"api_type": "rest", "api_auth": "api_key"}),
    ({"network": "none"}, {"network": "existing"}),
    ({"network": "existing"}, {"network": "new"}),
    ({"traffic_shifting": "canary"}, {"traffic_shifting": "all_at_once"}),
    ({"ci": "github"}, {"ci": "none"}),
    ({"architecture": "arm64"}, {"architecture": "x86_64"}),
    ({"packaging": "zip"}, {"packaging": "layer"}),
    ({"feature_flags": "none"}, {"feature_flags": "appconfig"}),
]
MORE_BOTH_WAYS = [
    ({"api_auth": "jwt"}, {"api_auth": "authorizer"}),
    ({"api_type": "http"}, {"api_type": "rest"}),
    ({"network": "none"}, {"network": "new"}),
    ({"traffic_shifting": "canary"}, {"traffic_shifting": "linear"}),
    ({"python_version": "3.13"}, {"python_version": "3.14"}),
    ({"queue_type": "standard"}, {"queue_type": "fifo"}),
    ({"data_store": "dynamodb"}, {"data_store": "none"}),
    ({"license": "proprietary"}, {"license": "MIT"}),
    ({"description": "Takes orders and fulfils them"}, {"description": "Takes what comes"}),
    ({"owner": "Orders team"}, {"owner": "Checkout team"}),
    ({"aws_region": "eu-west-1"}, {"aws_region": "us-east-1"}),
    ({"encryption": "aws"}, {"encryption": "customer_key"}),
    ({"startup": "on_demand"}, {"startup": "provisioned"}),
    ({"startup": "on_demand"}, {"startup": "snapstart"}),
    ({"packaging": "zip"}, {"packaging": "image"}),
    ({"budget": False}, {"budget": True}),
    ({"api_cache": False, **CACHED}, {"api_cache": True, **CACHED}),
    ({"api_type": "rest", "api_firewall": False}, {"api_type": "rest", "api_firewall": True}),
    ({"cors_origins": ""}, {"cors_origins": "https://shop.example.com"}),
]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(pytest.param(*pair, id=str(pair[1])) for pair in BOTH_WAYS),
        *(pytest.param(*pair, id=str(pair[1]), marks=pytest.mark.slow) for pair in MORE_BOTH_WAYS),
    ],
)
def test_an_answer_is_changed_and_changed_back(
    one: dict[str, Any], other: dict[str, Any], projects: Projects, scratch: Path
) -> None:
    """Nobody edited this one: apart from starter files it is a fresh copy each time."""
    service = projects.service(HEAD, scratch, one)
    before = {name: content for name, content in service.files().items() if not teams(name)}

    change(projects, service, **other)
    service.commit()
    change(projects, service, **one)

    after = {name: content for name, content in service.files().items() if not teams(name)}
    answers = ".copier-answers.yml"
    assert {k: v for k, v in after.items() if k != answers} == {
        k: v for k, v in before.items() if k != answers
    }


# Edits of the very lines that an answer changes, or of files that go with it: a person decides.
CLASHES: dict[str, set[str]] = {
    "ci": {
        "add_a_job",
        "add_a_step",
        "more_time_for_a_job",
        "own_runners",
        "deploy_on_mondays",
        "own_dependabot_group",
    },
    "python_version": {"pin_the_python_patch"},
    "license": {"another_licence"},
    "owner": {"another_licence"},
    "queue_type": {"smaller_batches"},
    "data_store": {"own_variable", "second_queue_by_hand"},
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [pytest.param(*pair, id=str(pair[1])) for pair in (*BOTH_WAYS, *MORE_BOTH_WAYS)],
)
def test_an_answer_of_a_lived_in_project_is_changed(
    one: dict[str, Any], other: dict[str, Any], projects: Projects, scratch: Path
) -> None:
    service = projects.service(HEAD, scratch, one)
    clashes = CLASHES.get(next(iter(other)), set())
    edits: list[Edit] = [edit for edit in LIVED_IN if edit.name not in clashes]
    service.edit(*edits)

    change(projects, service, **other)
    service.commit()
    change(projects, service, **one)

    assert [edit.name for edit in edits if not edit.survived(service.folder)] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "answers", "path"),
    [
        ("another_licence", {"owner": "Checkout team"}, "LICENSE"),
        ("another_licence", {"license": "MIT"}, "LICENSE"),
        ("smaller_batches", {"queue_type": "fifo"}, "template.yaml"),
        ("own_variable", {"data_store": "none"}, "template.yaml"),
        ("second_queue_by_hand", {"data_store": "none"}, "template.yaml"),
        ("pin_the_python_patch", {"python_version": "3.14"}, ".python-version"),
    ],
)
def test_where_both_changed_the_same_lines_both_are_left_to_see(
    name: str, answers: dict[str, Any], path: str, projects: Projects, scratch: Path
) -> None:
    service = projects.service(HEAD, scratch)
    before = Counter(service.files()[path].splitlines())
    service.edit(EDITS[name])
    added = Counter(service.files()[path].splitlines()) - before

    service.update(**answers)

    after = Counter((service.folder / path).read_bytes().splitlines())
    assert service.unmerged() == [path]
    assert not added - after
