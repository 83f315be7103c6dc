"""Exceptions from rules, which stand in the template with their reasons.

Some quotas are raised for an account, and some advice does not fit. So a resource, or the template
as a whole, may say under `Metadata` which rules it is excepted from:

    Metadata:
      Preflight:
        account-concurrency: The account's quota was raised to 3,000.

What cfn-lint is told to ignore in its own way (`Metadata`, `cfn-lint`, `config`, `ignore_checks`)
is left alone as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from lambda_workbench.cloudformation.documents import Place
from lambda_workbench.preflight.model import Path, Problem, Stack, at, rule

_KEY = ("Metadata", "Preflight")
_TOLD_TO_CFN_LINT = ("Metadata", "cfn-lint", "config", "ignore_checks")


def exception(stack: Stack, path: Path, name: str) -> Place | None:
    """Where the template excepts what stands at a path from a rule; None when it does not."""
    holders: list[Path] = [()]
    if len(path) > 1 and path[0] == "Resources":
        written = stack.origin(str(path[1]))
        holders += [("Resources", written)] if written else []
    for holder in holders:
        where = (*holder, *_KEY, name)
        if at(stack.source, where) is not None:
            return stack.place(where)
        told = (*holder, *_TOLD_TO_CFN_LINT)
        if name in {f"cfn-lint-{each}" for each in at(stack.source, told) or ()}:
            return stack.place(told)
    return None


def exceptions(stack: Stack) -> Iterator[tuple[Place, str, str]]:
    """Every exception in a template: its place, the rule and the reason."""
    holders: list[Path] = [(), *(("Resources", each) for each in stack.source["Resources"])]
    for holder in holders:
        for name, reason in (at(stack.source, (*holder, *_KEY)) or {}).items():
            yield stack.place((*holder, *_KEY, name)), name, str(reason or "")


@rule(
    "exception-reason",
    "An exception from a rule says why",
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/metadata-section-structure.html",
)
def exception_reason(stack: Stack) -> Iterator[Problem]:
    """Whoever reads it later can see whether it still holds."""
    for place, name, reason in exceptions(stack):
        if len(reason.split()) < 3:
            yield Problem((), f"the exception from {name} has no reason", "a sentence", place)
