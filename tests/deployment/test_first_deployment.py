"""A first deployment that fails leaves nothing behind, also where data is protected.

A table with deletion protection cannot be deleted before that is turned off:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html
RetainExceptOnCreate has CloudFormation try just that when the creation is rolled back:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
So the stack would end as ROLLBACK_FAILED, with tables that have to be looked for by hand. The
emulator passes over the protection when it rolls back: here is tried in which order things happen.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.decode.cfn_yaml import load

from tests import support
from tests.deployment.conftest import Place

PROFILES = sorted((Path(__file__).parents[1] / "profiles").glob("*.yml"))
BROKEN = """\
Resources:
  Broken:
    Type: AWS::Logs::LogStream
    DependsOn: [OrdersTable, IdempotencyTable]
    Properties:
      LogGroupName: nobody
"""


def test_a_first_deployment_of_prod_that_fails_leaves_no_table_behind(place: Place) -> None:
    place.override(BROKEN)

    done = place.run("deploy", "local", "--parameter", "Stage=prod")

    assert done.code == 1
    assert "ROLLBACK_COMPLETE, because of Broken (AWS::Logs::LogStream)" in done.output
    assert place.client("dynamodb").list_tables()["TableNames"] == []

    place.override("Resources: {}\n")
    done = place.run("deploy", "local", "--parameter", "Stage=prod")

    assert not done.failure, done.failure
    # They were made without it: that was the second change set.
    first, _, second = done.output.partition("order-service-local stands: now ProtectData")
    assert "added           AWS::DynamoDB::Table" in first
    assert re.search(r"changed +AWS::DynamoDB::Table +OrdersTable +.*DeletionProtection", second)
    dynamodb = place.client("dynamodb")
    tables = [
        dynamodb.describe_table(TableName=name)["Table"]
        for name in dynamodb.list_tables()["TableNames"]
    ]
    assert len(tables) == 2
    assert all(table["DeletionProtectionEnabled"] for table in tables)


def protections(node: Any) -> Iterator[Any]:
    """The values of every property that protects something from being deleted."""
    if isinstance(node, dict):
        for key, value in node.items():
            if "deletionprotection" in key.lower():
                yield value
            else:
                yield from protections(value)
    elif isinstance(node, list):
        for item in node:
            yield from protections(item)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_whatever_is_protected_waits_until_the_stack_stands(
    profile: Path, template: Path, tmp_path: Path
) -> None:
    answers = yaml.safe_load(profile.read_text())
    project = support.render(template, tmp_path / "project", answers)

    parsed = load(str(project / "template.yaml"))

    found = list(protections(parsed["Resources"]))
    assert all(value == {"Fn::If": ["ProtectsData", True, False]} for value in found)
    if answers.get("data_store") != "none":
        assert len(found) >= 2
        assert parsed["Conditions"]["ProtectsData"] == {
            "Fn::And": [
                {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
                {"Fn::Equals": [{"Ref": "ProtectData"}, "true"]},
            ]
        }
        # Who deploys without these tools gets the protection from the start.
        assert parsed["Parameters"]["ProtectData"]["Default"] == "true"
