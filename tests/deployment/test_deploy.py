"""`make deploy` as the pipeline runs it: from the package to a stack, with what its role allows."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import loads

from tests import support
from tests.deployment.conftest import Place

# The operations of S3 that have another name than the permission for them:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
PERMISSIONS = {"s3:HeadObject": "s3:GetObject"}


@pytest.fixture
def stage(place: Place, packed: Path) -> Place:
    """A project with its package, and an account in which dev is prepared."""
    shutil.copytree(packed, place.project / "dist")
    place.bootstrap()
    return place


def actions(statements: list[dict[str, Any]]) -> set[str]:
    allowed = [statement["Action"] for statement in statements]
    return {action for one in allowed for action in ([one] if isinstance(one, str) else one)}


def test_a_package_becomes_a_stack(stage: Place) -> None:
    done = stage.aws("deploy", "dev", "--prebuilt", SERVICE_VERSION="1.2.3")

    assert not done.failure, done.failure
    assert stage.status("order-service-dev") == "CREATE_COMPLETE"
    (stack,) = stage.client("cloudformation").describe_stacks(StackName="order-service-dev")[
        "Stacks"
    ]
    tags = {tag["Key"]: tag["Value"] for tag in stack["Tags"]}
    assert tags == {"service": "order-service", "stage": "dev", "owner": "Orders team"}
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    assert parameters["ServiceVersion"] == "1.2.3"
    assert parameters["LogLevel"] == "DEBUG"  # from samconfig.toml
    assert parameters["RoleBoundaryArn"].endswith(":policy/order-service-boundary-dev")
    manifest = json.loads((stage.project / "dist/manifest.json").read_text())
    for name, function in manifest["functions"].items():
        code = stage.client("lambda").get_function(FunctionName=f"order-service-dev-{name}")
        assert code["Configuration"]["CodeSize"] == function["size"]


def test_what_is_uploaded_has_its_hash_for_a_name_and_goes_there_once(stage: Place) -> None:
    stage.aws("deploy", "dev", "--prebuilt")
    again = stage.aws("deploy", "dev", "--prebuilt")

    assert "order-service-dev: no changes" in again.output
    assert "call: s3:PutObject" not in again.output
    listed = stage.client("s3").list_objects_v2(Bucket="order-service-000000000000-dev")["Contents"]
    manifest = json.loads((stage.project / "dist/manifest.json").read_text())
    keys = {one["Key"] for one in listed}
    for function in manifest["functions"].values():
        assert f"order-service/dev/{function['sha256']}.zip" in keys
    others = {key for key in keys if not key.endswith(".zip")} - {"order-service/dev/releases.json"}
    assert all(key.startswith("order-service/dev/templates/") for key in others)


def test_a_right_that_the_account_has_not_got_yet_is_told_before_it_is_missed(
    stage: Place,
) -> None:
    told = "order-service-bootstrap-dev is not what this service and this version of the workbench"
    assert told not in stage.aws("deploy", "dev", "--prebuilt").output
    assert "prepared" not in _not_met(stage)
    stage.override("Resources:\n  Totals:\n    Type: AWS::Kinesis::Stream\n")

    done = stage.aws("deploy", "dev", "--prebuilt")

    assert f"note: {told} need: make bootstrap STAGE=dev shows the difference" in done.output
    assert "prepared" in _not_met(stage)
    assert not stage.aws("bootstrap", "dev", "--yes").failure
    assert told not in stage.aws("deploy", "dev", "--prebuilt").output


def _not_met(stage: Place) -> set[str]:
    """The items of the checklist that somebody has to do something about."""
    done = stage.aws("checklist", "dev", "--json")
    items = json.loads(done.output[done.output.index("{") :])["items"]
    return {item["name"] for item in items if item["state"] == "NOT MET"}


@pytest.mark.parametrize("command", [["deploy", "dev", "--prebuilt"], ["rollback", "dev", "--yes"]])
def test_the_role_of_the_pipeline_allows_every_call(command: list[str], stage: Place) -> None:
    for version in ("one", "two"):
        assert not stage.aws("deploy", "dev", "--prebuilt", SERVICE_VERSION=version).failure
    resources = loads(support.bootstrap_template(stage.project))["Resources"]
    allowed = actions(resources["Deploy"]["Properties"]["PolicyDocument"]["Statement"])

    done = stage.aws(*command, SERVICE_VERSION="three")

    assert not done.failure, done.failure
    lines = (line for line in done.output.splitlines() if line.startswith("call: "))
    called = {line.removeprefix("call: ") for line in lines}
    assert "cloudformation:ExecuteChangeSet" in called
    assert {PERMISSIONS.get(call, call) for call in called} <= allowed


def test_a_stage_that_was_not_prepared_says_how_to(place: Place, packed: Path) -> None:
    shutil.copytree(packed, place.project / "dist")

    done = place.aws("deploy", "dev", "--prebuilt")

    assert done.code == 1
    assert (
        "dev has not been prepared in this account and region: make bootstrap STAGE=dev"
        in done.output
    )


def test_a_parameter_that_the_template_lacks_is_refused(stage: Place) -> None:
    stage.edit("samconfig.toml", '"LogLevel=DEBUG"', '"LogLevle=DEBUG"')

    done = stage.aws("deploy", "dev", "--prebuilt")

    assert done.code == 1
    assert "samconfig.toml: dev has LogLevle, template.yaml has not" in done.output
    assert "s3:PutObject" not in done.output


def test_a_value_that_aws_would_refuse_is_refused_before_anything_is_sent(stage: Place) -> None:
    stage.edit("samconfig.toml", '"LogLevel=DEBUG"', '"LogLevel=DEBUG", "QueueConcurrency=1"')

    done = stage.aws("deploy", "dev", "--prebuilt")

    assert done.code == 1
    assert "AWS would refuse this" in done.output
    assert "QueueConcurrency" in done.output
    assert "s3:PutObject" not in done.output


def test_packages_are_not_given_to_a_bucket_of_somebody_else(stage: Place) -> None:
    """The name of the bucket can be guessed, so whose it is has to be said with each call."""
    done = stage.script("""
from lambda_workbench.operate.depot import Depot
class S3:
    def head_object(self, **given):
        print("asked:", given["ExpectedBucketOwner"])
    def get_object(self, **given):
        print("asked:", given["ExpectedBucketOwner"])
        raise SystemExit
depot = Depot(S3(), "bucket", "prefix/", "111111111111")
depot.put_template("{}")
depot.get("key")
""")
    assert done.output.count("asked: 111111111111") == 2
