"""The OpenAPI document of a set of routes. Imported only when somebody asks for it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from .routes import Route


def describe(title: str, version: str, routes: Sequence[Route], problem: type) -> dict[str, Any]:
    """Build an OpenAPI 3.1 document from the routes' types and docstrings."""
    types = {problem, *(t for route in routes for t in (route.accepts, route.returns) if t)}
    ordered = [
        *sorted(types, key=lambda kind: kind.__name__),
        *(kind for route in routes for kind in route.parameters.values()),
    ]
    references, schemas = msgspec.json.schema_components(
        ordered, ref_template="#/components/schemas/{name}"
    )
    schema_of: dict[Any, Any] = dict(zip(ordered, references, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = "/" + "/".join(route.segments)
        paths.setdefault(path, {})[route.method.lower()] = _operation(
            route, schema_of, schemas, problem
        )
    documents = {problem, *(route.returns for route in routes)}
    documents |= {r.accepts for r in routes if r.accepts and not _reads_query(r)}
    for kind in types - documents:
        del schemas[kind.__name__]
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        # Where this document is, which knows of the stage or base path before it.
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(
    route: Route, schema_of: dict[Any, Any], schemas: dict[str, Any], problem: type
) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": schema_of[kind]}
        for name, kind in route.parameters.items()
    ]
    parameters += [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in route.requires
    ]
    operation: dict[str, Any] = {
        "operationId": route.function.__name__,
        "summary": (route.function.__doc__ or route.function.__name__).strip().splitlines()[0],
    }
    if route.accepts and _reads_query(route):
        query = schemas[route.accepts.__name__]
        parameters += [
            {"name": name, "in": "query", "required": name in query["required"], "schema": schema}
            for name, schema in query["properties"].items()
        ]
    elif route.accepts:
        operation["requestBody"] = {"required": True, "content": _json(schema_of[route.accepts])}
    if parameters:
        operation["parameters"] = parameters
    operation["responses"] = {
        str(route.status): {"description": "Done", "content": _json(schema_of[route.returns])},
        "default": {
            "description": "Refused or failed",
            "content": _json(schema_of[problem], "application/problem+json"),
        },
    }
    return operation


def _reads_query(route: Route) -> bool:
    return route.method in {"GET", "DELETE"}


def _json(schema: Any, kind: str = "application/json") -> dict[str, Any]:
    return {kind: {"schema": schema}}
