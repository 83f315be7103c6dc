# Managed by the template: see docs/updating.md.
"""The queues of a stage that hold what failed for good, and which function each belongs to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tools.service import ALIAS, Service


class Kind(StrEnum):
    """What a message in a failure queue is."""

    MESSAGE = "messages"  # of the queue that this is the dead-letter queue of
    RECORDS = "records"  # of a stream; the message says where they are in it
    EVENT = "events"  # that an asynchronous invocation got, in an envelope


@dataclass(frozen=True)
class FailureQueue:
    """One of them. `source` is the URL of the queue that messages came from, if there is one."""

    function: str
    kind: Kind
    arn: str
    url: str
    source: str = ""

    @property
    def name(self) -> str:
        """The queue's name."""
        return self.arn.rsplit(":", 1)[-1]


def failure_queues(service: Service) -> list[FailureQueue]:
    """Those of every function, in the order of the functions' names."""
    pages = service.client("lambda").get_paginator("list_event_source_mappings").paginate()
    mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    found = []
    for function in service.functions():
        own = service.function(function)
        fed = [mapping for mapping in mappings if own in mapping["FunctionArn"].split(":")]
        found += [queue for mapping in fed for queue in _of_mapping(service, function, mapping)]
        found += _of_invocations(service, function)
    return found


def waiting(service: Service, queue: FailureQueue) -> int:
    """About how many messages are in it."""
    return int(service.queue_attributes(queue.url)["ApproximateNumberOfMessages"])


def _of_mapping(service: Service, function: str, mapping: dict[str, Any]) -> list[FailureQueue]:
    if ":sqs:" in mapping["EventSourceArn"]:
        source = service.queue_url(mapping["EventSourceArn"])
        policy = json.loads(service.queue_attributes(source).get("RedrivePolicy", "{}"))
        arn = str(policy.get("deadLetterTargetArn", ""))
        return _found(service, function, Kind.MESSAGE, arn, source)
    destination = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get(
        "Destination", ""
    )
    return _found(service, function, Kind.RECORDS, destination)


def _of_invocations(service: Service, function: str) -> list[FailureQueue]:
    functions = service.client("lambda")
    try:
        found = functions.get_function_event_invoke_config(
            FunctionName=service.function(function), Qualifier=ALIAS
        )
    except functions.exceptions.ResourceNotFoundException:
        return []
    destination = (found.get("DestinationConfig") or {}).get("OnFailure") or {}
    return _found(service, function, Kind.EVENT, destination.get("Destination", ""))


def _found(
    service: Service, function: str, kind: Kind, arn: str, source: str = ""
) -> list[FailureQueue]:
    """Destinations that are no queues, such as a bucket or a topic, are left out."""
    if ":sqs:" not in arn:
        return []
    return [FailureQueue(function, kind, arn, service.queue_url(arn), source)]
