"""samconfig.toml: the stages of a service and their settings."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_workbench.cloudformation.documents import Place
from lambda_workbench.errors import ToolError

FILE = "samconfig.toml"
_REGION = "us-east-1"  # as the AWS SDKs, where nothing else is said


@dataclass(frozen=True)
class Stage:
    """One stage: what `sam deploy --config-env NAME` would be given."""

    name: str
    stack_name: str
    region: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    place: Place  # of its table
    places: Mapping[str, Place] = field(default_factory=dict)  # of its parameters


def read_stages(text: str) -> list[Stage]:
    """The stages in a samconfig.toml.

    Raises `ToolError`, with the line, for what cannot be read.
    """
    try:
        config = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        place = Place(FILE, int(line.group(1)) if line else 1)
        raise ToolError(f"{place}: not valid TOML: {error}") from error
    shared = _table(config.get("default", {}), "global")
    return [
        _stage(name, {**shared, **_table(body, "deploy")}, text)
        for name, body in config.items()
        if isinstance(body, dict) and "deploy" in body
    ]


def _stage(name: str, settings: dict[str, Any], text: str) -> Stage:
    table = _line(text, rf"\[\s*{re.escape(name)}\.deploy\b", 1)
    parameters = {"Stage": name, **_pairs(settings.get("parameter_overrides", []))}
    return Stage(
        name=name,
        stack_name=str(settings.get("stack_name", "")),
        region=str(settings.get("region") or os.environ.get("AWS_REGION") or _REGION),
        parameters=parameters,
        tags=_pairs(settings.get("tags", [])),
        place=Place(FILE, table),
        places={
            parameter: Place(FILE, _line(text, rf".*\b{re.escape(parameter)}=", table))
            for parameter in parameters
        },
    )


def _table(body: dict[str, Any], command: str) -> dict[str, Any]:
    found: dict[str, Any] = body.get(command, {}).get("parameters", {})
    return found


def _pairs(listed: list[str] | str) -> dict[str, str]:
    """`Key=value` pairs; a value may stand in quotes."""
    pairs = shlex.split(listed) if isinstance(listed, str) else listed
    found = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        found[key] = value.strip('"')
    return found


def _line(text: str, pattern: str, start: int) -> int:
    """The first line from `start` on that matches; `start` when none does."""
    for number, line in enumerate(text.splitlines(), start=1):
        if number >= start and re.match(pattern, line):
            return number
    return start
