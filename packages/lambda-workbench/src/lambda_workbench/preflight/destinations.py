"""Where events go that could not be processed: which service takes them from which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lambda_workbench.preflight.model import Path, Problem, Resource, Rule, Stack, rule
from lambda_workbench.preflight.wiring import End, end_of

_DOCS = "https://docs.aws.amazon.com"
_ASYNC = f"{_DOCS}/lambda/latest/dg/invocation-async-retain-records.html"


@dataclass(frozen=True)
class Destination:
    """A property that names where events go: services that may stand there, never FIFO."""

    id: str
    summary: str
    type: str
    path: Path
    services: tuple[str, ...]
    source: str

    def rule(self) -> Rule:
        """It as a rule."""
        return Rule(self.id, self.summary, self.source, self._problems)

    def _problems(self, stack: Stack) -> Iterator[Problem]:
        for resource in stack.of_type(self.type):
            for path, value in resource.each(*self.path):
                end = end_of(stack, value)
                if end is not None and (end.service not in self.services or end.fifo):
                    standard = [_STANDARD.get(service, service) for service in self.services]
                    yield resource.problem(
                        f"{end} cannot stand here", *path, expected=f"one of {', '.join(standard)}"
                    )


_STANDARD = {
    "events": "an event bus",
    "kafka": "a Kafka topic",
    "lambda": "a function",
    "s3": "a bucket",
    "sns": "a standard topic",
    "sqs": "a standard queue",
}

DESTINATIONS = (
    Destination(
        "batch-failures",
        "Failed batches of a stream go to a standard queue, a standard topic or a bucket",
        "AWS::Lambda::EventSourceMapping",
        ("DestinationConfig", "OnFailure", "Destination"),
        ("sqs", "sns", "s3", "kafka"),
        f"{_DOCS}/lambda/latest/dg/kinesis-on-failure-destination.html",
    ),
    Destination(
        "async-failures",
        "Failed events go to a standard queue or topic, a bucket, a function or an event bus",
        "AWS::Lambda::EventInvokeConfig",
        ("DestinationConfig", "OnFailure", "Destination"),
        ("sqs", "sns", "s3", "lambda", "events"),
        _ASYNC,
    ),
    Destination(
        "async-successes",
        "Records of success go to a standard queue or topic, a function or an event bus",
        "AWS::Lambda::EventInvokeConfig",
        ("DestinationConfig", "OnSuccess", "Destination"),
        ("sqs", "sns", "lambda", "events"),
        _ASYNC,
    ),
    Destination(
        "function-dead-letters",
        "The dead letters of a function go to a standard queue or topic",
        "AWS::Lambda::Function",
        ("DeadLetterConfig", "TargetArn"),
        ("sqs", "sns"),
        _ASYNC,
    ),
    Destination(
        "rule-dead-letters",
        "The dead letters of a rule's target go to a standard queue",
        "AWS::Events::Rule",
        ("Targets", "*", "DeadLetterConfig", "Arn"),
        ("sqs",),
        f"{_DOCS}/eventbridge/latest/userguide/eb-rule-dlq.html",
    ),
    Destination(
        "schedule-dead-letters",
        "The dead letters of a schedule go to a standard queue",
        "AWS::Scheduler::Schedule",
        ("Target", "DeadLetterConfig", "Arn"),
        ("sqs",),
        f"{_DOCS}/scheduler/latest/APIReference/API_DeadLetterConfig.html",
    ),
)

DESTINATION_RULES = tuple(row.rule() for row in DESTINATIONS)


@rule(
    "subscription-dead-letters",
    "The dead letters of a subscription go to a queue that is FIFO exactly when the topic is",
    f"{_DOCS}/sns/latest/dg/sns-dead-letter-queues.html",
)
def subscription_dead_letters(stack: Stack) -> Iterator[Problem]:
    """In the same account and region."""
    for subscription in stack.of_type("AWS::SNS::Subscription"):
        topic = end_of(stack, subscription.get("TopicArn"))
        path = ("RedrivePolicy", "deadLetterTargetArn")
        yield from _unlike(subscription, path, topic, end_of(stack, subscription.get(*path)))


@rule(
    "queue-dead-letters",
    "The dead-letter queue of a queue is FIFO exactly when the queue is, and in its region",
    f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
)
def queue_dead_letters(stack: Stack) -> Iterator[Problem]:
    """Those that the policy names by ARN; cfn-lint compares those that it refers to."""
    for queue in stack.of_type("AWS::SQS::Queue"):
        path = ("RedrivePolicy", "deadLetterTargetArn")
        own, target = end_of(stack, {"Ref": queue.name}), end_of(stack, queue.get(*path))
        if target is not None and target.resource is None:
            yield from _unlike(queue, path, own, target)


def _unlike(
    resource: Resource, path: Path, source: End | None, target: End | None
) -> Iterator[Problem]:
    if source is None or target is None:
        return
    if target.service != "sqs" or target.fifo != source.fifo:
        kind = "FIFO" if source.fifo else "standard"
        yield resource.problem(
            f"{target} cannot take the dead letters of {source}",
            *path,
            expected=f"a {kind} queue",
        )
    elif source.region and target.region != source.region:
        yield resource.problem(
            f"the dead letters go to {target.region}", *path, expected=f"a queue in {source.region}"
        )
