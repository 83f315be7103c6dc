"""cfn-lint, over what people wrote and over what CloudFormation would get.

Over a SAM template it leaves much out. Over the translated template, with the stage's values in
place of parameters, its provider schemas judge every name, pattern, length and range.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

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

    Of stages that differ in their names alone it sees the one with the longest.
    """
    alike: dict[str, list[Stack]] = {}
    for stack in sorted(stacks, key=lambda stack: -len(stack.stage.name)):
        text = json.dumps([stack.stage.region, stack.filled], sort_keys=True)
        alike.setdefault(text.replace(stack.stage.name, "\0"), []).append(stack)
    for having in alike.values():
        for match, path in _matches(having[0].filled, having[0].stage.region):
            for stack in having:
                yield *_rule_of(match), stack, Problem(path, match.message)


def _matches(template: Template, region: str) -> Iterator[tuple[Match, Path]]:
    arguments = ManualArgs(regions=[region], ignore_checks=list(LEFT_OUT))
    for match in lint(json.dumps(template), config=arguments):
        yield match, tuple(getattr(match, "path", None) or ())


def _rule_of(match: Match) -> tuple[str, str]:
    return f"cfn-lint-{match.rule.id}", str(match.rule.source_url)
