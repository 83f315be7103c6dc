"""What CloudFormation needs to be allowed for a stack: the actions that AWS's own resource provider
schemas list for each handler, each on the resource that it is about.

The schemas come with cfn-lint. `handlers.*.permissions`:
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cfnlint

from tests.iam.exceptions import EXCEPTIONS, UNKNOWN, UNKNOWN_BUT_CHECKED, Exemption
from tests.iam.judge import Judge, Request
from tests.iam.stack import Properties, Stack, Target

HANDLERS = ("create", "read", "update", "delete")
# The reference lists a topic for them as something that a request may lack, and up to 2024 it had
# nothing at all: a subscription is no type of resource that a policy can name.
WITHOUT_RESOURCE = {
    "sns:GetSubscriptionAttributes",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
}
_SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"


@dataclass(frozen=True, eq=False)
class Need:
    """One action that a handler calls for a resource of the stack."""

    type: str
    logical_id: str
    handler: str
    action: str
    requests: tuple[Request, ...] = ()
    exemption: Exemption | None = None
    problem: str = ""


@functools.cache
def schema(kind: str) -> dict[str, Any]:
    """The provider schema of a type."""
    index = json.loads((_SCHEMAS / "providers" / "eu-west-1.json").read_text())
    found: dict[str, Any] = json.loads((_SCHEMAS / "resources" / f"{index[kind]}.json").read_text())
    return found


def needs(judge: Judge, stack: Stack) -> Iterator[Need]:
    """Every need of a stack."""
    for name in sorted(stack.resources):
        yield from needs_of(judge, stack, name)


def needs_of(
    judge: Judge, stack: Stack, logical_id: str, changed: Properties | None = None
) -> Iterator[Need]:
    """Those of one resource; `changed` are other properties than it has."""
    body = stack.resources[logical_id]
    properties = body["Properties"] if changed is None else changed
    for handler in HANDLERS:
        permissions = schema(body["Type"]).get("handlers", {}).get(handler, {})
        for action in sorted(permissions.get("permissions", [])):
            yield _need(judge, stack, logical_id, handler, action, properties)


def _need(
    judge: Judge, stack: Stack, name: str, handler: str, action: str, properties: Properties
) -> Need:
    kind = stack.resources[name]["Type"]
    for exemption in EXCEPTIONS:
        if exemption.applies(kind, handler, action, properties):
            return Need(kind, name, handler, action, exemption=exemption)
    known = judge.actions([action])[action]
    targets = stack.targets(name, properties)
    if action in WITHOUT_RESOURCE or (known is not None and not known.resources):
        special = [target for target in targets if action in target.only] or [Target("", "*")]
        about = [Target(t.kind, "*", t.tagged, t.context, fresh=t.fresh) for t in special]
    elif known is None and action not in UNKNOWN_BUT_CHECKED:
        problem = "" if action in UNKNOWN else "the reference does not have this action"
        return Need(kind, name, handler, action, problem=problem)
    else:
        wanted = {r.name for r in known.needed or known.resources} if known else set()
        service = action.split(":")[0].lower()
        about = [
            target
            for target in targets
            if (action in target.only)
            or (not target.only and target.kind in {f"{service}:{name}" for name in wanted})
        ]
    if action.split(":")[1] in _TAGGING:
        about = [target for target in about if target.fresh] or about
    if not about:
        return Need(kind, name, handler, action, problem="nothing of the stack that this is about")
    made = (_requests(stack, kind, handler, action, target) for target in about)
    return Need(kind, name, handler, action, tuple(r for group in made for r in group))


def _requests(
    stack: Stack, kind: str, handler: str, action: str, target: Target
) -> Iterator[Request]:
    verb = action.split(":")[1]
    making = target.fresh and handler == "create"
    existing = {f"aws:ResourceTag/{name}": value for name, value in stack.tags.items()}
    context = {**target.context, **_request_tags(stack, kind, handler, verb, target)}
    new = making and verb.startswith(("Create", "POST"))
    if target.tagged and not new:
        yield Request(action, target.arn, {**context, **existing}, resource_policy=target.policy)
    if not target.tagged or new or (making and verb in TAGGED_LATE.get(kind, ())):
        yield Request(action, target.arn, context, resource_policy=target.policy)


def _request_tags(
    stack: Stack, kind: str, handler: str, verb: str, target: Target
) -> dict[str, str | list[str]]:
    """The tags in a request: the stack's where tags are given, others where they are taken."""
    if verb.startswith(("Untag", "DeleteTags", "Remove")) or (
        verb == "DELETE" and "/tags/" in target.arn
    ):
        return {"aws:TagKeys": ["of-old"]}
    taggable = schema(kind).get("tagging", {}).get("taggable", True)
    if (handler in {"create", "update"} and taggable) or verb in _TAGGING:
        tags = {f"aws:RequestTag/{name}": value for name, value in stack.tags.items()}
        return {**tags, "aws:TagKeys": list(stack.tags)}
    return {}


# Calls of create handlers for which the tags of what is new may not count yet. KMS says that tags
# take up to five minutes, and its handler turns on rotation at once. APIs are imported first and
# tagged afterwards.
# https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html
# https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-kms
TAGGED_LATE = {
    "AWS::KMS::Key": {"EnableKeyRotation", "TagResource"},
    "AWS::ApiGateway::RestApi": {"GET", "PATCH", "PUT"},
    "AWS::ApiGatewayV2::Api": {"GET", "PATCH", "PUT"},
    "AWS::ApplicationAutoScaling::ScalableTarget": {"RegisterScalableTarget", "TagResource"},
}
_TAGGING = {"AddTagsToResource", "CreateTags", "DeleteTags", "TagQueue", "TagResource", "TagRole"}
