"""What an item of the checklist is, and what it can look at."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lambda_workbench.cloudformation.documents import Template
from lambda_workbench.cloudformation.intrinsics import Resolver
from lambda_workbench.cloudformation.project_template import merged_template
from lambda_workbench.operate.asking import PROD
from lambda_workbench.operate.service import Service
from lambda_workbench.operate.stages import stack_name, stage_parameters, stage_region
from lambda_workbench.project import ROOT, TABLE, project


class State(StrEnum):
    """What became of an item."""

    MET = "met"
    NOT_MET = "NOT MET"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Finding:
    """What was seen, and why."""

    state: State
    reason: str


def met(reason: str) -> Finding:
    """It is as it should be."""
    return Finding(State.MET, reason)


def not_met(reason: str) -> Finding:
    """Somebody has to do something."""
    return Finding(State.NOT_MET, reason)


def not_applicable(reason: str) -> Finding:
    """It does not arise here, or could not be looked at."""
    return Finding(State.NOT_APPLICABLE, reason)


def judged(faults: list[str], otherwise: str) -> Finding:
    """Not met with the faults, or met."""
    return not_met(", ".join(faults)) if faults else met(otherwise)


@dataclass(frozen=True)
class Item:
    """One question, by a name that does not change, and what to do when it is not met."""

    name: str
    title: str
    fix: str
    look: Callable[[Look], Finding]


class Items(list[Item]):
    """Items in the order of their functions."""

    def __call__(
        self, name: str, title: str, *, fix: str
    ) -> Callable[[Callable[[Look], Finding]], Callable[[Look], Finding]]:
        """Make an item of a function."""

        def register(look: Callable[[Look], Finding]) -> Callable[[Look], Finding]:
            self.append(Item(name, title, fix, look))
            return look

        return register


class Look:
    """The project as production would have it, and the deployed stage if one was named."""

    def __init__(self, *, service: Service | None, online: bool) -> None:
        self.service = service
        self.online = online

    @functools.cached_property
    def template(self) -> Template:
        """template.yaml with the override."""
        return merged_template()

    @functools.cached_property
    def resolver(self) -> Resolver:
        """Works out the values that prod has."""
        return Resolver(
            self.template,
            stage_parameters(PROD),
            region=stage_region(PROD),
            stack=stack_name(PROD),
        )

    @property
    def given(self) -> dict[str, str]:
        """The parameters that samconfig.toml names for prod."""
        return stage_parameters(PROD)

    def parameter(self, name: str) -> str:
        """A parameter's value in prod: given, or its default; empty when there is none."""
        declared = (self.template.get("Parameters") or {}).get(name) or {}
        return self.given.get(name, str(declared.get("Default", "")))

    def has_parameter(self, name: str) -> bool:
        """Whether the template has it."""
        return name in (self.template.get("Parameters") or {})

    def resources(self, *kinds: str) -> dict[str, dict[str, Any]]:
        """The resources of some types that prod has, values worked out, by logical id."""
        found = {}
        for name, body in (self.template.get("Resources") or {}).items():
            condition = body.get("Condition")
            if body.get("Type") in kinds and (
                condition is None or self.resolver.condition(condition)
            ):
                found[name] = self.resolver.value(body)
        return found

    @functools.cached_property
    def pyproject(self) -> dict[str, Any]:
        """pyproject.toml."""
        return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    def decisions(self) -> dict[str, str]:
        """The items that the team has decided against, with the reasons."""
        decided: dict[str, str] = self.pyproject["tool"][TABLE].get("checklist", {})
        return decided

    def text(self, path: str) -> str:
        """A file's text; empty without it."""
        file = ROOT / path
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    @property
    def slug(self) -> str:
        """What the names of the service's resources begin with."""
        return project().slug
