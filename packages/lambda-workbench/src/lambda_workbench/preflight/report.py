"""Run the rules over stacks, and put together what they found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from lambda_workbench.preflight.model import ChangeRule, Finding, Problem, Rule, Stack

_Key = tuple[str, str, int]


def findings(stacks: Sequence[Stack], rules: Iterable[Rule]) -> list[Finding]:
    """What the rules find in the stacks: each problem once, with the stages that have it."""
    found = _Found()
    for rule in rules:
        for stack in stacks:
            found.add(rule, stack, rule.check(stack))
    return found.findings()


def change_findings(
    before: Sequence[Stack], after: Sequence[Stack], rules: Iterable[ChangeRule]
) -> list[Finding]:
    """What the rules find in the change of each stage that was there before."""
    was = {stack.stage.name: stack for stack in before}
    found = _Found()
    for rule in rules:
        for stack in after:
            if stack.stage.name in was:
                found.add(rule, stack, rule.check(was[stack.stage.name], stack))
    return found.findings()


class _Found:
    """Problems, each with the stages that have it.

    The nth problem that a rule has at a place is the same in every stage, although its message may
    name the stage.
    """

    def __init__(self) -> None:
        self._findings: dict[_Key, Finding] = {}
        self._stages: dict[_Key, list[str]] = defaultdict(list)

    def add(self, rule: Rule | ChangeRule, stack: Stack, problems: Iterable[Problem]) -> None:
        counts: dict[str, int] = defaultdict(int)
        for problem in problems:
            place = stack.place(problem.path)
            counts[str(place)] += 1
            key = (rule.id, str(place), counts[str(place)])
            self._stages[key].append(stack.stage.name)
            self._findings.setdefault(
                key,
                Finding(place, rule.id, problem.message, (), problem.expected, rule.source),
            )

    def findings(self) -> list[Finding]:
        return sorted(
            Finding(f.place, f.rule, f.message, tuple(self._stages[key]), f.expected, f.source)
            for key, f in self._findings.items()
        )
