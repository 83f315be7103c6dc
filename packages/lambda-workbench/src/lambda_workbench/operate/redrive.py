"""Have what failed for good done again: `make redrive STAGE=dev FUNCTION=queue`.

Messages of a dead-letter queue go back to the queue they came from. Events that an asynchronous
function could not handle, and records of a stream, go to the function again. What failed leaves its
queue or bucket only after it was taken; what cannot be taken stays.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions
import click

from lambda_workbench.errors import ToolError
from lambda_workbench.operate import stream_failures
from lambda_workbench.operate.asking import confirm, service_of
from lambda_workbench.operate.failures import FailureStore, Kind, failure_stores, waiting
from lambda_workbench.operate.service import ALIAS, Service

_TARGET = "redrive"
_FASTEST = 500  # what SQS allows
# The emulator moves no messages by itself, and says so in one of these ways.
_UNSUPPORTED = {
    "InvalidAction",
    "UnsupportedOperation",
    "AWS.SimpleQueueService.UnsupportedOperation",
}
_POLL_SECONDS = 1.0
# Long enough for ten messages at one a second, with a function that is slow.
_HIDDEN_SECONDS = 900

Message = dict[str, Any]


class StaysError(Exception):
    """Why a message cannot be done again now."""


@dataclass
class Outcome:
    """How many were moved, and why others were not, by message id or the object's name."""

    moved: int = 0
    stayed: dict[str, str] = field(default_factory=dict)


@click.command()
@click.argument("stage", default="")
@click.option("--function", default="", help="whose failures; the only ones by default")
@click.option("--rate", default=10, help="messages a second, 1 to 500")
@click.option("--yes", is_flag=True, help="do not ask")
def command(stage: str, function: str, rate: int, yes: bool) -> None:
    """Choose whose failures, ask, and take them up again."""
    if not 1 <= rate <= _FASTEST:
        raise ToolError(f"RATE is messages a second, 1 to {_FASTEST}")
    service = service_of(stage, _TARGET)
    counts = {store: waiting(service, store) for store in failure_stores(service)}
    for store, count in counts.items():
        print(f"{store.function:12} {count:6} {store.kind:9} {store.name}")
    chosen = _choose(counts, function)
    if chosen is None:
        print("nothing has failed")
        return
    count = counts[chosen]
    where = "the queue they came from" if chosen.kind is Kind.MESSAGE else "the function"
    confirm(
        f"Is the cause gone? {count} in {chosen.name} go back to {where}, {rate} a second at most.",
        yes=yes,
    )
    outcome = redrive(service, chosen, count, rate)
    print(f"{outcome.moved} sent back; {waiting(service, chosen)} in {chosen.name} now")
    for name, reason in outcome.stayed.items():
        print(f"  {name} stays: {reason}")
    if outcome.stayed:
        sys.exit(1)


def redrive(service: Service, store: FailureStore, count: int, rate: int) -> Outcome:
    """Send back up to `count` of what failed, at most `rate` a second.

    What fails again meanwhile is kept again, and is not sent a second time.
    """
    if store.kind is Kind.RECORDS:
        return _from_bucket(service, store, count, rate)
    if store.kind is Kind.MESSAGE:
        moved = _by_move_task(service, store, rate)
        if moved is not None:
            return Outcome(moved)
    return _one_by_one(service, store, count, rate)


def records_again(service: Service, store: FailureStore, key: str) -> None:
    """Hand the function a batch of records again, as the stream would, and wait for its answer.

    They are not put into the stream a second time: others read it too. Raises `StaysError` when
    one of them fails again; then the batch is kept.
    """
    event = stream_failures.failed_event(service, store.name, key)
    answer = service.client("lambda").invoke(
        FunctionName=service.function(store.function),
        Qualifier=ALIAS,
        Payload=json.dumps(event).encode(),
    )
    result = json.loads(answer["Payload"].read() or b"null") or {}
    if answer.get("FunctionError"):
        raise StaysError(f"the function failed again: {result.get('errorMessage', 'no message')}")
    if failed := result.get("batchItemFailures"):
        raise StaysError(f"{len(failed)} of {len(event['Records'])} records failed again")
    stream_failures.forget(service, store.name, key)


def _choose(counts: dict[FailureStore, int], function: str) -> FailureStore | None:
    full = [store for store, count in counts.items() if count]
    if function:
        named = [store for store in counts if store.function == function]
        if not named:
            known = "|".join(sorted({store.function for store in counts}))
            raise ToolError(f"nothing keeps the failures of {function}: FUNCTION={known}")
        full = [store for store in named if counts[store]]
    if len(full) > 1:
        names = "|".join(store.function for store in full)
        raise ToolError(f"several have failures, name one: FUNCTION={names}")
    return full[0] if full else None


