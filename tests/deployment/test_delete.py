"""`make delete`: says what holds data, keeps what is to be kept, and asks."""

import re

import pytest

from tests.deployment.conftest import Place

BUCKET = """\
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration:
        Status: Enabled
"""


def tables(place: Place) -> list[str]:
    found: list[str] = place.client("dynamodb").list_tables()["TableNames"]
    return found


def add_order(place: Place) -> str:
    (name,) = (table for table in tables(place) if "OrdersTable" in table)
    place.client("dynamodb").put_item(TableName=name, Item={"order_id": {"S": "1"}})
    return name


def test_tables_stay_and_are_named(deployed: Place) -> None:
    orders = add_order(deployed)

    done = deployed.run("delete", "local", "--yes")

    assert not done.failure, done.failure
    before, _, after = done.output.partition("Delete")
    assert deployed.status("order-service-local") == ""
    assert tables(deployed) == [orders]
    left = after.partition("These are left")[2]
    assert re.search(rf"{orders}  (about 1 )?items", left)
    stays = before.partition("stays:")[2]
    assert orders in stays
    assert "IdempotencyTable" not in stays


def test_nothing_is_deleted_without_a_yes(deployed: Place) -> None:
    done = deployed.run("delete", "local")

    assert done.code == 1
    assert "Delete order-service-local? Nobody is here to answer: YES=1 goes ahead" in done.output
    assert deployed.status("order-service-local") == "CREATE_COMPLETE"


def test_with_data_everything_goes(deployed: Place) -> None:
    add_order(deployed)

    done = deployed.run("delete", "local", "--data", "--yes")

    assert not done.failure, done.failure
    assert tables(deployed) == []
    assert "These are left" not in done.output
    groups = deployed.client("logs").describe_log_groups()["logGroups"]
    assert not [group for group in groups if "order-service-local" in group["logGroupName"]]


def test_a_bucket_is_emptied_only_when_told_to(place: Place) -> None:
    place.override(BUCKET)
    assert not place.run("deploy", "local").failure
    s3 = place.client("s3")
    (bucket,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if "files" in one["Name"])
    for body in (b"old", b"new"):
        s3.put_object(Bucket=bucket, Key="report", Body=body)

    refused = place.run("delete", "local", "--yes")

    assert refused.code == 1
    assert (
        f"{bucket} is not empty, so it cannot be deleted: DATA=1 empties it first" in refused.output
    )
    assert place.status("order-service-local") == "CREATE_COMPLETE"
    assert not place.run("delete", "local", "--yes", "--data").failure
    assert bucket not in [one["Name"] for one in s3.list_buckets()["Buckets"]]


def test_protection_does_not_stop_what_is_to_go(place: Place) -> None:
    """The table of what was done already is protected in prod too, and goes with its stack."""
    assert not place.run("deploy", "local", "--parameter", "Stage=prod").failure

    done = place.run("delete", "local", "--yes")

    assert not done.failure, done.failure
    assert [name for name in tables(place) if "Idempotency" in name] == []
    (orders,) = tables(place)
    described = place.client("dynamodb").describe_table(TableName=orders)["Table"]
    assert described["DeletionProtectionEnabled"]


def test_a_protected_stack_is_left_alone(deployed: Place) -> None:
    deployed.client("cloudformation").update_termination_protection(
        StackName="order-service-local", EnableTerminationProtection=True
    )

    done = deployed.run("delete", "local", "--yes")

    assert done.code == 1
    assert "update-termination-protection --no-enable-termination-protection" in done.output
    assert deployed.status("order-service-local") == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('confirmed="", data=False', "make delete STAGE=prod CONFIRM=order-service-prod"),
        ('confirmed="yes", data=False', "make delete STAGE=prod CONFIRM=order-service-prod"),
        ('confirmed="order-service-prod", data=True', "no command deletes the data of prod"),
        ('confirmed="order-service-prod", data=False', "allowed"),
    ],
)
def test_prod_has_to_be_named_and_keeps_its_data(place: Place, arguments: str, said: str) -> None:
    done = place.script(f"""
from lambda_workbench.operate.delete import expect_allowed
try:
    expect_allowed("prod", stack("order-service-prod"), {arguments})
    print("allowed")
except ToolError as error:
    print(error)
""")
    assert said in done.output


def test_a_stage_that_is_not_there_is_said_to_be_so(place: Place) -> None:
    done = place.run("delete", "local", "--yes")

    assert done.code == 1
    assert "there is no stack order-service-local" in done.output
