"""The deployed service of one stage, found by its functions and its stack.

Nothing here depends on logical ids: the functions' settings and mappings say what they use.
"""

from __future__ import annotations

import functools
import json
import time
from dataclasses import dataclass
from typing import Any

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.stack import Stack
from lambda_workbench.operate.stages import LOCAL, stack_name, stage_region
from lambda_workbench.project import project

ALIAS = "live"


@dataclass(frozen=True)
class Service:
    """One stage of this service, on AWS or, with an endpoint, on the emulator."""

    stage: str
    endpoint: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether it runs on the emulator."""
        return self.endpoint is not None

    @property
    def stack(self) -> Stack:
        """The stack that holds it."""
        return _stack(self.stage, self.endpoint)

    def client(self, name: str) -> Any:
        """A boto3 client for the place where the service is."""
        return self.stack.client(name)

    def function(self, name: str) -> str:
        """The name of the function `api`, `queue`, …"""
        return f"{project().slug}-{self.stage}-{name}"

    def settings(self, name: str) -> dict[str, Any]:
        """The configuration of a function."""
        try:
            found = self.client("lambda").get_function_configuration(
                FunctionName=self.function(name), Qualifier=ALIAS
            )
        except self.client("lambda").exceptions.ResourceNotFoundException as error:
            raise ToolError(f"{self.stage} has no function {self.function(name)}") from error
        return dict(found)

    def variable(self, function: str, name: str) -> str:
        """One environment variable of a function."""
        return str(self.settings(function)["Environment"]["Variables"][name])

    def mapping(self, function: str) -> dict[str, Any]:
        """The event source mapping of a function."""
        found = self.mappings(function)
        if not found:
            raise ToolError(f"{self.function(function)} reads from no queue or stream")
        return found[0]

    def mappings(self, function: str) -> list[dict[str, Any]]:
        """All event source mappings of a function."""
        return [
            mapping
            for mapping in self.pages("lambda", "list_event_source_mappings", "EventSourceMappings")
            if self.function(function) in mapping["FunctionArn"].split(":")
        ]

    def pages(self, service: str, operation: str, key: str, **request: Any) -> list[Any]:
        """What all pages of a listing have under a key."""
        return self.stack.pages(service, operation, key, **request)

    def queue_url(self, arn: str) -> str:
        """The URL of a queue."""
        name = arn.rsplit(":", 1)[-1]
        return str(self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])

    def queue_attributes(self, url: str) -> dict[str, str]:
        """Every attribute of a queue."""
        answer = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return dict(answer["Attributes"])

    def failure_destination(self, function: str) -> str:
        """The ARN of where an asynchronous function's failures go."""
        found = self.client("lambda").get_function_event_invoke_config(
            FunctionName=self.function(function), Qualifier=ALIAS
        )
        return str(found["DestinationConfig"]["OnFailure"]["Destination"])

    def bucket(self) -> str:
        """The bucket whose objects start a function."""
        s3 = self.client("s3")
        for name in self.stack.of_type("AWS::S3::Bucket"):
            if s3.get_bucket_notification_configuration(Bucket=name).get(
                "LambdaFunctionConfigurations"
            ):
                return name
        raise ToolError("no bucket starts a function")

    def topic(self) -> str:
        """The topic whose messages start a function."""
        for arn in self.stack.of_type("AWS::SNS::Topic"):
            listed = self.subscriptions(arn)
            if any(subscription["Protocol"] == "lambda" for subscription in listed):
                return arn
        raise ToolError("no topic starts a function")

    def subscriptions(self, topic: str) -> list[dict[str, Any]]:
        """All subscriptions of a topic."""
        return self.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)

    def bus(self) -> str:
        """The event bus that the service listens to."""
        return next(iter(self.stack.of_type("AWS::Events::EventBus")), "default")

    def schedule(self) -> dict[str, Any]:
        """The EventBridge schedule that starts a function."""
        scheduler = self.client("scheduler")
        groups = self.stack.of_type("AWS::Scheduler::ScheduleGroup") or ["default"]
        for physical in self.stack.of_type("AWS::Scheduler::Schedule"):
            name = physical.rsplit("/", 1)[-1]
            for group in groups:
                try:
                    return dict(scheduler.get_schedule(GroupName=group, Name=name))
                except scheduler.exceptions.ResourceNotFoundException:
                    continue
        raise ToolError("the stack has no schedule")

    def functions(self) -> list[str]:
        """The short names of the functions that are deployed."""
        prefix = self.function("")
        names = self.stack.of_type("AWS::Lambda::Function")
        return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))

    def log_lines(self, function: str, since: float) -> list[dict[str, Any]]:
        """What a function logged as JSON since then, oldest first."""
        lines = [_parsed(event["message"]) for event in self.log_events(function, since)]
        return [line for line in lines if isinstance(line, dict)]

    def log_events(self, function: str, since: float) -> list[dict[str, Any]]:
        """The events in a function's log group since then, oldest first."""
        configured = (self.settings(function).get("LoggingConfig") or {}).get("LogGroup")
        group = configured or f"/aws/lambda/{self.function(function)}"
        try:
            found = self.pages(
                "logs",
                "filter_log_events",
                "events",
                logGroupName=group,
                startTime=int(since * 1000),
            )
        except self.client("logs").exceptions.ResourceNotFoundException:
            return []
        return sorted(found, key=lambda event: int(event["timestamp"]))


def wait_until(description: str, check: Any, seconds: float = 30.0) -> Any:
    """Wait for a check to answer something true and return that."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise ToolError(f"not within {seconds:.0f} s: {description}")
        time.sleep(0.2)


@functools.cache
def _stack(stage: str, endpoint: str | None) -> Stack:
    if stage == LOCAL:
        return Stack(f"{project().slug}-{LOCAL}", endpoint)
    return Stack(stack_name(stage), endpoint, stage_region(stage))


def _parsed(message: str) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return message
