"""`make redrive`: what failed for good is done again once its cause is gone; nothing is lost."""

import json
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.operations.conftest import Running, Tools, wait_until


def new_order() -> dict[str, Any]:
    return {
        "order_id": f"ord-{uuid.uuid4().hex}",
        "customer_id": f"cus-{uuid.uuid4().hex}",
        "lines": [{"sku": "KB-1", "quantity": 1, "unit_price_cents": 4999}],
        "placed_at": "2026-01-01T00:00:00Z",
        "status": "placed",
    }


@contextmanager
def broken(running: Running, function: str) -> Iterator[None]:
    """While it lasts, a function may not touch its tables, so whatever it is given fails."""
    iam = running.client("iam")
    role = (
        running.client("lambda")
        .get_function_configuration(FunctionName=f"shop-local-{function}")["Role"]
        .rsplit("/", 1)[-1]
    )
    denied = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}
    iam.put_role_policy(
        RoleName=role,
        PolicyName="Broken",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [denied]}),
    )
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="Broken")


def send(running: Running, order: dict[str, Any]) -> None:
    running.client("sqs").send_message(
        QueueUrl=running.queue("orders"),
        MessageBody=json.dumps(order),
        MessageAttributes={"correlation_id": {"DataType": "String", "StringValue": "abc"}},
    )


def test_dead_letters_go_back_and_are_processed_and_what_fails_again_is_kept(
    running: Running,
) -> None:
    orders, poison = [new_order() for _ in range(3)], {"order_id": str(uuid.uuid4())}
    with broken(running, "queue"):
        for order in [*orders, poison]:
            send(running, order)
        wait_until("four dead letters", lambda: running.waiting("orders-dead-letters") == 4)

    asked = running.run("redrive", "local", "--function", "queue")
    assert asked.code == 1
    assert "YES=1 goes ahead" in asked.output
    assert running.waiting("orders-dead-letters") == 4

    done = running.run("redrive", "local", "--function", "queue", "--yes", "--rate", "50")
    assert not done.failure, done.failure
    assert "4 sent back; 0 in shop-local-orders-dead-letters now" in done.output
    wait_until(
        "all are fulfilled",
        lambda: {running.order(one["order_id"]).get("status") for one in orders} == {"fulfilled"},
    )
    wait_until("the poison is back", lambda: running.waiting("orders-dead-letters") == 1)
    running.client("sqs").purge_queue(QueueUrl=running.queue("orders-dead-letters"))


def test_events_go_to_the_function_again_in_their_original_form(running: Running) -> None:
    order = new_order()
    with broken(running, "events"):
        running.client("events").put_events(
            Entries=[
                {
                    "Source": "shop.payments",
                    "DetailType": "PaymentReceived",
                    "Detail": json.dumps({"payment_id": str(uuid.uuid4()), "order": order}),
                }
            ]
        )
        wait_until("a failed event", lambda: running.waiting("events-failures") == 1)

    done = running.run("redrive", "local", "--yes")  # the only queue with something in it

    assert not done.failure, done.failure
    assert "1 sent back; 0 in shop-local-events-failures now" in done.output
    wait_until("it is paid", lambda: running.order(order["order_id"]).get("status") == "paid")


