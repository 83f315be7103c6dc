"""The parameters of each stage, from samconfig.toml."""

from __future__ import annotations

import os
import shlex
import tomllib
from typing import Any

from lambda_workbench.errors import ToolError
from lambda_workbench.project import ROOT, project

LOCAL = "local"


def stage_parameters(stage: str) -> dict[str, str]:
    """The template parameters of a stage; the emulator's stage needs no entry."""
    parameters = {"Stage": stage}
    deploy = _config().get(stage, {}).get("deploy", {}).get("parameters")
    if deploy is None and stage != LOCAL:
        raise ToolError(f"samconfig.toml has no stage called {stage!r}: {', '.join(stage_names())}")
    overrides = (deploy or {}).get("parameter_overrides", [])
    pairs = shlex.split(overrides) if isinstance(overrides, str) else overrides
    for pair in pairs:
        name, _, value = pair.partition("=")
        parameters[name] = value.strip('"')
    return parameters


def stack_name(stage: str) -> str:
    """The name of a stage's stack."""
    default = _config().get("default", {}).get("global", {}).get("parameters", {})
    name = _entry(stage).get("stack_name") or default.get("stack_name")
    if not name:
        raise ToolError(f"samconfig.toml names no stack for the stage {stage!r}")
    return str(name)


def stage_tags(stage: str) -> dict[str, str]:
    """The tags of a stage's stack, which every resource in it gets."""
    tags = _entry(stage).get("tags", [])
    pairs = shlex.split(tags) if isinstance(tags, str) else tags
    return dict(pair.split("=", 1) for pair in pairs)


def stage_capabilities(stage: str) -> list[str]:
    """What CloudFormation is allowed to find in the template; transforms always are."""
    named = _entry(stage).get("capabilities", "CAPABILITY_IAM")
    named = named.split() if isinstance(named, str) else named
    return sorted({*named, "CAPABILITY_AUTO_EXPAND"})


def stage_region(stage: str) -> str:
    """The region of a stage: its own in samconfig.toml, the environment's, or the project's."""
    own = _entry(stage).get("region")
    chosen = own or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return str(chosen or project().region)


def stage_names() -> list[str]:
    """The stages one can deploy to."""
    return [name for name, body in _config().items() if isinstance(body, dict) and "deploy" in body]


def _entry(stage: str) -> dict[str, Any]:
    entry: dict[str, Any] = _config().get(stage, {}).get("deploy", {}).get("parameters", {})
    return entry


def _config() -> dict[str, Any]:
    path = ROOT / "samconfig.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
