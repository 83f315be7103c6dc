"""What CloudFormation takes of a template and of its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lambda_workbench.cloudformation.translate import uses_sam
from lambda_workbench.preflight.model import Problem, Stack, as_number, rule

_DOCS = "https://docs.aws.amazon.com"
_QUOTAS = f"{_DOCS}/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
_PARAMETERS = f"{_DOCS}/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html"

_MOST = {"Resources": 500, "Parameters": 200, "Outputs": 200, "Mappings": 200}


@rule(
    "stack-quotas",
    "A template has at most 500 resources, 200 parameters, 200 outputs and 200 mappings",
    _QUOTAS,
)
def stack_quotas(stack: Stack) -> Iterator[Problem]:
    """Counted after SAM's transform, whatever the conditions say."""
    for section, most in _MOST.items():
        count = len(stack.translated.get(section) or {})
        if count > most:
            yield Problem((section,), f"{count} {section.lower()}", f"at most {most}")
    for name, mapping in (stack.translated.get("Mappings") or {}).items():
        count = max([len(mapping), *map(len, mapping.values())])
        if count > 200:
            yield Problem(("Mappings", name), f"{name} has {count} attributes", "at most 200")


@rule(
    "template-size",
    "A template has at most 1 MB",
    _QUOTAS,
)
def template_size(stack: Stack) -> Iterator[Problem]:
    """In a bucket; a template of more than 51,200 bytes cannot be sent without one."""
    most = 1_000_000
    length = len(stack.body.encode())
    if length > most:
        yield Problem(("Resources",), f"the template has {length:,} bytes", f"at most {most:,}")


@rule(
    "parameter-values",
    "The values that samconfig.toml gives to parameters are allowed by the template",
    _PARAMETERS,
)
def parameter_values(stack: Stack) -> Iterator[Problem]:
    """Allowed values, patterns, lengths and numbers; and 4,096 bytes at most."""
    for name, body in (stack.source.get("Parameters") or {}).items():
        value = stack.stage.parameters.get(name)
        if value is None:
            continue
        place = stack.stage.places.get(name)
        for expected in _refused(value, body):
            shown = value if len(value) <= 100 else f"{len(value)} characters"
            yield Problem(("Parameters", name), f"{name} is {shown!r}", expected, place)


def _refused(value: str, declared: Mapping[str, Any]) -> Iterator[str]:
    """What was expected instead of a value."""
    if len(value.encode()) > 4096:
        yield "at most 4,096 bytes"
    kind = str(declared.get("Type"))
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    parts = [part.strip() for part in value.split(",")] if is_list else [value]
    allowed = [str(item) for item in declared.get("AllowedValues") or parts]
    if not set(parts) <= set(allowed):
        yield f"one of {', '.join(allowed)}"
    pattern = declared.get("AllowedPattern")
    if pattern is not None and not all(_matches(str(pattern), part) for part in parts):
        yield f"what matches {pattern}"
    if kind in ("Number", "List<Number>"):
        numbers = [as_number(part) for part in parts]
        if not all(_between(number, declared, "MinValue", "MaxValue") for number in numbers):
            yield f"a number{_bounds(declared, 'MinValue', 'MaxValue')}"
    elif not all(_between(len(part), declared, "MinLength", "MaxLength") for part in parts):
        yield f"a length{_bounds(declared, 'MinLength', 'MaxLength')}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True  # written for Java, which is what CloudFormation is in


def _between(number: float | None, declared: Mapping[str, Any], low: str, high: str) -> bool:
    if number is None:
        return False
    least, most = as_number(declared.get(low)), as_number(declared.get(high))
    return (least is None or least <= number) and (most is None or number <= most)


def _bounds(declared: Mapping[str, Any], low: str, high: str) -> str:
    least = f" from {declared[low]}" if low in declared else ""
    return least + (f" up to {declared[high]}" if high in declared else "")


@rule(
    "unknown-parameter",
    "Parameters with a value in samconfig.toml are ones of the template",
    _PARAMETERS,
)
def unknown_parameter(stack: Stack) -> Iterator[Problem]:
    """A value for any other parameter is ignored, so that a slip would go unnoticed."""
    declared = stack.source.get("Parameters") or {}
    for name, place in stack.stage.places.items():
        if name in stack.stage.parameters and name not in declared and uses_sam(stack.source):
            yield Problem((), f"the template has no parameter {name}", place=place)