def failed_batch(*orders: dict[str, Any]) -> dict[str, Any]:
    """What Lambda keeps of a Kinesis batch that it gave up on.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    records = [
        {
            "kinesis": {
                "partitionKey": "any",
                "sequenceNumber": str(number),
                "data": b64encode(json.dumps(order).encode()).decode(),
                "approximateArrivalTimestamp": 1545084650.987,
            },
            "eventSource": "aws:kinesis",
            "eventID": f"shardId-000000000000:{number}",
        }
        for number, order in enumerate(orders, start=1)
    ]
    return {
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 6},
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2019-11-14T00:38:06.021Z",
        "KinesisBatchInfo": {"shardId": "shardId-000000000000", "batchSize": len(records)},
        "payload": json.dumps({"Records": records}),
    }


def test_records_that_the_stream_has_forgotten_stay_until_the_function_takes_them(
    running: Running,
) -> None:
    order, poison = new_order(), {"order_id": str(uuid.uuid4())}
    functions, s3 = running.client("lambda"), running.client("s3")
    (mapping,) = functions.list_event_source_mappings(FunctionName="shop-local-stream:live")[
        "EventSourceMappings"
    ]
    bucket = mapping["DestinationConfig"]["OnFailure"]["Destination"].rpartition(":")[2]
    folder = f"aws/lambda/{mapping['UUID']}/shardId-000000000000/2026/11/21/2026-11-21T17"
    for name, document in {"00.00-a": order, "00.01-b": poison}.items():
        body = json.dumps(failed_batch(document))
        s3.put_object(Bucket=bucket, Key=f"{folder}.{name}", Body=body)
    s3.put_object(Bucket=bucket, Key=f"{folder}.00.02-c", Body="not what Lambda writes")

    with broken(running, "stream"):
        failed = running.run("redrive", "local", "--function", "stream", "--yes")
    assert failed.code == 1
    assert f"stream            3 batches   {bucket}" in failed.output
    assert f"0 sent back; 3 in {bucket} now" in failed.output
    assert "00.00-a stays: the function failed again: none of 1 records was done" in failed.output

    done = running.run("redrive", "local", "--function", "stream", "--yes")
    assert done.code == 1
    assert f"1 sent back; 2 in {bucket} now" in done.output
    assert "00.01-b stays: the function failed again" in done.output
    assert "00.02-c is not what Lambda keeps of a failed batch" in done.output
    summaries = running.client("dynamodb").scan(
        TableName=running.tables("stream")["SUMMARIES_TABLE"]
    )["Items"]
    assert order["customer_id"] in {item["customer_id"]["S"] for item in summaries}
    for name in ("00.01-b", "00.02-c"):
        s3.delete_object(Bucket=bucket, Key=f"{folder}.{name}")


# What the emulator lacks: SQS moves the messages by itself.
MOVE = """\
import json
import botocore.session
from botocore.stub import Stubber
from lambda_workbench.operate import redrive
from lambda_workbench.operate.failures import FailureStore, Kind

redrive._POLL_SECONDS = 0
sqs = botocore.session.get_session().create_client(
    "sqs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
)
ARN = "arn:aws:sqs:eu-west-1:123456789012:shop-dev-orders-dead-letters"

class Service:
    def client(self, name):
        return sqs

stub = Stubber(sqs)
stub.add_response(
    "start_message_move_task",
    {"TaskHandle": "task"},
    {"SourceArn": ARN, "MaxNumberOfMessagesPerSecond": 20},
)
for answer in json.loads(%r):
    stub.add_response(
        "list_message_move_tasks", {"Results": [answer]}, {"SourceArn": ARN, "MaxResults": 1}
    )
with stub:
    queue = FailureStore("queue", Kind.MESSAGE, ARN, "https://queue", "https://source")
    print(redrive.redrive(Service(), queue, 3, 20).moved, "moved")
    stub.assert_no_pending_responses()
"""


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ({"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 3}, "3 moved"),
        (
            {"Status": "FAILED", "FailureReason": "AccessDenied"},
            "failed after 0 messages: AccessDenied",
        ),
    ],
)
def test_on_aws_sqs_moves_the_dead_letters(project: Tools, end: dict[str, Any], said: str) -> None:
    under_way = {
        "Status": "RUNNING",
        "ApproximateNumberOfMessagesMoved": 1,
        "ApproximateNumberOfMessagesToMove": 3,
    }
    script = project.project / "try_move.py"
    script.write_text(MOVE % json.dumps([under_way, end]))

    done = project.run("try_move")

    assert "1 of about 3" in done.output
    assert said in done.output


ENVELOPE = {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": {"a": 1}}
EVENT = {"source": "shop.payments", "detail-type": "PaymentReceived", "detail": {}}
NOTIFICATION = {"Type": "Notification", "TopicArn": "arn:topic", "Message": "{}"}


@pytest.mark.parametrize(
    ("body", "event"),
    [
        (ENVELOPE, {"a": 1}),
        (EVENT, EVENT),
        (
            {**NOTIFICATION, "SigningCertURL": "https://cert"},
            {
                "Records": [
                    {
                        "EventSource": "aws:sns",
                        "EventVersion": "1.0",
                        "Sns": {**NOTIFICATION, "SigningCertUrl": "https://cert"},
                    }
                ]
            },
        ),
    ],
    ids=["from Lambda", "from EventBridge", "from SNS"],
)
def test_the_event_is_found_whoever_gave_it_up(
    project: Tools, body: dict[str, Any], event: dict[str, Any]
) -> None:
    script = project.project / "try_event.py"
    script.write_text(
        "import json, sys\nfrom lambda_workbench.operate.redrive import original_event\n"
        "print(json.dumps(original_event(json.loads(sys.argv[1]))))\n"
    )
    done = project.run("try_event", json.dumps(body))
    assert json.loads(done.output) == event


def test_only_a_stage_that_exists_and_a_sensible_rate_are_taken(project: Tools) -> None:
    assert (
        "name a stage: make redrive STAGE=local|dev|staging|prod"
        in project.run("redrive", "test").output
    )
    assert "1 to 500" in project.run("redrive", "dev", "--rate", "0").output
