"""Times that have to go together: of functions, gateways, queues and their dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambda_workbench.preflight.gateways import APIS, authorizers_in, integrations_in
from lambda_workbench.preflight.model import Problem, Resource, Stack, as_number, rule
from lambda_workbench.preflight.wiring import end_of, function_of, timeout_of

_DOCS = "https://docs.aws.amazon.com"
_SQS = f"{_DOCS}/lambda/latest/dg/services-sqs-configure.html"
_AUTHORIZER_SECONDS = 10
_VISIBILITY, _RETENTION, _RECEIVES = 30, 345600, 10  # where a queue says nothing


@rule(
    "gateway-timeout",
    "A function behind an API ends before the gateway gives up on it",
    f"{_DOCS}/apigateway/latest/developerguide/http-api-quotas.html",
)
def gateway_timeout(stack: Stack) -> Iterator[Problem]:
    """Otherwise callers get a 503 or 504 for what is done nevertheless.

    An HTTP API waits for 30 seconds at most; a REST API for 29 unless its quota was raised.
    """
    waits: dict[str, float] = {}
    for kind, api in APIS.items():
        for resource in stack.of_type(kind):
            for integration in integrations_in(resource):
                function = function_of(stack, integration.get("uri"))
                if function is not None:
                    given = as_number(integration.get("timeoutInMillis")) or api.milliseconds
                    least = min(waits.get(function.name, given / 1000), given / 1000)
                    waits[function.name] = least
    for name, seconds in waits.items():
        function = stack.resources[name]
        if timeout_of(function) > seconds:
            yield _late(function, f"the gateway gives up after {seconds:g}", seconds)


@rule(
    "authorizer-timeout",
    "An authorizer's function ends within the 10 seconds that an HTTP API waits for it",
    f"{_DOCS}/apigateway/latest/developerguide/http-api-quotas.html",
)
def authorizer_timeout(stack: Stack) -> Iterator[Problem]:
    """Later answers are refusals."""
    for api in stack.of_type("AWS::ApiGatewayV2::Api"):
        for authorizer in authorizers_in(api):
            function = function_of(stack, authorizer.get("authorizerUri"))
            if function is not None and timeout_of(function) > _AUTHORIZER_SECONDS:
                yield _late(function, "the gateway waits for 10", _AUTHORIZER_SECONDS)


def _late(function: Resource, why: str, seconds: float) -> Problem:
    return function.problem(
        f"{function.name} may take {timeout_of(function)} seconds, and {why}",
        "Timeout",
        expected=f"at most {seconds:g}",
    )


@rule(
    "queue-visibility",
    "A queue hides messages for six timeouts of the function that reads it, plus the window",
    _SQS,
)
def queue_visibility(stack: Stack) -> Iterator[Problem]:
    """Lambda refuses less than one timeout; with less than six, messages are received again while
    they wait for a function that is throttled.
    """
    for mapping, queue in _queues_read(stack):
        function = function_of(stack, mapping.get("FunctionName"))
        if function is None or not _known(queue, "VisibilityTimeout"):
            continue
        window = mapping.number("MaximumBatchingWindowInSeconds") or 0
        needed = 6 * timeout_of(function) + window
        hidden = _number(queue, "VisibilityTimeout", _VISIBILITY)
        if hidden < needed:
            yield queue.problem(
                f"{queue.name} hides messages for {hidden} seconds, and {function.name} may take "
                f"{timeout_of(function)}",
                "VisibilityTimeout",
                expected=f"at least {needed}, six times as long"
                + (f" plus a window of {window}" if window else ""),
            )


@rule(
    "queue-receives",
    "A message is received five times or more before it is a dead letter",
    _SQS,
)
def queue_receives(stack: Stack) -> Iterator[Problem]:
    """Lambda receives messages also when the function is throttled."""
    for _, queue in _queues_read(stack):
        receives = queue.number("RedrivePolicy", "maxReceiveCount")
        if receives is not None and receives < 5:
            yield queue.problem(
                f"after {receives} receives a message of {queue.name} is a dead letter",
                "RedrivePolicy",
                "maxReceiveCount",
                expected="at least 5",
            )


def _queues_read(stack: Stack) -> Iterator[tuple[Resource, Resource]]:
    """The queues of the stack that functions read, each with the mapping."""
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping"):
        end = end_of(stack, mapping.get("EventSourceArn"))
        if end is not None and end.service == "sqs" and end.resource is not None:
            yield mapping, end.resource


@rule(
    "queue-retention",
    "A queue keeps messages for longer than it can take to receive them as often as it may",
    f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
)
def queue_retention(stack: Stack) -> Iterator[Problem]:
    """Otherwise a message is gone before it is a dead letter."""
    for queue in stack.of_type("AWS::SQS::Queue"):
        times = ("VisibilityTimeout", "MessageRetentionPeriod")
        if not queue.get("RedrivePolicy") or not all(_known(queue, name) for name in times):
            continue
        receives = queue.number("RedrivePolicy", "maxReceiveCount") or _RECEIVES
        needed = receives * _number(queue, "VisibilityTimeout", _VISIBILITY)
        kept = _number(queue, "MessageRetentionPeriod", _RETENTION)
        if kept <= needed:
            yield queue.problem(
                f"{queue.name} keeps messages for {kept} seconds, and {receives} receives take "
                f"up to {needed}",
                "MessageRetentionPeriod",
                expected=f"more than {needed}",
            )


@rule(
    "dead-letter-retention",
    "A dead-letter queue keeps messages for longer than the queue they come from",
    f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
)
def dead_letter_retention(stack: Stack) -> Iterator[Problem]:
    """The age of a message goes on where it was; only in a FIFO queue it begins again."""
    for queue in stack.of_type("AWS::SQS::Queue"):
        end = end_of(stack, queue.get("RedrivePolicy", "deadLetterTargetArn"))
        letters = end.resource if end is not None and not end.fifo else None
        if letters is None or not _known(letters, "MessageRetentionPeriod"):
            continue
        kept = _number(letters, "MessageRetentionPeriod", _RETENTION)
        source = _number(queue, "MessageRetentionPeriod", _RETENTION)
        if kept <= source:
            yield letters.problem(
                f"{letters.name} keeps messages for {kept} seconds, and {queue.name} for {source}",
                "MessageRetentionPeriod",
                expected=f"more than {source}",
            )


def _known(resource: Resource, name: str) -> bool:
    """Whether a number is given, or left to its default."""
    value: Any = resource.get(name)
    return value is None or as_number(value) is not None


def _number(resource: Resource, name: str, default: float) -> float:
    given = resource.number(name)
    return default if given is None else given
