"""cfn-lint, over what people wrote and over what CloudFormation would get.

Over a SAM template it leaves much out. Over the translated template, with the stage's values in
place of parameters, its provider schemas judge every name, pattern, length and range.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cfnlint.match import Match

from lambda_workbench.cloudformation.documents import Template
from lambda_workbench.cloudformation.translate import uses_sam
from lambda_workbench.preflight.model import Path, Problem, Stack

# Rules of cfn-lint that are not asked, and why.
LEFT_OUT = {
    "E3004": "the rule circular-dependency says which references make the circle, and where they "
    "stand; over a SAM template this one also finds circles that the translated one has not",
}


Found = tuple[str, str, Stack, Problem]  # the rule's id and the address of its page come first


def lint_source(stack: Stack) -> Iterator[Found]:
    """What cfn-lint finds in a SAM template as people wrote it.

    Only there are parameters, conditions and mappings to be seen.
    """
    if uses_sam(stack.source):
        for match, path in _matches(stack.source, stack.stage.region):
            yield *_rule_of(match), stack, Problem(path, match.message)


def lint_stacks(stacks: Sequence[Stack]) -> Iterator[Found]:
    """What cfn-lint finds in what is sent for the stages of one template.

    The stages go through it together. A resource that differs between two stages in the stage's
    name alone is looked at once, in the stage with the longest name.
    """
    for region in sorted({stack.stage.region for stack in stacks}):
        together = _Together([stack for stack in stacks if stack.stage.region == region])
        for match, path in _matches(together.template, region):
            own, having = together.origin(path)
            for stack in having:
                yield *_rule_of(match), stack, Problem(own, match.message)


def _matches(template: Template, region: str) -> Iterator[tuple[Match, Path]]:
    arguments = ManualArgs(regions=[region], ignore_checks=list(LEFT_OUT))
    for match in lint(json.dumps(template), config=arguments):
        yield match, tuple(getattr(match, "path", None) or ())


def _rule_of(match: Match) -> tuple[str, str]:
    return f"cfn-lint-{match.rule.id}", str(match.rule.source_url)


class _Together:
    """One template with the resources of several stages, each as often as it differs."""

    def __init__(self, stacks: Sequence[Stack]) -> None:
        ordered = sorted(stacks, key=lambda stack: -len(stack.stage.name))
        self._origins: dict[str, tuple[str, list[Stack]]] = {}
        resources: dict[str, Any] = {}
        known: dict[tuple[str, str], str] = {}
        for stack in ordered:
            for name, body in stack.filled["Resources"].items():
                key = (name, _without(stack.stage.name, body))
                if key not in known:
                    known[key] = name if name not in resources else f"{name}In{len(resources)}"
                    resources[known[key]] = body
                    self._origins[known[key]] = (name, [])
                self._origins[known[key]][1].append(stack)
        self._stacks = tuple(stacks)
        self.template: Template = {**ordered[0].filled, "Resources": resources}

    def origin(self, path: Path) -> tuple[Path, tuple[Stack, ...]]:
        """The path in the stages themselves, and the stages that have it."""
        if len(path) > 1 and path[0] == "Resources" and path[1] in self._origins:
            name, stacks = self._origins[str(path[1])]
            return ("Resources", name, *path[2:]), tuple(stacks)
        return path, self._stacks


def _without(stage: str, body: Any) -> str:
    """A resource as text that does not name its stage."""
    return json.dumps(body, sort_keys=True).replace(stage, "\0")
