"""What a service has, as far as its bootstrap stack depends on it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lambda_workbench.cloudformation.documents import Template

# Facts that follow from a property of a resource: the type, and what holds for its properties.
_PROPERTIES: dict[str, tuple[str, Callable[[Mapping[str, Any]], bool]]] = {
    "from-image": ("AWS::Lambda::Function", lambda has: has.get("PackageType") == "Image"),
    "in-network": ("AWS::Lambda::Function", lambda has: "VpcConfig" in has),
    "keeps-records": ("AWS::Lambda::EventSourceMapping", lambda has: "DestinationConfig" in has),
    "topic-starts": ("AWS::SNS::Subscription", lambda has: has.get("Protocol") == "lambda"),
    "bucket-starts": ("AWS::S3::Bucket", lambda has: "NotificationConfiguration" in has),
}
# What is encrypted with a key of the stack is made with the right to use it, `encrypted`. These
# name a key and do not use it before they are used themselves:
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
_ASKS_LATER = {"AWS::IAM::Role", "AWS::KMS::Alias", "AWS::KMS::Key", "AWS::SNS::Topic"}


def facts_of(stages: Iterable[Template]) -> frozenset[str]:
    """The facts about the stages' stacks, which are translated templates.

    A fact is the type of a resource, its logical id, or one of those above: `in-network`.
    Conditions are left open, so that a stage can be given another value later.
    """
    return frozenset(fact for template in stages for fact in _facts(template["Resources"]))


def _facts(resources: Mapping[str, Any]) -> Iterator[str]:
    keys = [name for name, body in resources.items() if body["Type"] == "AWS::KMS::Key"]
    for name, body in resources.items():
        kind, properties = body["Type"], body.get("Properties")
        yield from (name, kind)
        if not isinstance(properties, Mapping):
            continue
        for fact, (of_type, holds) in _PROPERTIES.items():
            if kind == of_type and holds(properties):
                yield fact
        if kind not in _ASKS_LATER and _refers_to(properties, keys):
            yield "encrypted"


def _refers_to(properties: Mapping[str, Any], names: list[str]) -> bool:
    """Whether a resource has a `Ref`, `Fn::GetAtt` or `Fn::Sub` of one of these."""
    text = json.dumps(properties, default=str)
    return any(re.search(rf'"{name}[".]|\$\{{{name}[.}}]', text) for name in names)
