"""Who is connected with whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambda_workbench.preflight.model import Resource, Stack
from lambda_workbench.preflight.naming import is_true

_SERVICES = {
    "AWS::AmazonMQ::Broker": "mq",
    "AWS::DocDB::DBCluster": "docdb",
    "AWS::DynamoDB::GlobalTable": "dynamodb",
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::Events::EventBus": "events",
    "AWS::Kinesis::Stream": "kinesis",
    "AWS::Kinesis::StreamConsumer": "kinesis",
    "AWS::Lambda::Alias": "lambda",
    "AWS::Lambda::Function": "lambda",
    "AWS::Lambda::Version": "lambda",
    "AWS::MSK::Cluster": "kafka",
    "AWS::S3::Bucket": "s3",
    "AWS::SNS::Topic": "sns",
    "AWS::SQS::Queue": "sqs",
}
_OF_A_FUNCTION = ("AWS::Lambda::Alias", "AWS::Lambda::Version")


@dataclass(frozen=True)
class End:
    """What messages come from or go to."""

    service: str  # as in its ARN: sqs, sns, s3 …
    fifo: bool
    region: str
    resource: Resource | None  # if it is one of the stack

    def __str__(self) -> str:
        """As people call it."""
        names = {"sqs": "queue", "sns": "topic", "s3": "bucket", "events": "event bus"}
        kind = names.get(self.service, self.service)
        return f"a {'FIFO ' if self.fifo else ''}{kind}"


def end_of(stack: Stack, value: Any) -> End | None:
    """What a value names by reference or by ARN; None when that is not known."""
    if isinstance(value, str) and value.startswith("arn:"):
        parts = value.split(":", 5)
        if len(parts) == 6:
            service = "kafka" if parts[2].startswith("kafka") else parts[2]
            return End(service, parts[5].endswith(".fifo"), parts[3], None)
    resource = stack.referred(value)
    if resource is None or resource.type not in _SERVICES:
        return None
    fifo = is_true(resource.get("FifoQueue")) or is_true(resource.get("FifoTopic"))
    return End(_SERVICES[resource.type], fifo, stack.stage.region, resource)


def function_of(stack: Stack, value: Any) -> Resource | None:
    """The function that a value names: by name, or by reference to it, its alias or its version."""
    if isinstance(value, str):
        name = value.split(":function:")[-1].split(":")[0]
        return next(
            (f for f in stack.of_type("AWS::Lambda::Function") if f.get("FunctionName") == name),
            None,
        )
    resource = stack.referred(value)
    if resource is not None and resource.type in _OF_A_FUNCTION:
        return function_of(stack, resource.get("FunctionName"))
    return resource if resource is not None and resource.type == "AWS::Lambda::Function" else None


def timeout_of(function: Resource) -> float:
    """Seconds that a function may take; 3 where nothing is said."""
    given = function.number("Timeout")
    return 3 if given is None else given
