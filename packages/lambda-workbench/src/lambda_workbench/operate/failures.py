"""Where a stage keeps what failed for good, and which function each of it belongs to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lambda_workbench.operate import stream_failures
from lambda_workbench.operate.service import ALIAS, Service


class Kind(StrEnum):
    """What is kept."""

    MESSAGE = "messages"  # of the queue that this is the dead-letter queue of
    RECORDS = "batches"  # of a stream's records, in a bucket
    EVENT = "events"  # that an asynchronous invocation got, in an envelope


@dataclass(frozen=True)
class FailureStore:
    """A queue or bucket that takes the failures of one function.

    `url` is the queue's; `source` that of the queue which messages came from. `prefix` is what the
    names of a bucket's objects begin with.
    """

    function: str
    kind: Kind
    arn: str
    url: str = ""
    source: str = ""
    prefix: str = ""

    @property
    def name(self) -> str:
        """The name of the queue or bucket."""
        return self.arn.rsplit(":", 1)[-1]


def failure_stores(service: Service) -> list[FailureStore]:
    """Those of every function, in the order of the functions' names."""
    found = []
    for function in service.functions():
        for mapping in service.mappings(function):
            found += _of_mapping(service, function, mapping)
        found += _of_invocations(service, function)
    return found


def waiting(service: Service, store: FailureStore) -> int:
    """How many are in it; about so many in a queue."""
    if store.kind is Kind.RECORDS:
        return len(stream_failures.keys(service, store.name, store.prefix))
    return int(service.queue_attributes(store.url)["ApproximateNumberOfMessages"])


def _of_mapping(service: Service, function: str, mapping: dict[str, Any]) -> list[FailureStore]:
    if ":sqs:" in mapping["EventSourceArn"]:
        source = service.queue_url(mapping["EventSourceArn"])
        policy = json.loads(service.queue_attributes(source).get("RedrivePolicy", "{}"))
        arn = str(policy.get("deadLetterTargetArn", ""))
        return _queue(service, function, Kind.MESSAGE, arn, source)
    arn = _destination(mapping)
    if ":s3:" not in arn:  # a queue or topic is not told what the records were
        return []
    prefix = f"{stream_failures.FOLDER}{mapping['UUID']}/"
    return [FailureStore(function, Kind.RECORDS, arn, prefix=prefix)]


def _of_invocations(service: Service, function: str) -> list[FailureStore]:
    functions = service.client("lambda")
    try:
        found = functions.get_function_event_invoke_config(
            FunctionName=service.function(function), Qualifier=ALIAS
        )
    except functions.exceptions.ResourceNotFoundException:
        return []
    return _queue(service, function, Kind.EVENT, _destination(found))


def _destination(configuration: dict[str, Any]) -> str:
    """The ARN of an on-failure destination, if there is one."""
    on_failure = (configuration.get("DestinationConfig") or {}).get("OnFailure") or {}
    return str(on_failure.get("Destination") or "")


def _queue(
    service: Service, function: str, kind: Kind, arn: str, source: str = ""
) -> list[FailureStore]:
    """Other destinations, such as a topic, are left out: nothing can be taken from them."""
    if ":sqs:" not in arn:
        return []
    return [FailureStore(function, kind, arn, service.queue_url(arn), source)]
