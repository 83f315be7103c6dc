"""What in a stack holds data, how much, and what becomes of it when the stack is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambda_workbench.cloudformation import documents
from lambda_workbench.operate.changes import STATEFUL
from lambda_workbench.operate.stack import Stack

TABLE, BUCKET, LOGS = "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Logs::LogGroup"
LAYER = "AWS::Lambda::LayerVersion"
_QUEUE = "AWS::SQS::Queue"


@dataclass(frozen=True)
class Holding:
    """A resource that holds data, or that stays when its stack is deleted.

    `policy` is its DeletionPolicy. `content` says what it holds; empty when it holds nothing.
    """

    name: str
    kind: str
    physical: str
    policy: str
    content: str

    @property
    def stays(self) -> bool:
        """Whether it outlives its stack."""
        return self.policy.startswith("Retain")

    @property
    def is_data(self) -> bool:
        """Whether it holds what somebody may miss; logs are for looking things up."""
        return bool(self.content) and self.kind != LOGS

    @property
    def line(self) -> str:
        """The holding in a line."""
        return f"  {self.kind:28} {self.physical}  {self.content or 'empty'}"


def holdings(stack: Stack) -> list[Holding]:
    """What a stack holds. Layers are listed too where they stay behind."""
    policies = _deletion_policies(stack)
    found = []
    for name, kind, physical in _resources(stack):
        policy = policies.get(name, "Delete")
        if physical and (kind in STATEFUL or (kind == LAYER and policy.startswith("Retain"))):
            look = _CONTENTS.get(kind)
            content = look(stack, physical) if look else "not looked into"
            found.append(Holding(name, kind, physical, policy, content))
    return sorted(found, key=lambda holding: (holding.kind, holding.name))


def _deletion_policies(stack: Stack) -> dict[str, str]:
    answer = stack.client("cloudformation").get_template(
        StackName=stack.name, TemplateStage="Processed"
    )
    body = answer["TemplateBody"]
    # boto3 has read what is JSON.
    known: Mapping[str, Any] = (
        documents.load(body, "the template") if isinstance(body, str) else body
    )
    resources: Mapping[str, Any] = known.get("Resources") or {}
    return {name: one.get("DeletionPolicy", "Delete") for name, one in resources.items()}


def _resources(stack: Stack) -> Iterator[tuple[str, str, str]]:
    pages = stack.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=stack.name):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceStatus"] != "DELETE_COMPLETE":
                yield (
                    resource["LogicalResourceId"],
                    resource["ResourceType"],
                    resource.get("PhysicalResourceId", ""),
                )


def _items(stack: Stack, table: str) -> str:
    dynamodb = stack.client("dynamodb")
    # DescribeTable counts only every six hours.
    if not dynamodb.scan(TableName=table, Limit=1, ConsistentRead=True)["Items"]:
        return ""
    count = dynamodb.describe_table(TableName=table)["Table"].get("ItemCount", 0)
    return f"about {count} items" if count else "items"


def _objects(stack: Stack, bucket: str) -> str:
    found = stack.client("s3").list_object_versions(Bucket=bucket, MaxKeys=1)
    return "objects" if found.get("Versions") or found.get("DeleteMarkers") else ""


def _messages(stack: Stack, url: str) -> str:
    found = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    names = ("", "NotVisible", "Delayed")
    total = sum(int(found["Attributes"][f"ApproximateNumberOfMessages{name}"]) for name in names)
    return f"about {total} messages" if total else ""


def _lines(stack: Stack, group: str) -> str:
    groups = stack.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    stored = sum(one.get("storedBytes", 0) for one in groups if one["logGroupName"] == group)
    return f"{stored / 1e6:,.1f} MB of logs" if stored else ""


_CONTENTS: dict[str, Callable[[Stack, str], str]] = {
    TABLE: _items,
    BUCKET: _objects,
    _QUEUE: _messages,
    LOGS: _lines,
    "AWS::KMS::Key": lambda _stack, _key: "a key; AWS deletes it after its waiting time",
    "AWS::Kinesis::Stream": lambda _stack, _name: "the records of its retention time, if any came",
    "AWS::SecretsManager::Secret": lambda _stack, _name: "a secret",
    LAYER: lambda _stack, _arn: "a version of the layer",
}
