"""The rows of practices.yml, the checks that prove them, and the mutations that prove these."""

import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.conformance.files import Files
from tests.conformance.profiles import Profile
from tests.conformance.project import Project
from tests.conformance.source import Source
from tests.support import ROOT

Answers = Mapping[str, Any]
When = Mapping[str, list[Any]] | Sequence[Mapping[str, list[Any]]]
CheckFunction = Callable[[Project], Iterator[str]]
TemplateCheckFunction = Callable[[Source], Iterator[str]]
BreakFunction = Callable[[Files], None]


def applies(when: When, answers: Answers) -> bool:
    """Whether the answers meet every condition: one of the listed values was given or is chosen.

    A list of conditions has to hold as a whole, so that two triggers can be asked for.
    """
    if not isinstance(when, Mapping):
        return all(applies(part, answers) for part in when)
    for question, accepted in when.items():
        answer = answers.get(question)
        given = answer if isinstance(answer, list) else [answer]
        if not any(value in accepted for value in given):
            return False
    return True


@dataclass(frozen=True)
class Row:
    """One practice, as practices.yml has it."""

    id: str
    title: str
    state: str
    data: Mapping[str, Any]

    @property
    def works(self) -> bool:
        return self.state == "works"

    @property
    def when(self) -> When:
        found: When = self.data.get("when", {})
        return found


@functools.cache
def rows() -> dict[str, Row]:
    """Every row by its id."""
    listed = yaml.safe_load((ROOT / "practices.yml").read_text())["practices"]
    return {row["id"]: Row(row["id"], row["title"], row["state"], row) for row in listed}


@dataclass(frozen=True)
class Check:
    """Finds what is wrong with a project, in plain words."""

    row: str
    function: Callable[[Any], Iterator[str]]
    runs: bool
    """Whether it runs the project's own tests or tools, which takes seconds."""
    builds: bool = False
    """Whether it builds packages, which takes longer still."""
    of_the_template: bool = False
    """Whether it is about the template instead of one project."""

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def where(self) -> str:
        """As the registry names it."""
        path = Path(self.function.__code__.co_filename).relative_to(ROOT)
        return f"{path.as_posix()}::{self.name}"

    def faults(self, subject: Project | Source) -> list[str]:
        """What is wrong with the project, or with the template, if anything; found out once."""
        if self.row not in subject.known:
            subject.known[self.row] = list(self.function(subject))
        return subject.known[self.row]

    def is_asked_of(self, profile: Profile) -> bool:
        """Whether a profile is one of those that are worth the time the check takes."""
        return (profile.runs or not self.runs) and (profile.builds or not self.builds)


@dataclass(frozen=True)
class Mutation:
    """Breaks a generated project in one way, which its check must name."""

    check: Check
    function: BreakFunction
    names: str
    when: When

    @property
    def name(self) -> str:
        return self.function.__name__


_CHECKS: dict[str, Check] = {}
_MUTATIONS: list[Mutation] = []


def check(
    row: str, *, runs: bool = False, builds: bool = False
) -> Callable[[CheckFunction], Check]:
    """Register the check of a row: a generator of faults.

    `runs` is for a check that runs the project's tests or tools, `builds` for one that builds its
    packages: each is asked of fewer profiles.
    """

    def register(function: CheckFunction) -> Check:
        assert row not in _CHECKS, f"{row} has a check: {_CHECKS[row].where}"
        _CHECKS[row] = Check(row, function, runs, builds)
        return _CHECKS[row]

    return register


def check_of_the_template(row: str) -> Callable[[TemplateCheckFunction], Check]:
    """Register a check of what happens between the template and its projects.

    Its mutations edit the template's files.
    """

    def register(function: TemplateCheckFunction) -> Check:
        assert row not in _CHECKS, f"{row} has a check: {_CHECKS[row].where}"
        _CHECKS[row] = Check(row, function, False, of_the_template=True)
        return _CHECKS[row]

    return register


def breaks(
    broken: Check, *, names: str, when: When | None = None
) -> Callable[[BreakFunction], Mutation]:
    """Register a mutation: it edits a project's files so that the check finds a fault.

    One of the faults must contain `names`. `when` picks a profile that has what is to be broken,
    in the form of a row's; without it any profile does to which the row applies.
    """

    def register(function: BreakFunction) -> Mutation:
        mutation = Mutation(broken, function, names, when or {})
        _MUTATIONS.append(mutation)
        return mutation

    return register


@functools.cache
def checks() -> dict[str, Check]:
    """Every check by its row, once the modules in checks/ are loaded."""
    for path in sorted((Path(__file__).parent / "checks").glob("*.py")):
        importlib.import_module(f"tests.conformance.checks.{path.stem}")
    return dict(sorted(_CHECKS.items(), key=lambda item: list(rows()).index(item[0])))


def mutations() -> Iterable[Mutation]:
    """Every mutation, in the order of the rows."""
    order = list(checks())
    return sorted(_MUTATIONS, key=lambda mutation: order.index(mutation.check.row))
