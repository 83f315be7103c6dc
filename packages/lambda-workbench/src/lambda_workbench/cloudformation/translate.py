"""SAM templates as the CloudFormation that AWS makes of them."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterator, Mapping
from typing import Any

from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

from lambda_workbench.cloudformation.documents import Template, place_of
from lambda_workbench.errors import ToolError

SAM = "AWS::Serverless-2016-10-31"

# Properties that name a file or folder of this machine: SAM uploads it, and sends an address.
LOCAL_PATHS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
_UPLOADED = "s3://packages/"

# Otherwise SAM's translator warns about a feature flag of its own.
logging.getLogger("samtranslator").setLevel(logging.CRITICAL)


def translate(template: Template, parameters: Mapping[str, str], region: str) -> Template:
    """What CloudFormation makes of a template with these parameters, in plain dictionaries.

    A template without SAM's transform comes back as it is. Local files count as uploaded. Raises
    `ToolError` with the resources' places for what the translator refuses.
    """
    if not uses_sam(template):
        return _plain(template)
    with _region(region):
        try:
            given = _uploaded(template)
            return _plain(transform(given, dict(parameters), _NoManagedPolicies()))
        except InvalidDocumentException as error:
            raise ToolError("\n".join(_causes(template, error))) from error
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            place = place_of(template, ["Resources"]) or "template"
            raise ToolError(f"{place}: SAM cannot read the template: {error!r}") from error


def uses_sam(template: Template) -> bool:
    """Whether CloudFormation hands the template to SAM."""
    transforms = template.get("Transform") or []
    return SAM in ([transforms] if isinstance(transforms, str) else transforms)


def _uploaded(template: Template) -> Template:
    """The template with an address in place of every file and folder of this machine."""
    changed = _plain(template)
    shared = changed.get("Globals") or {}
    parts = [
        *((body.get("Type"), body.get("Properties")) for body in changed["Resources"].values()),
        *((f"AWS::Serverless::{kind}", properties) for kind, properties in shared.items()),
    ]
    for kind, properties in parts:
        name = LOCAL_PATHS.get(kind)
        value = (properties or {}).get(name)
        if isinstance(value, str) and "://" not in value:
            properties[name] = _UPLOADED + value.lstrip("./")
    return changed


class _NoManagedPolicies:
    """SAM asks IAM for the names of AWS's policies; nothing here needs them."""

    def load(self) -> dict[str, str]:
        return {}


def _causes(template: Template, error: InvalidDocumentException) -> Iterator[str]:
    for cause in error.causes:
        resource = getattr(cause, "_logical_id", None)
        place = place_of(template, ["Resources", resource]) if resource else None
        yield f"{place or 'template'}: SAM refuses it: {cause.message}"


@contextlib.contextmanager
def _region(region: str) -> Iterator[None]:
    """The translator takes the region from the environment."""
    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = region
    try:
        yield
    finally:
        if before is None:
            del os.environ["AWS_DEFAULT_REGION"]
        else:
            os.environ["AWS_DEFAULT_REGION"] = before


def _plain(template: Any) -> Template:
    result: Template = json.loads(json.dumps(template, default=str))
    return result
