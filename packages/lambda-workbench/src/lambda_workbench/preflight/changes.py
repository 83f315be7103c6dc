"""Changes: what CloudFormation refuses as an update, or carries out at the cost of data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lambda_workbench.preflight.model import Path, Problem, Resource, Stack, at, change_rule
from lambda_workbench.preflight.naming import PHYSICAL_NAMES
from lambda_workbench.preflight.schemas import identifying_properties, replacing_properties

_GUIDE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide"
_REFERENCE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference"
_UPDATES = f"{_GUIDE}/using-cfn-updating-stacks-update-behaviors.html"
_MAPPING = "AWS::Lambda::EventSourceMapping"
# Names that only one resource of an account and region can have.
_NAMES = {
    kind: name
    for kind, name in PHYSICAL_NAMES.items()
    if kind
    not in (
        "AWS::ApiGateway::ApiKey",
        "AWS::AppConfig::Application",
        "AWS::Lambda::LayerVersion",
        "AWS::Logs::QueryDefinition",
    )
}
_TABLE = "AWS::DynamoDB::Table"
# What keeps something that a new one does not have.
_STATEFUL = (
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::GlobalTable",
    _TABLE,
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
)
# Properties whose change fails, although no schema says so.
_IMMUTABLE = {
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion", "Origin"),
    "AWS::Logs::LogGroup": ("LogGroupClass",),
}
_DEFAULTS = {
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "LogGroupClass": "STANDARD",
    "MultiRegion": False,
    "Origin": "AWS_KMS",
}


def stateful_removed(before: Stack, after: Stack) -> Iterator[str]:
    """What the next deployment deletes together with what it keeps, in words."""
    for name, resource in before.resources.items():
        if resource.type in _STATEFUL and name not in after.resources:
            policy = resource.body.get("DeletionPolicy", "Delete")
            what = "stays behind, outside of the stack" if policy != "Delete" else "is deleted"
            yield f"{name} ({resource.type}) is no longer in the template, and {what}"


@change_rule(
    "index-changes",
    "An update creates or deletes one global index of a table",
    "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html",
)
def index_changes(before: Stack, after: Stack) -> Iterator[Problem]:
    for old, new in _kept(before, after, _TABLE):
        was, will_be = (_indexes(table) for table in (old, new))
        changed = [name for name in was.keys() & will_be.keys() if was[name] != will_be[name]]
        moved = sorted((was.keys() ^ will_be.keys()) | set(changed))
        if len(moved) > 1 or changed:
            yield new.problem(
                f"{new.name} would have {len(moved)} indexes created, deleted or changed at once: "
                f"{', '.join(moved)}",
                "GlobalSecondaryIndexes",
                expected="one new or one less per deployment; for other keys, a new name first",
            )


def _indexes(table: Resource) -> dict[str, Any]:
    """The keys and the projection of each global index."""
    return {
        str(index.get("IndexName")): [index.get("KeySchema"), index.get("Projection")]
        for index in table.get("GlobalSecondaryIndexes") or []
    }


@change_rule(
    "named-replacement",
    "A resource with a name of its own does not have to be replaced",
    f"{_REFERENCE}/aws-properties-name.html",
)
def named_replacement(before: Stack, after: Stack) -> Iterator[Problem]:
    """CloudFormation makes the new one first, and its name is taken by the old one."""
    for old, new in _kept(before, after):
        name = _NAMES.get(new.type, "")
        if not name or new.get(name) is None or old.get(name) != new.get(name):
            continue
        for path in _replacing(old, new, after):
            yield new.problem(
                f"{'.'.join(path)} of {new.name} changes, which replaces it, and its name "
                f"{new.get(name)!r} stays: CloudFormation refuses that",
                *path,
                expected=f"another {name}, or the old {path[-1]}",
            )


@change_rule(
    "replaced-data",
    "What keeps data is not replaced by an empty one",
    _UPDATES,
)
def replaced_data(before: Stack, after: Stack) -> Iterator[Problem]:
    for old, new in _kept(before, after, *_STATEFUL):
        name = _NAMES.get(new.type, "")
        renamed = not name or new.get(name) is None or old.get(name) != new.get(name)
        for path in _replacing(old, new, after):
            if renamed:
                yield new.problem(
                    f"{'.'.join(path)} of {new.name} changes, which makes a new and empty one",
                    *path,
                    expected="a second resource beside it, and a move of the data",
                )
                break


def _replacing(old: Resource, new: Resource, stack: Stack) -> Iterator[tuple[str, ...]]:
    """The changed properties that make CloudFormation replace a resource."""
    for path in replacing_properties(new.type, stack.stage.region):
        if at(old.properties, path) != at(new.properties, path):
            yield path


@change_rule(
    "immutable-property",
    "A property that nothing can change stays",
    f"{_REFERENCE}/aws-resource-kms-key.html",
)
def immutable_property(before: Stack, after: Stack) -> Iterator[Problem]:
    """A key's kind and a log group's class: the update fails."""
    for kind, names in _IMMUTABLE.items():
        for old, new in _kept(before, after, kind):
            for name in names:
                was, will_be = (one.get(name) or _DEFAULTS[name] for one in (old, new))
                if was != will_be:
                    yield new.problem(
                        f"{name} of {new.name} cannot change from {was} to {will_be}", name
                    )


@change_rule(
    "type-changed",
    "A logical id stays with its type",
    _UPDATES,
)
def type_changed(before: Stack, after: Stack) -> Iterator[Problem]:
    for name, new in after.resources.items():
        old = before.resources.get(name)
        if old is not None and old.type != new.type:
            yield Problem(
                ("Resources", name, "Type"),
                f"{name} was {old.type} and becomes {new.type}: CloudFormation refuses that",
                "another logical id",
            )


@change_rule(
    "name-moved",
    "A physical name stays with its logical id",
    f"{_REFERENCE}/aws-properties-name.html",
)
def name_moved(before: Stack, after: Stack) -> Iterator[Problem]:
    """CloudFormation makes the new resource before it deletes the old one of the same name."""
    was = {
        identity: old for old in before.resources.values() for identity in _identity(before, old)
    }
    for new in after.resources.values():
        for identity in _identity(after, new):
            old = was.get(identity)
            if old is not None and old.name != new.name:
                yield Problem(
                    ("Resources", new.name),
                    f"{new.name} has the name that {old.name} has now: "
                    f"{' '.join(map(str, identity[1:]))}",
                    f"the logical id {old.name}, or another name",
                )


def _identity(stack: Stack, resource: Resource) -> Iterator[tuple[Any, ...]]:
    """What no other resource of its type may share with a resource, if it is known."""
    name = _NAMES.get(resource.type)
    paths: tuple[tuple[str, ...], ...] = ((name,),) if name else ()
    if resource.type == _MAPPING:
        paths = (("EventSourceArn",), ("FunctionName",))
    paths = paths or identifying_properties(resource.type, stack.stage.region)
    values = [resource.get(*path) for path in paths]
    if values and None not in values:
        yield (resource.type, *(_text(value) for value in values))


@change_rule(
    "renamed-data",
    "What keeps data keeps its logical id",
    _UPDATES,
)
def renamed_data(before: Stack, after: Stack) -> Iterator[Problem]:
    """Without a name of its own, a resource under another logical id is a new and empty one."""
    gone = {
        json.dumps(old.properties, sort_keys=True): old
        for old in before.resources.values()
        if old.type in _STATEFUL and old.name not in after.resources
    }
    for new in after.resources.values():
        old = gone.get(json.dumps(new.properties, sort_keys=True))
        if old is None or old.type != new.type or new.name in before.resources:
            continue
        if not list(_identity(after, new)):
            yield Problem(
                ("Resources", new.name),
                f"{new.name} looks like {old.name}, which is gone: it begins empty",
                f"the logical id {old.name}",
            )


@change_rule(
    "removed-export",
    "An export that other stacks may import stays",
    f"{_GUIDE}/using-cfn-stack-exports.html",
)
def removed_export(before: Stack, after: Stack) -> Iterator[Problem]:
    was, will_be = (_exports(stack) for stack in (before, after))
    for name in sorted(was.keys() - will_be.keys()):
        path: Path = ("Outputs", was[name]) if was[name] in after.source.get("Outputs", {}) else ()
        yield Problem(
            path or ("Outputs",),
            f"the export {name} goes away: CloudFormation refuses that while a stack imports it",
        )


def _exports(stack: Stack) -> dict[str, str]:
    return {
        _text(output["Export"]["Name"]): name
        for name, output in (stack.filled.get("Outputs") or {}).items()
        if "Export" in output
    }


@change_rule(
    "stack-moved",
    "A stage stays in its stack and region",
    _UPDATES,
)
def stack_moved(before: Stack, after: Stack) -> Iterator[Problem]:
    """What is there stays there, and names that are taken refuse the new stack."""
    for name, was, will_be in (
        ("stack_name", before.stage.stack_name, after.stage.stack_name),
        ("region", before.stage.region, after.stage.region),
    ):
        if was != will_be:
            message = f"{name} changes from {was} to {will_be}"
            yield Problem((), message, was, place=after.stage.place)


def _text(value: Any) -> str:
    """A value as text; one that a deployment fills in, by how it is written."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _kept(before: Stack, after: Stack, *types: str) -> Iterator[tuple[Resource, Resource]]:
    """Resources that are there before and after, of these types if given."""
    for name, new in after.resources.items():
        old = before.resources.get(name)
        if old is not None and old.type == new.type and (not types or new.type in types):
            yield old, new
