"""template.yaml + template.override.yaml → dist/template.yaml.

Mappings merge, lists append, scalars and intrinsic functions replace, `null` removes.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from lambda_workbench.cloudformation import documents
from lambda_workbench.cloudformation.merge import merge
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


def merged_template(dist: Path = DIST) -> documents.Template:
    """Both templates as one, its local paths relative to `dist`."""
    merged: documents.Template = documents.read(ROOT / "template.yaml")
    override = ROOT / "template.override.yaml"
    if override.exists():
        merged = merge(merged, documents.read(override))
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
    target.write_text(_HEADER + documents.dump(merged_template(dist)), encoding="utf-8")
    return target


@click.command()
def command() -> None:
    """Write dist/template.yaml."""
    print(write_merged().relative_to(ROOT))
