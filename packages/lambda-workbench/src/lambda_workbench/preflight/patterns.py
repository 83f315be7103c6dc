"""Patterns of events, as EventBridge and Lambda's filters take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambda_workbench.preflight.model import Path

_OPERATORS = {
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
}


def faults(pattern: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """What is wrong with a pattern, each with its path."""
    if not isinstance(pattern, dict) or not pattern:
        yield path, "expected fields, each with a list of the values it may have"
        return
    for field, allowed in pattern.items():
        here = (*path, field)
        if field == "$or":
            yield from _alternatives(allowed, here)
        elif isinstance(allowed, dict):
            yield from faults(allowed, here)
        elif not isinstance(allowed, list) or not allowed:
            yield here, f"expected a list of values, got {allowed!r}"
        else:
            yield from _operators(allowed, here)


def uses_numbers(pattern: Any) -> bool:
    """Whether a pattern compares numbers anywhere."""
    if isinstance(pattern, dict):
        return "numeric" in pattern or any(map(uses_numbers, pattern.values()))
    return isinstance(pattern, list) and any(map(uses_numbers, pattern))


def _alternatives(allowed: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if not isinstance(allowed, list) or len(allowed) < 2:
        yield path, "expected a list of two or more patterns"
        return
    for index, one in enumerate(allowed):
        yield from faults(one, (*path, index))


def _operators(allowed: list[Any], path: Path) -> Iterator[tuple[Path, str]]:
    for index, value in enumerate(allowed):
        if isinstance(value, list):
            yield (*path, index), "expected a value, got a list"
        elif isinstance(value, dict) and (len(value) != 1 or not set(value) <= _OPERATORS):
            yield (
                (*path, index),
                f"expected one of {', '.join(sorted(_OPERATORS))}, got {', '.join(value)}",
            )
