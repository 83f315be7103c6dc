"""Run the rules over stacks, and put together what they found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from lambda_workbench.cloudformation.documents import Place
from lambda_workbench.preflight.exceptions import exception, exceptions
from lambda_workbench.preflight.lint import lint_source, lint_stacks
from lambda_workbench.preflight.model import (
    ChangeRule,
    Finding,
    JointRule,
    Problem,
    Rule,
    Stack,
)

_Found = Iterator[tuple[Stack, Problem]]


class Report:
    """Findings, each once, with the stages that have it.

    The nth problem that a rule has at a place is the same in every stage, although its message may
    name the stage.
    """

    def __init__(self) -> None:
        self._findings: dict[tuple[str, Place, int], Finding] = {}
        self._stages: dict[tuple[str, Place, int], list[str]] = {}
        self._exceptions: dict[Place, str] = {}
        self._used: set[Place] = set()

    def check(self, stacks: Sequence[Stack], rules: Iterable[Rule | JointRule]) -> None:
        """Run rules over the stages of one template."""
        for stack in stacks:
            self._exceptions |= {place: name for place, name, _ in exceptions(stack)}
        for rule in rules:
            if isinstance(rule, JointRule):
                self._add(rule.id, rule.source, _readable(rule.check(stacks), stacks[0]))
            else:
                for stack in stacks:
                    found = ((stack, problem) for problem in rule.check(stack))
                    self._add(rule.id, rule.source, _readable(found, stack))

    def check_changes(
        self, before: Sequence[Stack], after: Sequence[Stack], rules: Iterable[ChangeRule]
    ) -> None:
        """Run rules over the change of each stage that was there before."""
        was = {stack.stage.name: stack for stack in before}
        for rule in rules:
            for stack in after:
                if stack.stage.name in was:
                    found = rule.check(was[stack.stage.name], stack)
                    pairs = ((stack, problem) for problem in found)
                    self._add(rule.id, rule.source, _readable(pairs, stack))

    def lint(self, stacks: Sequence[Stack]) -> None:
        """Run cfn-lint over the stages of one template."""
        for found in (lint_source(stacks[0]), lint_stacks(stacks)):
            by_rule: dict[tuple[str, str], list[tuple[Stack, Problem]]] = {}
            for rule, source, stack, problem in found:
                by_rule.setdefault((rule, source), []).append((stack, problem))
            for (rule, source), problems in by_rule.items():
                self._add(rule, source, problems)

    def findings(self) -> tuple[Finding, ...]:
        """What was found, in the order of files and lines."""
        found = [
            Finding(f.place, f.rule, f.message, tuple(self._stages[key]), f.expected, f.source)
            for key, f in self._findings.items()
        ]
        unused = [
            Finding(place, "unused-exception", f"nothing here needs the exception from {rule}", ())
            for place, rule in self._exceptions.items()
            if place not in self._used
        ]
        return tuple(sorted([*found, *unused]))

    def _add(self, rule: str, source: str, found: Iterable[tuple[Stack, Problem]]) -> None:
        counts: Counter[tuple[str, Place]] = Counter()
        for stack, problem in found:
            if excepted := exception(stack, problem.path, rule):
                self._used.add(excepted)
                continue
            place, stage = problem.place or stack.place(problem.path), stack.stage.name
            counts[stage, place] += 1
            key = (rule, place, counts[stage, place])
            finding = Finding(place, rule, problem.message, (), problem.expected, source)
            self._findings.setdefault(key, finding)
            stages = self._stages.setdefault(key, [])
            if stage not in stages:
                stages.append(stage)


def _readable(found: Iterable[tuple[Stack, Problem]], stack: Stack) -> _Found:
    """What a rule finds. That it trips over a value is a finding as well.

    Rules expect the types that AWS documents; that a value has another one, cfn-lint says better.
    """
    try:
        yield from found
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        message = f"cannot read a value of this template: {type(error).__name__}: {error}"
        yield stack, Problem((), message, "the types that AWS documents, or a better rule")
