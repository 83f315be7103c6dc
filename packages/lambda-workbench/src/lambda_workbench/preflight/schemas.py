"""What the provider schemas that cfn-lint brings say about types of resources."""

from __future__ import annotations

import functools
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

_PREFIX = "/properties/"


@functools.cache
def replacing_properties(kind: str, region: str) -> tuple[tuple[str, ...], ...]:
    """The paths of the properties whose change makes CloudFormation replace a resource."""
    schema = _schema(kind, region)
    found = schema.get("createOnlyProperties", []) + schema.get(
        "conditionalCreateOnlyProperties", []
    )
    return tuple(_path(pointer) for pointer in found)


@functools.cache
def identifying_properties(kind: str, region: str) -> tuple[tuple[str, ...], ...]:
    """The paths of the properties that tell a resource from others of its type.

    Empty when AWS gives it its identifier.
    """
    schema = _schema(kind, region)
    found = schema.get("primaryIdentifier", [])
    given = not set(found) & set(schema.get("readOnlyProperties", []))
    return tuple(_path(pointer) for pointer in found) if given else ()


def _path(pointer: str) -> tuple[str, ...]:
    return tuple(pointer.removeprefix(_PREFIX).split("/"))


def _schema(kind: str, region: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
    except ResourceNotFoundError:
        return {}
    return found
