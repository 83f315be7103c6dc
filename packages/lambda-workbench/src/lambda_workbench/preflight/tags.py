"""Tags: of the stack, which go to its resources, and of resources."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from lambda_workbench.cloudformation.translate import uses_sam
from lambda_workbench.preflight.model import Problem, Resource, Stack, rule

_TAG = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html"
_CHARACTERS = "letters, digits, spaces and _ . : / = + - @"


@rule(
    "stack-tags",
    "The tags in samconfig.toml are ones that every resource of the stack can have",
    _TAG,
)
def stack_tags(stack: Stack) -> Iterator[Problem]:
    """CloudFormation hands them on to roles, functions, queues …"""
    if not uses_sam(stack.source):
        return  # a stack that people create by hand has tags of its own
    for key, value in stack.stage.tags.items():
        for fault, expected in _faults(key, value):
            yield Problem((), fault, expected, stack.stage.place)
        if not value:
            yield Problem((), f"the tag {key} is empty", "a value", stack.stage.place)


def _faults(key: str, value: str) -> Iterator[tuple[str, str]]:
    if not 1 <= len(key) <= 128:
        yield f"a tag's key has {len(key)} characters", "1 to 128"
    if key.lower().startswith("aws:"):
        yield f"the tag {key} begins with aws:", "another beginning, which AWS does not keep"
    if len(value) > 256:
        yield f"the tag {key} has {len(value)} characters", "at most 256"
    for text in (key, value):
        if wrong := sorted({letter for letter in text if not _is_allowed(letter)}):
            yield f"the tag {key}={value} has {' '.join(wrong)}", _CHARACTERS


def _is_allowed(letter: str) -> bool:
    return letter in "_.:/=+-@" or unicodedata.category(letter)[0] in "LZN"


@rule(
    "tag-characters",
    "Tags of resources have letters, digits, spaces and _.:/=+-@ only",
    "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html",
)
def tag_characters(stack: Stack) -> Iterator[Problem]:
    """Not every service takes others."""
    for resource in stack.resources.values():
        for key, value in _tags(resource).items():
            for fault, expected in _faults(key, str(value) if isinstance(value, str) else ""):
                if expected == _CHARACTERS:
                    yield resource.problem(fault, "Tags", expected=expected)


@rule(
    "tag-count",
    "A resource has at most 50 tags, those of its stack included",
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html",
)
def tag_count(stack: Stack) -> Iterator[Problem]:
    """Those that AWS adds do not count."""
    inherited = set(stack.stage.tags) if uses_sam(stack.source) else set()
    if len(inherited) > 50:
        yield Problem((), f"{len(inherited)} tags", "at most 50", stack.stage.place)
        return
    for resource in stack.resources.values():
        keys = {*inherited, *_tags(resource)}
        if len(keys) > 50:
            yield resource.problem(f"{len(keys)} tags", "Tags", expected="at most 50")


def _tags(resource: Resource) -> dict[str, Any]:
    """The tags of a resource, which are a list or a mapping."""
    given = resource.get("Tags")
    if isinstance(given, dict):
        return given
    return {str(tag.get("Key")): tag.get("Value") for tag in given or [] if isinstance(tag, dict)}
