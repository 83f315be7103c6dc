"""What CloudFormation refuses as an update, or carries out at the cost of data."""

import re
from pathlib import Path
from typing import Any

import pytest

from lambda_workbench.preflight.catalogue import CHANGE_RULES

from .conftest import stack_of

BY_ID = {rule.id: rule for rule in CHANGE_RULES}


def found(rule: str, before: str, after: str, **later: Any) -> list[str]:
    problems = BY_ID[rule].check(stack_of(before), stack_of(after, **later))
    return [f"{problem.message} (expected {problem.expected})" for problem in problems]


def refuses(rule: str, message: str, before: str, after: str, **later: Any) -> None:
    said = found(rule, before, after, **later)
    assert len(said) == 1, said
    assert message in said[0]


def allows(rule: str, before: str, after: str, **later: Any) -> None:
    assert found(rule, before, after, **later) == []


def table(*indexes: str, key: str = "id", name: str = "orders") -> str:
    """A table with global indexes, each by the attribute of its name."""
    attributes = ", ".join(
        f"{{AttributeName: {each}, AttributeType: S}}" for each in (key, *indexes)
    )
    listed = ", ".join(
        f"{{IndexName: by-{each}, KeySchema: [{{AttributeName: {each}, KeyType: HASH}}], "
        "Projection: {ProjectionType: ALL}}"
        for each in indexes
    )
    return f"""\
Orders:
  Type: AWS::DynamoDB::Table
  Properties:
    TableName: {name}
    AttributeDefinitions: [{attributes}]
    KeySchema: [{{AttributeName: {key}, KeyType: HASH}}]
    GlobalSecondaryIndexes: [{listed}]
"""


def test_a_table_gets_one_index_at_a_time() -> None:
    allows("index-changes", table(), table("customer"))
    allows("index-changes", table("customer"), table())
    two = "2 indexes created, deleted or changed at once: by-customer, by-status"
    refuses("index-changes", two, table(), table("customer", "status"))
    refuses("index-changes", two, table("customer"), table("status"))


def test_an_index_with_other_keys_needs_another_name() -> None:
    other = table("customer").replace("ProjectionType: ALL", "ProjectionType: KEYS_ONLY")
    refuses("index-changes", "by-customer", table("customer"), other)


def test_what_has_a_name_cannot_be_replaced_under_it() -> None:
    refuses("named-replacement", "its name 'orders' stays", table(), table(key="number"))
    allows("named-replacement", table(), table(key="number", name="numbered-orders"))
    allows("named-replacement", table(), table("customer"))


def test_a_new_version_of_a_layer_may_have_its_name() -> None:
    layer = """\
Layer:
  Type: AWS::Lambda::LayerVersion
  Properties: {LayerName: shop, Content: {S3Bucket: b, S3Key: KEY}}
"""
    allows("named-replacement", layer, layer.replace("KEY", "another"))


def test_data_does_not_stay_behind() -> None:
    renamed = table(name="all-orders")
    refuses("replaced-data", "makes a new and empty one", table(), renamed)
    allows("replaced-data", table(), table("customer"))


KEY = "Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {}}}"
LOGS = "Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /shop, LogGroupClass: CLASS}}"


def test_some_properties_never_change() -> None:
    asymmetric = KEY.replace("KeyPolicy", "KeySpec: RSA_2048, KeyPolicy")
    refuses("immutable-property", "from SYMMETRIC_DEFAULT to RSA_2048", KEY, asymmetric)
    standard, cheap = (LOGS.replace("CLASS", kind) for kind in ("STANDARD", "INFREQUENT_ACCESS"))
    refuses("immutable-property", "from STANDARD to INFREQUENT_ACCESS", standard, cheap)
    allows("immutable-property", standard, LOGS.replace(", LogGroupClass: CLASS", ""))


QUEUE = "Work: {Type: AWS::SQS::Queue, Properties: {QueueName: work}}"


def test_a_logical_id_keeps_its_type() -> None:
    topic = "Work: {Type: AWS::SNS::Topic, Properties: {TopicName: work}}"
    refuses("type-changed", "was AWS::SQS::Queue and becomes AWS::SNS::Topic", QUEUE, topic)
    allows("type-changed", QUEUE, QUEUE)


def test_a_name_keeps_its_logical_id() -> None:
    refuses(
        "name-moved", "the name that Work has now: work", QUEUE, QUEUE.replace("Work:", "Jobs:")
    )
    allows(
        "name-moved",
        QUEUE,
        QUEUE.replace("Work:", "Jobs:").replace("QueueName: work", "QueueName: jobs"),
    )


def test_data_without_a_name_keeps_its_logical_id() -> None:
    bucket = (
        "Files: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Enabled}}}"
    )
    refuses("renamed-data", "it begins empty", bucket, bucket.replace("Files", "Papers"))
    allows("renamed-data", bucket, f"{bucket}\nPapers: {{Type: AWS::S3::Bucket}}")


def test_an_export_stays() -> None:
    exporting = f"""\
Resources:
  {QUEUE}
Outputs:
  Url: {{Value: !Ref Work, Export: {{Name: work-url}}}}
"""
    refuses("removed-export", "the export work-url goes away", exporting, QUEUE)
    allows("removed-export", exporting, exporting)
    allows("removed-export", QUEUE, exporting)


def test_a_stage_stays_where_it_is() -> None:
    refuses(
        "stack-moved",
        "region changes from eu-west-1 to us-east-1",
        QUEUE,
        QUEUE,
        region="us-east-1",
    )
    allows("stack-moved", QUEUE, QUEUE)


@pytest.mark.parametrize("tried", ["refuses", "allows"])
def test_every_rule_about_changes_is_tried_both_ways(tried: str) -> None:
    named = set(re.findall(rf'\b{tried}\(\s*"([a-z0-9-]+)"', Path(__file__).read_text()))
    assert sorted(BY_ID.keys() - named) == []
