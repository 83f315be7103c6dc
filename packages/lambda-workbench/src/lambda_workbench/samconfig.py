"""samconfig.toml: the stages of a service and their settings."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_workbench.cloudformation.documents import Place
from lambda_workbench.errors import ToolError

FILE = "samconfig.toml"


@dataclass(frozen=True)
class Stage:
    """One stage: what SAM's commands would be given with `--config-env NAME`."""

    name: str
    stack_name: str
    region: str  # empty where the file names none
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    place: Place  # of its table
    capabilities: tuple[str, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)  # of its parameters


def read_stages(text: str) -> list[Stage]:
    """The stages in a samconfig.toml: each has a table `[NAME.deploy.parameters]`.

    Raises `ToolError`, with the line, for what cannot be read.
    """
    try:
        config = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        place = Place(FILE, int(line.group(1)) if line else 1)
        raise ToolError(f"{place}: not valid TOML: {error}") from error
    return [
        _stage(name, settings(body), text)
        for name, body in config.items()
        if isinstance(body, dict) and "deploy" in body
    ]


def settings(stage: Mapping[str, Any]) -> dict[str, Any]:
    """What `sam deploy` would have: its own table over the one for all commands.

    Only tables of the stage itself count, as in SAM CLI: `[default.global.parameters]` is for the
    stage that is called default.
    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
    """
    return {**_table(stage, "global"), **_table(stage, "deploy")}


def _stage(name: str, given: dict[str, Any], text: str) -> Stage:
    table = _line(text, rf"\[\s*{re.escape(name)}\.deploy\b", 1)
    parameters = {"Stage": name, **_pairs(given.get("parameter_overrides", []))}
    return Stage(
        name=name,
        stack_name=str(given.get("stack_name", "")),
        region=str(given.get("region", "")),
        parameters=parameters,
        tags=_pairs(given.get("tags", [])),
        place=Place(FILE, table),
        capabilities=tuple(_words(given.get("capabilities", "CAPABILITY_IAM"))),
        places={
            parameter: Place(FILE, _line(text, rf".*\b{re.escape(parameter)}=", table))
            for parameter in parameters
        },
    )


def _table(stage: Mapping[str, Any], command: str) -> dict[str, Any]:
    found: dict[str, Any] = stage.get(command, {}).get("parameters", {})
    return found


def _pairs(listed: list[str] | str) -> dict[str, str]:
    """`Key=value` pairs; a value may stand in quotes."""
    found = {}
    for pair in _words(listed):
        key, _, value = pair.partition("=")
        found[key] = value.strip('"')
    return found


def _words(listed: list[str] | str) -> list[str]:
    return shlex.split(listed) if isinstance(listed, str) else listed


def _line(text: str, pattern: str, start: int) -> int:
    """The first line from `start` on that matches; `start` when none does."""
    for number, line in enumerate(text.splitlines(), start=1):
        if number >= start and re.match(pattern, line):
            return number
    return start
