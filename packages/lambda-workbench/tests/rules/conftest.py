"""Try one rule on a small template."""

from collections.abc import Callable
from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest

from lambda_workbench.cloudformation.documents import Place, load
from lambda_workbench.preflight.catalogue import RULES
from lambda_workbench.preflight.model import JointRule, Problem, Stack
from lambda_workbench.preflight.report import Report
from lambda_workbench.preflight.stacks import service_stack
from lambda_workbench.samconfig import Stage

BY_ID = {rule.id: rule for rule in RULES}


def stack_of(text: str, *, body: str = "", **settings: Any) -> Stack:
    """The stack of a stage: of a whole template, or of resources alone.

    `body` stands for what would be sent; the other settings are those of the stage.
    """
    text = dedent(text)
    if "\nResources:" not in f"\n{text}":
        lines = "".join(f"  {line}\n" for line in text.splitlines())
        text = f"Resources:\n{lines}"
    stage: dict[str, Any] = {
        "name": "dev",
        "stack_name": "shop-dev",
        "region": "eu-west-1",
        "parameters": {},
        "tags": {},
        "place": Place("samconfig.toml", 1),
        **settings,
    }
    given = Stage(**stage)
    stack = service_stack(load(text, "template.yaml"), given)
    return replace(stack, body=body) if body else stack


def problems(rule: str, text: str, **settings: Any) -> list[Problem]:
    """What a rule finds in a template."""
    check, stack = BY_ID[rule], stack_of(text, **settings)
    if isinstance(check, JointRule):
        return [problem for _, problem in check.check([stack])]
    return list(check.check(stack))


@pytest.fixture
def finds() -> Callable[..., None]:
    """Fail unless a rule finds this in a template, once."""

    def _finds(rule: str, message: str, text: str, **settings: Any) -> None:
        found = [f"{p.message} (expected {p.expected})" for p in problems(rule, text, **settings)]
        assert len(found) == 1, found
        assert message in found[0]

    return _finds


@pytest.fixture
def passes() -> Callable[..., None]:
    """Fail if a rule finds anything in a template."""

    def _passes(rule: str, text: str, **settings: Any) -> None:
        assert problems(rule, text, **settings) == []

    return _passes


@pytest.fixture
def report() -> Callable[[str], list[str]]:
    """What all rules find in a template."""

    def _report(text: str) -> list[str]:
        found = Report()
        found.check([stack_of(text)], RULES)
        return [str(finding) for finding in found.findings()]

    return _report
