"""template.yaml + template.override.yaml → dist/template.yaml.

Mappings merge, lists append, scalars and intrinsic functions replace, `null` removes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from lambda_workbench.cloudformation import template
from lambda_workbench.errors import ToolError
from lambda_workbench.project import DIST, ROOT

_HEADER = "# Generated from template.yaml and template.override.yaml; edit those.\n"
# Properties that name a file or folder, relative to the template they stand in.
_LOCAL_PATHS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}


def merge(base: Any, override: Any, path: str = "") -> Any:
    """Lay `override` over `base` and return the result; neither is changed."""
    if _is_intrinsic(base) or _is_intrinsic(override):
        return override
    if isinstance(base, dict) and isinstance(override, dict):
        merged = dict(base)
        for key, value in override.items():
            if value is None:
                merged.pop(key, None)
            elif key in base:
                merged[key] = merge(base[key], value, f"{path}/{key}")
            else:
                merged[key] = value
        return merged
    if isinstance(base, list) and isinstance(override, list):
        return [*base, *override]
    if isinstance(base, (dict, list)):
        kind = "a mapping" if isinstance(base, dict) else "a list"
        raise ToolError(f"template.override.yaml: {path} must be {kind}, as in template.yaml")
    return override


def merged_template(dist: Path = DIST) -> template.Template:
    """Both templates as one, its local paths relative to `dist`."""
    merged: template.Template = template.load(ROOT / "template.yaml")
    override = ROOT / "template.override.yaml"
    if override.exists():
        merged = merge(merged, template.load(override))
    for body in (merged.get("Resources") or {}).values():
        name = _LOCAL_PATHS.get(body.get("Type", ""))
        properties = body.get("Properties") or {}
        value = properties.get(name) if name else None
        if isinstance(value, str) and "://" not in value:
            # Artefacts sit beside the template wherever it is written.
            uri = ROOT / value
            target = dist / uri.relative_to(DIST) if uri.is_relative_to(DIST) else uri
            properties[name] = Path(os.path.relpath(target, dist)).as_posix()
    return merged


def write_merged(dist: Path = DIST) -> Path:
    """Write the merged template into `dist` and return its path."""
    dist.mkdir(parents=True, exist_ok=True)
    target = dist / "template.yaml"
    target.write_text(_HEADER + template.dump(merged_template(dist)), encoding="utf-8")
    return target


def _is_intrinsic(node: Any) -> bool:
    """Whether a node is a call such as `!Ref x`, which has no parts to merge."""
    if not isinstance(node, dict) or len(node) != 1:
        return False
    key = str(next(iter(node)))
    return key == "Ref" or key.startswith("Fn::")


@click.command()
def command() -> None:
    """Write dist/template.yaml."""
    print(write_merged().relative_to(ROOT))
