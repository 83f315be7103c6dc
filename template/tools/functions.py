# Managed by the template: see docs/updating.md.
"""The functions that the template declares, as the packager and the emulator see them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tools.intrinsics import Resolver
from tools.merge import merge
from tools.project import ToolError, project
from tools.stages import stack_name, stage_names, stage_parameters
from tools.template import Template, resources_of_type

_KIND = "AWS::Serverless::Function"
_ACCOUNT = "123456789012"
_UNRESOLVED = re.compile(r"\$\{([A-Za-z0-9]+)(\.[A-Za-z.]+)?\}")


@dataclass(frozen=True)
class Function:
    """One Lambda function of the template."""

    logical_id: str
    zip: str
    handler: str
    runtime: str
    architecture: str
    timeout: int
    memory: int
    environment: dict[str, str]

    @property
    def name(self) -> str:
        """The short name: `api` for api.zip."""
        return PurePosixPath(self.zip).stem

    @property
    def module(self) -> str:
        """The module of the handler."""
        return self.handler.rpartition(".")[0]

    @property
    def python(self) -> str:
        """The minor version of its runtime, such as 3.13."""
        return self.runtime.removeprefix("python")


def functions_of(template: Template, stage: str) -> list[Function]:
    """The functions of a merged template, with their settings for a stage."""
    known = stage_names()
    resolver = Resolver(
        template,
        stage_parameters(stage),
        region=project().region,
        stack=stack_name(stage) if stage in known else f"{project().slug}-{stage}",
    )
    shared = (template.get("Globals") or {}).get("Function") or {}
    found = []
    for logical_id, body in resources_of_type(template, _KIND).items():
        properties = merge(shared, body.get("Properties") or {})
        code = properties.get("CodeUri")
        if not isinstance(code, str) or not code.endswith(".zip"):
            continue  # a function of the team's own that is built some other way
        found.append(_function(logical_id, resolver.value(properties)))
    if not found:
        raise ToolError("template.yaml declares no function with a zip as its CodeUri")
    return found


def stand_ins(environment: dict[str, str], template: Template) -> dict[str, str]:
    """An environment whose unresolved values look like the real ones.

    Enough to import a function: its settings are validated when it starts.
    """
    region = project().region
    resources = template.get("Resources") or {}

    def invent(match: re.Match[str]) -> str:
        name, attribute = match.group(1), match.group(2)
        kind = resources.get(name, {}).get("Type", "")
        if kind == "AWS::SecretsManager::Secret":
            return f"arn:aws:secretsmanager:{region}:{_ACCOUNT}:secret:{name}-AbCdEf"
        if kind == "AWS::SQS::Queue" and attribute in (None, ".QueueUrl"):
            return f"https://sqs.{region}.amazonaws.com/{_ACCOUNT}/{name}"
        if attribute == ".Arn":
            return f"arn:aws:service:{region}:{_ACCOUNT}:{name}"
        return name

    return {name: _UNRESOLVED.sub(invent, value) for name, value in environment.items()}


def _function(logical_id: str, properties: dict[str, Any]) -> Function:
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    architectures = properties.get("Architectures") or ["x86_64"]
    return Function(
        logical_id=logical_id,
        zip=PurePosixPath(properties["CodeUri"]).name,
        handler=properties["Handler"],
        runtime=properties["Runtime"],
        architecture=architectures[0],
        timeout=int(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        environment={name: _text(value) for name, value in variables.items()},
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
