"""What AWS lists in pages is read to the last page."""

import ast
import functools
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from tests import support
from tests.operations.conftest import Tools

# What the commands and the end-to-end tests of a project talk to.
SERVICES = [
    "apigateway",
    "apigatewayv2",
    "appconfig",
    "cloudformation",
    "cloudwatch",
    "cognito-idp",
    "dynamodb",
    "dynamodbstreams",
    "ecr",
    "events",
    "iam",
    "kinesis",
    "lambda",
    "logs",
    "s3",
    "scheduler",
    "sns",
    "sqs",
    "stepfunctions",
]
# How answers say that there is more, where botocore has no paginator.
MORE = {"nexttoken", "nextmarker", "marker", "position", "lastevaluatedshardid"}
ONE = "asked for one by its name"
# Calls that need no further page, with the reason.
ENOUGH = {
    ("stack.py", "describe_stacks"): ONE,
    ("image.py", "describe_repositories"): ONE,
    ("image.py", "describe_images"): ONE,
    ("image.py", "describe_image_scan_findings"): "the counts are on every page",
    ("sources.py", "get_stages"): "those of a REST API come at once",
    ("change_set.py", "describe_change_set"): "the status is on every page; changes are paginated",
    ("holdings.py", "describe_log_groups"): "the group of the whole name comes first of its prefix",
    ("holdings.py", "list_object_versions"): "one is enough to know that a bucket is not empty",
    ("holdings.py", "scan"): "one is enough to know that a table is not empty",
    ("streams.py", "describe_stream"): "goes on from the last shard; botocore has no paginator",
}


@functools.cache
def listings() -> dict[str, set[str]]:
    """The methods that answer in pages, and the services that have them, as botocore knows."""
    session = botocore.session.get_session()
    found: dict[str, set[str]] = {}
    for service in SERVICES:
        model = session.get_service_model(service)
        paginators = session.get_component("data_loader").load_service_model(
            service, "paginators-1"
        )["pagination"]
        for operation in model.operation_names:
            output = model.operation_model(operation).output_shape
            says_more = output is not None and MORE & {name.lower() for name in _members(output)}
            if operation in paginators or says_more:
                found.setdefault(xform_name(operation), set()).add(service)
    return found


def _members(shape: object) -> set[str]:
    """The names in an answer, and in the one description that it may consist of."""
    members = getattr(shape, "members", {})
    inner = [one for one in members.values() if one.type_name == "structure"]
    return set(members) | {name for one in inner for name in getattr(one, "members", {})}


def calls(path: Path) -> set[str]:
    """The names of the methods that a module calls."""
    tree = ast.parse(path.read_text())
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def test_what_comes_in_pages_is_known() -> None:
    assert "lambda" in listings()["list_event_source_mappings"]
    assert "dynamodbstreams" in listings()["describe_stream"]
    assert "lambda" not in listings().get("get_function", set())


def test_every_listing_is_read_to_its_end(project: Tools) -> None:
    modules = [*support.WORKBENCH.rglob("*.py"), *(project.project / "tests" / "e2e").glob("*.py")]
    single = {
        (module.name, method)
        for module in modules
        for method in calls(module)
        if method in listings()
    }
    assert single == set(ENOUGH)


# The first page has none of what is looked for.
SECOND_PAGE = """\
import sys
import botocore.session
from botocore.stub import Stubber
from lambda_workbench.operate import stack
from lambda_workbench.local import streams
from lambda_workbench.operate.service import Service

session = botocore.session.get_session()
stubs = {}

def answers(service, operation, pages):
    client = session.create_client(
        service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    stubs[service] = stub = Stubber(client)
    for request, answer in pages:
        stub.add_response(operation, answer, request)
    stub.activate()

stack.client = lambda service, endpoint, region="": stubs[service].client
streams.client = stack.client
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"
"""
CASES = {
    "an event source": (
        """\
answers("lambda", "list_event_source_mappings", [
    ({}, {"NextMarker": "2", "EventSourceMappings": [{"FunctionArn": ARN + "other:live"}]}),
    ({"Marker": "2"}, {"EventSourceMappings": [{"FunctionArn": ARN + "shop-dev-queue:live"}]}),
])
print(Service("dev").mapping("queue")["FunctionArn"])
""",
        "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-queue:live",
    ),
    "a shard of a table's stream": (
        """\
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
ONE, TWO = "shardId-00000000000000000001", "shardId-00000000000000000002"
answers("dynamodbstreams", "describe_stream", [
    ({"StreamArn": ARN}, {"StreamDescription": {
        "Shards": [{"ShardId": ONE}], "LastEvaluatedShardId": ONE}}),
    ({"StreamArn": ARN, "ExclusiveStartShardId": ONE}, {"StreamDescription": {
        "Shards": [{"ShardId": TWO}]}}),
])
print(*streams.DynamoDb("http://nowhere", ARN).shards())
""",
        "shardId-00000000000000000001 shardId-00000000000000000002",
    ),
    "a shard of a Kinesis stream": (
        """\
RANGES = {
    "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "1"},
    "SequenceNumberRange": {"StartingSequenceNumber": "1"},
}
ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"
answers("kinesis", "list_shards", [
    ({"StreamARN": ARN}, {"Shards": [{"ShardId": "shard-0", **RANGES}], "NextToken": "2"}),
    ({"StreamARN": ARN, "NextToken": "2"}, {"Shards": [{"ShardId": "shard-1", **RANGES}]}),
])
print(*streams.Kinesis("http://nowhere", ARN).shards())
""",
        "shard-0 shard-1",
    ),
    "a failed batch": (
        """\
from lambda_workbench.operate.stream_failures import keys
answers("s3", "list_objects_v2", [
    ({"Bucket": "failures", "Prefix": "aws/lambda/"}, {
        "Contents": [{"Key": "a"}], "NextContinuationToken": "2", "IsTruncated": True}),
    ({"Bucket": "failures", "Prefix": "aws/lambda/", "ContinuationToken": "2"}, {
        "Contents": [{"Key": "b"}]}),
])
print(*keys(Service("dev"), "failures"))
""",
        "a b",
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_something_on_the_second_page_is_found(project: Tools, what: str) -> None:
    script, found = CASES[what]
    (project.project / "try_pages.py").write_text(SECOND_PAGE + script)
    done = project.run("try_pages")
    assert not done.failure, done.failure
    assert done.output.strip() == found
