"""Every practice that is said to work does, in every project to which it applies; and every check
finds what it is there to find."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.combinations.cover import answers
from tests.combinations.cover import rows as cover
from tests.conformance import registry
from tests.conformance.conftest import Projects
from tests.conformance.profiles import PROFILES, Profile
from tests.conformance.project import Project
from tests.conformance.registry import Check, Mutation, applies
from tests.conformance.source import Source
from tests.support import ROOT, copier_yml

ROWS = registry.rows()
CHECKS = registry.checks()
MUTATIONS = list(registry.mutations())
# By profile and not by row, so that a worker has few projects to read.
CASES = [
    pytest.param(profile, check, id=f"{profile.name}-{check.row}")
    for profile in PROFILES
    for check in CHECKS.values()
    if check.is_asked_of(profile) and not check.of_the_template
]


@pytest.mark.parametrize(("profile", "check"), CASES)
def test_a_project_does_what_the_practice_promises(
    profile: Profile, check: Check, projects: Projects
) -> None:
    project = projects(profile.name)
    if not applies(ROWS[check.row].when, project.answers):
        pytest.skip("does not apply")  # counted by test_a_row_that_works_is_proven
    assert check.faults(project) == []


@pytest.mark.parametrize(
    "check", [c for c in CHECKS.values() if c.of_the_template], ids=lambda check: str(check.row)
)
def test_the_template_does_what_the_practice_promises(check: Check, source: Source) -> None:
    assert check.faults(source) == []


def each_mutation() -> Iterator[Any]:
    """All of them; of those that run a project's tests, which takes seconds, one for each check."""
    seen = set()
    for mutation in MUTATIONS:
        one_of_many = mutation.check.runs and mutation.check.row in seen
        seen.add(mutation.check.row)
        yield pytest.param(
            mutation,
            id=f"{mutation.check.row}-{mutation.name}",
            marks=pytest.mark.slow if one_of_many else (),
        )


@pytest.mark.parametrize("mutation", list(each_mutation()))
def test_a_check_names_what_is_broken(
    mutation: Mutation, projects: Projects, source: Source
) -> None:
    if mutation.check.of_the_template:
        faults = mutation.check.faults(source.broken(mutation.function))
        assert any(mutation.names in fault for fault in faults), faults
        return
    project = next(
        found
        for profile in PROFILES
        if mutation.check.is_asked_of(profile)
        for found in [projects(profile.name)]
        if applies(ROWS[mutation.check.row].when, found.answers)
        and applies(mutation.when, found.answers)
    )
    assert mutation.check.faults(project) == []
    faults = mutation.check.faults(project.broken(mutation.function))
    assert any(mutation.names in fault for fault in faults), faults


@pytest.mark.slow
@pytest.mark.parametrize("row", list(cover()), ids=lambda _: "")
def test_every_pair_of_answers(
    row: dict[str, Any],
    make_project: Callable[[str, Mapping[str, Any]], Project],
    request: pytest.FixtureRequest,
) -> None:
    project = make_project(f"cover-{request.node.callspec.indices['row']}", answers(row))
    faults = {
        check.row: found
        for check in CHECKS.values()
        if not (check.runs or check.builds or check.of_the_template)
        and applies(ROWS[check.row].when, project.answers)
        if (found := check.faults(project))
    }
    assert faults == {}


# --- the registry itself ---


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.works], ids=lambda r: r.id)
def test_a_row_that_works_is_proven(row: registry.Row) -> None:
    assert row.id in CHECKS, f"{row.id} is said to work, but there is no check"
    check = CHECKS[row.id]
    assert [m for m in MUTATIONS if m.check is check], f"nothing shows that {row.id} can fail"
    assert any(
        applies(row.when, {**DEFAULTS, **profile.given})
        for profile in PROFILES
        if check.is_asked_of(profile)
    ), f"no profile has what {row.id} is about"


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: str(check.row))
def test_a_check_is_named_by_its_row(check: Check) -> None:
    """Also that of a row which does not work yet as a whole: it proves the part that is there."""
    assert ROWS[check.row].data.get("check") == check.where


DEFAULTS = {
    name: question.get("default")
    for name, question in copier_yml().items()
    if not name.startswith("_")
}


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: str(row.id))
def test_a_row_says_what_a_reader_needs(row: registry.Row) -> None:
    known = {
        "id",
        "title",
        "state",
        "why",
        "when",
        "not_when",
        "where",
        "change",
        "check",
        "also",
        "missing",
    }
    assert set(row.data) <= known
    needed = {"why", "not_when", "where", "change"} if row.works else {"missing"}
    for field in sorted(needed):
        assert str(row.data.get(field, "")).strip(), f"{row.id} has no {field!r}"
    for place in row.data.get("also", []):
        path, _, name = place.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(), place


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: str(row.id))
def test_conditions_are_answers_to_questions(row: registry.Row) -> None:
    conditions = [row.when, *(m.when for m in MUTATIONS if m.check.row == row.id)]
    parts = [p for when in conditions for p in ([when] if isinstance(when, Mapping) else when)]
    for question, values in (item for part in parts for item in part.items()):
        asked = copier_yml()[question]
        choices = asked.get("choices") or [True, False]
        choices = list(choices.values()) if isinstance(choices, dict) else choices
        known = [choice["value"] if isinstance(choice, dict) else choice for choice in choices]
        assert set(values) <= set(known), f"{row.id}: {question}"