def _by_move_task(service: Service, queue: FailureStore, rate: int) -> int | None:
    """Let SQS move them, and say how many it moved; None where SQS cannot."""
    sqs = service.client("sqs")
    try:
        handle = sqs.start_message_move_task(
            SourceArn=queue.arn, MaxNumberOfMessagesPerSecond=rate
        )["TaskHandle"]
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in _UNSUPPORTED:
            return None
        raise ToolError(f"SQS does not move them: {error}") from error
    try:
        return _wait_for_move(sqs, queue)
    except KeyboardInterrupt:
        sqs.cancel_message_move_task(TaskHandle=handle)
        print("\nstopped; what was moved stays moved")
        raise


def _wait_for_move(sqs: Any, queue: FailureStore) -> int:
    while True:
        task = sqs.list_message_move_tasks(SourceArn=queue.arn, MaxResults=1)["Results"][0]
        moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
        if task["Status"] == "COMPLETED":
            return moved
        if task["Status"] not in {"RUNNING", "CANCELLING"}:
            reason = task.get("FailureReason", "no reason given")
            raise ToolError(f"{task['Status'].lower()} after {moved} messages: {reason}")
        print(f"{moved} of about {task.get('ApproximateNumberOfMessagesToMove', '?')}", flush=True)
        time.sleep(_POLL_SECONDS)


def _one_by_one(service: Service, queue: FailureStore, count: int, rate: int) -> Outcome:
    again = _AGAIN[queue.kind]
    sqs = service.client("sqs")
    outcome = Outcome()
    hidden: dict[str, str] = {}
    try:
        while outcome.moved + len(outcome.stayed) < count:
            messages = _receive(sqs, queue, count - outcome.moved - len(outcome.stayed))
            hidden |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
            if not messages:
                break
            for message in messages:
                started = time.monotonic()
                try:
                    again(service, queue, message)
                except StaysError as reason:
                    outcome.stayed[message["MessageId"]] = str(reason)
                    continue
                sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
                del hidden[message["MessageId"]]
                outcome.moved += 1
                _pause(rate, started)
            print(f"{outcome.moved} of {count}", flush=True)
    finally:
        # Whatever is still in the queue can be seen again at once.
        for handle in hidden.values():
            sqs.change_message_visibility(
                QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=0
            )
    return outcome


def _from_bucket(service: Service, store: FailureStore, count: int, rate: int) -> Outcome:
    outcome = Outcome()
    for key in stream_failures.keys(service, store.name, store.prefix)[:count]:
        started = time.monotonic()
        try:
            records_again(service, store, key)
        except (StaysError, ToolError) as reason:
            outcome.stayed[key] = str(reason)
            continue
        outcome.moved += 1
        print(f"{outcome.moved} of {count}", flush=True)
        _pause(rate, started)
    return outcome


def _pause(rate: int, started: float) -> None:
    """Wait until the next may go."""
    time.sleep(max(0.0, 1 / rate - (time.monotonic() - started)))


def _receive(sqs: Any, queue: FailureStore, most: int) -> list[Message]:
    answer = sqs.receive_message(
        QueueUrl=queue.url,
        MaxNumberOfMessages=min(10, most),
        WaitTimeSeconds=1,
        VisibilityTimeout=_HIDDEN_SECONDS,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return list(answer.get("Messages", []))


def _to_source(service: Service, queue: FailureStore, message: Message) -> None:
    """Send it to the queue that it came from."""
    system = message.get("Attributes") or {}
    extra: dict[str, Any] = {}
    if attributes := message.get("MessageAttributes"):
        extra["MessageAttributes"] = attributes
    if header := system.get("AWSTraceHeader"):
        extra["MessageSystemAttributes"] = {
            "AWSTraceHeader": {"DataType": "String", "StringValue": header}
        }
    if queue.source.endswith(".fifo"):
        # With its old deduplication id it would pass for a copy of itself, and be dropped.
        extra["MessageGroupId"] = system["MessageGroupId"]
        extra["MessageDeduplicationId"] = message["MessageId"]
    service.client("sqs").send_message(QueueUrl=queue.source, MessageBody=message["Body"], **extra)


def _to_function(service: Service, queue: FailureStore, message: Message) -> None:
    """Invoke the function with the event that it could not handle."""
    try:
        event = original_event(json.loads(message["Body"]))
    except ValueError as error:
        raise StaysError("its body is no JSON") from error
    service.client("lambda").invoke(
        FunctionName=service.function(queue.function),
        Qualifier=ALIAS,
        InvocationType="Event",
        Payload=json.dumps(event).encode(),
    )


def original_event(body: Any) -> Any:
    """The event in a message of a failure queue.

    Lambda puts it into an envelope. What never reached Lambda comes from the source itself:
    EventBridge and the scheduler leave the event as it is, SNS leaves its notification.
    """
    if not isinstance(body, dict):
        return body
    if "requestContext" in body and "requestPayload" in body:
        return body["requestPayload"]
    if body.get("Type") == "Notification" and "TopicArn" in body:
        renamed = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
        notification = {renamed.get(name, name): value for name, value in body.items()}
        return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notification}]}
    return body


_AGAIN: dict[Kind, Callable[[Service, FailureStore, Message], None]] = {
    Kind.MESSAGE: _to_source,
    Kind.EVENT: _to_function,
}
