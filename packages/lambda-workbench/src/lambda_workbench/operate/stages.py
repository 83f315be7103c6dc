"""The stages of this project, from samconfig.toml."""

from __future__ import annotations

import os

from lambda_workbench.errors import ToolError
from lambda_workbench.project import ROOT, project
from lambda_workbench.samconfig import FILE, Stage, read_stages

LOCAL = "local"


def stage_parameters(stage: str) -> dict[str, str]:
    """The template parameters of a stage; the emulator's stage needs no entry."""
    if stage == LOCAL and stage not in _stages():
        return {"Stage": stage}
    return dict(_stage(stage).parameters)


def stack_name(stage: str) -> str:
    """The name of a stage's stack."""
    name = _stage(stage).stack_name
    if not name:
        raise ToolError(f"{FILE} names no stack for the stage {stage!r}")
    return name


def stage_tags(stage: str) -> dict[str, str]:
    """The tags of a stage's stack, which every resource in it gets."""
    return dict(_stage(stage).tags)


def stage_capabilities(stage: str) -> list[str]:
    """What CloudFormation is allowed to find in the template; transforms always are."""
    return sorted({*_stage(stage).capabilities, "CAPABILITY_AUTO_EXPAND"})


def stage_region(stage: str) -> str:
    """The region of a stage: its own in samconfig.toml, the environment's, or the project's."""
    own = _stages()[stage].region if stage in _stages() else ""
    chosen = own or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return str(chosen or project().region)


def stage_names() -> list[str]:
    """The stages one can deploy to."""
    return list(_stages())


def _stage(name: str) -> Stage:
    known = _stages()
    if name not in known:
        raise ToolError(f"{FILE} has no stage called {name!r}: {', '.join(known)}")
    return known[name]


def _stages() -> dict[str, Stage]:
    path = ROOT / FILE
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return {stage.name: stage for stage in read_stages(text)}
