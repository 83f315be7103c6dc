"""How long texts get of which a deployment alone knows some parts.

Names that CloudFormation makes up, ARNs and addresses have lengths that are known well enough.
"""

from __future__ import annotations

import json
import re
from typing import Any

from lambda_workbench.cloudformation.values import ACCOUNT, PLACEHOLDER, partition_of
from lambda_workbench.preflight.model import Resource, Stack
from lambda_workbench.preflight.naming import PHYSICAL_NAMES

_UNKNOWN = "x" * 64
_MADE_UP = 13  # characters that CloudFormation appends to a name: a hyphen and twelve more
_SHORT_IDS = {"AWS::ApiGateway::RestApi": 10, "AWS::ApiGatewayV2::Api": 10, "AWS::KMS::Key": 36}
_REF_IS_ARN = {
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::OIDCProvider",
    "AWS::Lambda::Alias",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Version",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
}


def size(stack: Stack, document: Any) -> int:
    """Characters of a document as JSON without white space."""
    text = json.dumps(rendered(stack, document), separators=(",", ":"), ensure_ascii=False)
    return len(text)


def rendered(stack: Stack, value: Any) -> Any:
    """A value with text of the likely length in place of what only a deployment knows."""
    if isinstance(value, list):
        return [rendered(stack, item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name == "Ref":
            return _reference(stack, str(argument), "")
        if name == "Fn::GetAtt":
            parts = argument.split(".", 1) if isinstance(argument, str) else argument
            return _reference(stack, str(parts[0]), str(parts[1]))
        if name == "Fn::Sub":
            return _substituted(stack, argument)
        if name.startswith("Fn::"):
            return _UNKNOWN
    return {key: rendered(stack, item) for key, item in value.items()}


def _substituted(stack: Stack, argument: Any) -> str:
    text, local = argument if isinstance(argument, list) else (argument, {})

    def fill(match: re.Match[str]) -> str:
        name, _, attribute = match.group(1).strip().partition(".")
        if name in local:
            return str(rendered(stack, local[name]))
        return _reference(stack, name, attribute)

    return PLACEHOLDER.sub(fill, str(text))


def _reference(stack: Stack, name: str, attribute: str) -> str:
    resource = stack.resources.get(name)
    if resource is None:
        return _UNKNOWN
    physical = _physical_name(stack, resource)
    region = stack.stage.region
    if resource.type == "AWS::SQS::Queue" and not attribute:
        return f"https://sqs.{region}.amazonaws.com/{ACCOUNT}/{physical}"
    is_arn = attribute.endswith("Arn") or (resource.type in _REF_IS_ARN and attribute in ("", "Id"))
    if not is_arn:
        return physical
    service = resource.type.split("::")[1].lower()
    return f"arn:{partition_of(region)}:{service}:{region}:{ACCOUNT}:{service}/{physical}"


def _physical_name(stack: Stack, resource: Resource) -> str:
    if resource.type in _SHORT_IDS:
        return "x" * _SHORT_IDS[resource.type]
    given = resource.text(PHYSICAL_NAMES.get(resource.type, ""))
    return given or f"{stack.stage.stack_name}-{resource.name}" + "x" * _MADE_UP
