"""The bootstrap template of a project, from its files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable

from lambda_workbench.bootstrap.compose import (
    NAME,
    Read,
    Service,
    compose,
    composition_of,
    read_part,
)
from lambda_workbench.bootstrap.facts import facts_of
from lambda_workbench.cloudformation.documents import Template, load
from lambda_workbench.cloudformation.translate import translate
from lambda_workbench.errors import ToolError
from lambda_workbench.preflight.files import Files
from lambda_workbench.preflight.stacks import service_template, stages_of

_CI = ("github", "none")


def composed(files: Files, stage: str = "", read: Read = read_part) -> str:
    """The template as YAML, for what the service has in all its stages.

    `stage` is what the template's parameter Stage is by default.
    """
    return compose(service_of(files, translated_stages(files)), stage, read)


def service_of(files: Files, stages: Iterable[Template]) -> Service:
    """What pyproject.toml and samconfig.toml say, and the facts about the translated stages."""
    text = files.read("pyproject.toml")
    if text is None:
        raise ToolError(f"there is no pyproject.toml here, so {NAME} has no name to go by")
    data = tomllib.loads(text)
    ci = data["tool"]["lambda-workbench"].get("ci", "none")
    if ci not in _CI:
        raise ToolError(
            f"pyproject.toml: [tool.lambda-workbench] has ci = {ci!r}: expected {' or '.join(_CI)}"
        )
    return Service(
        name=data["project"]["name"],
        stages=tuple(stage.name for stage in stages_of(files)),
        ci=ci,
        facts=facts_of(stages),
    )


def composition_now(files: Files) -> str:
    """Which composition `make bootstrap` would deploy, as in the output Composition of a stack."""
    return composition_of(load(composed(files), NAME))


def translated_stages(files: Files) -> list[Template]:
    """The service's stack in each stage, as CloudFormation would get it."""
    template = service_template(files)
    return [translate(template, stage.parameters, stage.region) for stage in stages_of(files)]
