"""Read and write CloudFormation templates, short tags (`!Ref`, `!Sub` …) included."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

from lambda_workbench.errors import ToolError

Template = dict[str, Any]


def load(path: Path) -> Template:
    """Parse a template; the short tags come back in their long form."""
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, name: str = "the template") -> Template:
    """The same of its text; `name` is for messages."""
    try:
        parsed = yaml_parse(text)
    except yaml.YAMLError as error:
        raise ToolError(f"{name} is not valid YAML: {error}") from error
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise ToolError(f"{name} must be a mapping at its top level")
    plain: Template = _dates_to_text(parsed)
    return plain


def dump(template: Template) -> str:
    """The template as YAML, with its keys in the order they were given."""
    return str(yaml.dump(template, Dumper=_PlainDumper, sort_keys=False, width=100))


def resources_of_type(template: Template, kind: str) -> dict[str, Any]:
    """The resources of one type, by logical id."""
    resources = template.get("Resources") or {}
    return {name: body for name, body in resources.items() if body.get("Type") == kind}


class _PlainDumper(yaml.SafeDumper):
    """Writes shared parts out in full: CloudFormation does not read YAML anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _dates_to_text(node: Any) -> Any:
    """Undo YAML's reading of `2012-10-17` as a date."""
    if isinstance(node, dict):
        return {str(key): _dates_to_text(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_dates_to_text(value) for value in node]
    if isinstance(node, datetime.date):
        return node.isoformat()
    return node
