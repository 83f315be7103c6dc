"""The stacks of a project, as each stage would send them to CloudFormation."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lambda_workbench import samconfig
from lambda_workbench.cloudformation.documents import Place, Template, dump, load, place_of
from lambda_workbench.cloudformation.merge import merge
from lambda_workbench.cloudformation.translate import translate
from lambda_workbench.cloudformation.values import filled
from lambda_workbench.errors import ToolError
from lambda_workbench.preflight.files import Files
from lambda_workbench.preflight.model import Stack
from lambda_workbench.samconfig import Stage

_REGION = "us-east-1"  # as the AWS SDKs, where nothing else is said
TEMPLATE = "template.yaml"
OVERRIDE = "template.override.yaml"


@dataclass(frozen=True)
class Notice:
    """Something that is not wrong, but that people should know."""

    place: Place
    text: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.place}: note: {self.text}"


def service_template(files: Files) -> Template:
    """template.yaml with template.override.yaml over it."""
    text = files.read(TEMPLATE)
    if text is None:
        raise ToolError(f"there is no {TEMPLATE} here")
    template = load(text, TEMPLATE)
    override = files.read(OVERRIDE)
    return template if override is None else merge(template, load(override, OVERRIDE))


def stages_of(files: Files) -> list[Stage]:
    """The stages in samconfig.toml."""
    text = files.read(samconfig.FILE)
    if text is None:
        raise ToolError(f"there is no {samconfig.FILE} here")
    elsewhere = os.environ.get("AWS_REGION") or _REGION
    return [
        replace(stage, region=stage.region or elsewhere) for stage in samconfig.read_stages(text)
    ]


def service_stack(template: Template, stage: Stage) -> Stack:
    """The stack of the service in one stage."""
    known = {
        name: value
        for name, value in stage.parameters.items()
        if not _is_open(template, name, value)
    }
    return _stack(template, replace(stage, parameters=known), dump(template))


def stack_beside(text: str, file: str, stage: Stage) -> Stack:
    """A stack that a person creates beside the service's for a stage; its template is `text`."""
    return _stack(load(text, file), replace(stage, parameters={"Stage": stage.name}), text)


def open_parameters(template: Template, stages: list[Stage]) -> list[Notice]:
    """Parameters that nobody has given a value yet, and that have no default."""
    found = {
        name: stage.places.get(name, stage.place)
        for stage in reversed(stages)
        for name in _parameters(template)
        if _is_open(template, name, stage.parameters.get(name, ""))
    }
    return [
        Notice(place, f"{name} has no value yet: what depends on it was not checked")
        for name, place in sorted(found.items(), key=lambda item: item[1])
    ]


def _is_open(template: Template, name: str, value: str) -> bool:
    body = _parameters(template).get(name)
    if body is None or value or "Default" in body:
        return False
    pattern = body.get("AllowedPattern")
    return pattern is None or re.fullmatch(str(pattern), "") is None


def _parameters(template: Template) -> Mapping[str, Template]:
    found: Mapping[str, Template] = template.get("Parameters") or {}
    return found


def _stack(template: Template, stage: Stage, body: str) -> Stack:
    resources = template.get("Resources")
    if not isinstance(resources, dict):
        at = place_of(template, ["Resources"]) or Place(TEMPLATE, 1)
        raise ToolError(f"{at}: expected resources, by their names")
    for name, resource in resources.items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            place = place_of(template, ["Resources", name])
            raise ToolError(f"{place}: {name} must be a mapping with a Type")
    translated = translate(template, stage.parameters, stage.region)
    values = filled(translated, stage.parameters, region=stage.region, stack=stage.stack_name)
    return Stack(stage, template, translated, values, body)
