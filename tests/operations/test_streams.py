"""The local reader of streams carries out Lambda's rules for batches that fail."""

import json
from typing import Any

import pytest

from tests.operations.conftest import Tools

# A function that does the records of its batch in order, up to one that always fails. What nothing
# was done of, it raises an error for or answers for, as the argument says.
DRIVE = """\
import io, json, sys
from lambda_workbench.local import streams

streams._BACKOFF_SECONDS = 0
done, kept = [], []

class Client:
    def invoke(self, FunctionName, Payload):
        names = [one["kinesis"]["sequenceNumber"] for one in json.loads(Payload)["Records"]]
        first = names.index("13") if "13" in names else len(names)
        done.extend(names[:first])
        if first == 0 and sys.argv[1] == "raises":
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"{}")}
        failed = [{"itemIdentifier": name} for name in names[first:]]
        return {"Payload": io.BytesIO(json.dumps({"batchItemFailures": failed}).encode())}

    def put_object(self, Bucket, Key, Body):
        kept.append({"bucket": Bucket, "key": Key, "body": json.loads(Body)})

class Source:
    def shards(self):
        return ["shard-0"]

    def iterator(self, shard, start):
        return "begin"

    def read(self, iterator):
        arrived = {"data": "", "approximateArrivalTimestamp": 1}
        return [
            {"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": name, **arrived}}
            for name in ("11", "12", "13", "14", "15")
        ], None

streams.client = lambda service, endpoint: Client()
streams.Consumer("http://nowhere", {
    "UUID": "mapping",
    "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:shop-local-stream:live",
    "EventSourceArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "BisectBatchOnFunctionError": True,
    "MaximumRetryAttempts": 2,
    "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::failures"}},
}, Source()).poll()
print(json.dumps({"done": done, "kept": kept}))
"""


def drive(project: Tools, function: str) -> dict[str, Any]:
    (project.project / "try_drive.py").write_text(DRIVE)
    done = project.run("try_drive", function)
    assert not done.failure, done.failure
    result: dict[str, Any] = json.loads(done.output)
    return result


def kept(result: dict[str, Any]) -> list[list[str]]:
    """The records of each batch that was set aside."""
    return [
        [
            one["kinesis"]["sequenceNumber"]
            for one in json.loads(failed["body"]["payload"])["Records"]
        ]
        for failed in result["kept"]
    ]


def test_an_error_has_the_batch_split_until_the_bad_record_is_alone(project: Tools) -> None:
    result = drive(project, "raises")
    assert kept(result) == [["13"]]
    assert sorted(result["done"]) == ["11", "12", "14", "15"]


def test_an_answer_that_all_failed_splits_nothing_and_loses_what_is_behind(project: Tools) -> None:
    """Why a batch of which nothing was done is an error.

    Lambda splits at the returned number and retries the rest, which is all of it. Source:
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """
    result = drive(project, "answers")
    assert kept(result) == [["13", "14", "15"]]
    assert result["done"] == ["11", "12"]


@pytest.mark.parametrize("field", ["requestContext", "responseContext", "KinesisBatchInfo"])
def test_what_is_kept_has_the_form_of_lambdas_own_records(project: Tools, field: str) -> None:
    (failed,) = drive(project, "raises")["kept"]
    documented = {
        "requestContext": {"requestId", "functionArn", "condition", "approximateInvokeCount"},
        "responseContext": {"statusCode", "executedVersion", "functionError"},
        "KinesisBatchInfo": {
            "shardId",
            "startSequenceNumber",
            "endSequenceNumber",
            "approximateArrivalOfFirstRecord",
            "approximateArrivalOfLastRecord",
            "batchSize",
            "streamArn",
        },
    }
    assert set(failed["body"][field]) == documented[field]
    assert failed["body"]["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert failed["key"].startswith("aws/lambda/mapping/shard-0/")
