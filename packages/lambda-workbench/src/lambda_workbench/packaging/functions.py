"""The functions that the template declares, as the packager and the emulator see them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from lambda_workbench.cloudformation.documents import Template, resources_of_type
from lambda_workbench.cloudformation.intrinsics import Resolver
from lambda_workbench.cloudformation.merge import merge
from lambda_workbench.errors import ToolError
from lambda_workbench.operate.stages import stack_name, stage_names, stage_parameters
from lambda_workbench.project import project

LAYER_ZIP = "layer.zip"
IMAGE_PARAMETER = "Image"

_KIND = "AWS::Serverless::Function"
_LAYER_KIND = "AWS::Serverless::LayerVersion"
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
    layers: tuple[str, ...] = ()  # logical ids
    is_image: bool = False

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
        is_zip = isinstance(code, str) and code.endswith(".zip")
        if is_zip or properties.get("ImageUri") == {"Ref": IMAGE_PARAMETER}:
            found.append(_function(logical_id, resolver.value(properties)))
        # Any other is one of the team's own that is built some other way.
    if not found:
        raise ToolError("template.yaml declares no function that is packed here")
    return found


def layer_of(template: Template) -> str:
    """The logical id of the layer with the dependencies, if there is one."""
    for logical_id, body in resources_of_type(template, _LAYER_KIND).items():
        if body["Properties"].get("ContentUri") == LAYER_ZIP:
            return logical_id
    return ""


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
    is_image = "ImageUri" in properties
    handler = properties["ImageConfig"]["Command"][0] if is_image else properties["Handler"]
    layers = (str(layer) for layer in properties.get("Layers") or [])
    return Function(
        logical_id=logical_id,
        zip=PurePosixPath(properties.get("CodeUri", f"{handler.split('.')[-2]}.zip")).name,
        handler=handler,
        runtime=f"python{project().python}" if is_image else properties["Runtime"],
        architecture=architectures[0],
        timeout=int(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        environment={name: _text(value) for name, value in variables.items()},
        layers=tuple(layer[2:-1] for layer in layers if _UNRESOLVED.fullmatch(layer)),
        is_image=is_image,
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
