"""Tables, buckets and parameters: what goes together in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from lambda_workbench.preflight.model import Path, Problem, Resource, Stack, as_number, rule

_DOCS = "https://docs.aws.amazon.com"
_INDEXES = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


@rule(
    "index-projections",
    "The indexes of a table have names of their own, and project at most 100 attributes together",
    f"{_DOCS}/amazondynamodb/latest/APIReference/API_Projection.html",
)
def index_projections(stack: Stack) -> Iterator[Problem]:
    """An attribute in two indexes counts twice."""
    for table in stack.of_type("AWS::DynamoDB::Table"):
        indexes = [index for name in _INDEXES for index in table.get(name) or []]
        for name, times in Counter(str(index.get("IndexName")) for index in indexes).items():
            if times > 1:
                yield table.problem(f"{times} indexes are called {name}", _INDEXES[0])
        total = 0
        for index in indexes:
            projection = index.get("Projection") or {}
            attributes = projection.get("NonKeyAttributes") or []
            if (projection.get("ProjectionType") == "INCLUDE") != bool(attributes):
                yield table.problem(
                    f"{index.get('IndexName')} has the projection "
                    f"{projection.get('ProjectionType')} and {len(attributes)} attributes",
                    _INDEXES[0],
                    expected="NonKeyAttributes with INCLUDE, and only then",
                )
            total += len(attributes)
        if total > 100:
            yield table.problem(
                f"{total} attributes are projected", _INDEXES[0], expected="at most 100"
            )


@rule(
    "table-stream",
    "A table whose stream is read has one",
    f"{_DOCS}/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html",
)
def table_stream(stack: Stack) -> Iterator[Problem]:
    """Without StreamSpecification there is no StreamArn to get."""
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping"):
        source = mapping.get("EventSourceArn")
        table = stack.referred(source)
        if (
            table is not None
            and table.type == "AWS::DynamoDB::Table"
            and not table.get("StreamSpecification")
        ):
            yield table.problem(f"{mapping.name} reads the stream of {table.name}, which has none")


@rule(
    "bucket-lifecycle",
    "Objects move to infrequent access after 30 days or later, and expire after they have moved",
    f"{_DOCS}/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html",
)
def bucket_lifecycle(stack: Stack) -> Iterator[Problem]:
    """S3 refuses other rules."""
    for bucket in stack.of_type("AWS::S3::Bucket"):
        for path, given in bucket.each("LifecycleConfiguration", "Rules", "*"):
            expires = as_number(given.get("ExpirationInDays"))
            if expires is not None and expires < 1:
                yield bucket.problem("objects expire after 0 days", *path, expected="1 or more")
            for days, storage in _transitions(given):
                if storage in ("STANDARD_IA", "ONEZONE_IA") and days < 30:
                    yield bucket.problem(
                        f"objects move to {storage} after {days} days",
                        *path,
                        expected="30 or more",
                    )
                if expires is not None and expires <= days:
                    yield bucket.problem(
                        f"objects expire after {expires} days, and move to {storage} after {days}",
                        *path,
                    )


def _transitions(given: dict[str, Any]) -> Iterator[tuple[float, str]]:
    for transition in [*(given.get("Transitions") or []), given.get("Transition") or {}]:
        days = as_number(transition.get("TransitionInDays"))
        if days is not None:
            yield days, str(transition.get("StorageClass"))


EVENTS = re.compile(
    r"s3:(ReducedRedundancyLostObject|LifecycleTransition|IntelligentTiering"
    r"|ObjectAcl:Put"
    r"|ObjectCreated:(\*|Put|Post|Copy|CompleteMultipartUpload)"
    r"|ObjectRemoved:(\*|Delete|DeleteMarkerCreated)"
    r"|ObjectRestore:(\*|Post|Completed|Delete)"
    r"|Replication:(\*|OperationFailedReplication|OperationNotTracked"
    r"|OperationMissedThreshold|OperationReplicatedAfterThreshold)"
    r"|LifecycleExpiration:(\*|Delete|DeleteMarkerCreated)"
    r"|ObjectRetention:Put"
    r"|ObjectTagging:(\*|Put|Delete)"
    r"|ObjectAnnotation:(\*|Put|Delete))"
)
_TARGETS = ("LambdaConfigurations", "QueueConfigurations", "TopicConfigurations")


@rule(
    "bucket-notifications",
    "The notifications of a bucket are about events that S3 has, and do not overlap",
    f"{_DOCS}/AmazonS3/latest/userguide/notification-how-to-filtering.html",
)
def bucket_notifications(stack: Stack) -> Iterator[Problem]:
    """Two for the same event need prefixes or suffixes that no object has both of."""
    for bucket in stack.of_type("AWS::S3::Bucket"):
        given = [
            (path, notification)
            for target in _TARGETS
            for path, notification in bucket.each("NotificationConfiguration", target, "*")
        ]
        for path, notification in given:
            event = notification.get("Event")
            if isinstance(event, str) and not EVENTS.fullmatch(event):
                yield bucket.problem(f"S3 has no event {event}", *path, "Event")
        for (_, first), (path, second) in combinations(given, 2):
            if _overlap(first, second):
                yield bucket.problem(
                    f"two notifications are about {second.get('Event')} of the same objects", *path
                )


def _overlap(first: dict[str, Any], second: dict[str, Any]) -> bool:
    events = [str(one.get("Event")).removesuffix("*") for one in (first, second)]
    prefixes = [_filter(one, "prefix") for one in (first, second)]
    suffixes = [_filter(one, "suffix")[::-1] for one in (first, second)]
    return all(a.startswith(b) or b.startswith(a) for a, b in (events, prefixes, suffixes))


def _filter(notification: dict[str, Any], name: str) -> str:
    rules = ((notification.get("Filter") or {}).get("S3Key") or {}).get("Rules") or []
    return next((str(one["Value"]) for one in rules if str(one["Name"]).lower() == name), "")


@rule(
    "parameter-value",
    "The value of an SSM parameter has 1 to 4,096 characters and matches its pattern",
    f"{_DOCS}/systems-manager/latest/APIReference/API_PutParameter.html",
)
def parameter_value(stack: Stack) -> Iterator[Problem]:
    """8,192 for an advanced one. {{ and }} are kept for references."""
    for parameter in stack.of_type("AWS::SSM::Parameter"):
        value = parameter.get("Value")
        if isinstance(value, (str, int)):
            for fault in _faults_of_value(str(value), parameter):
                yield parameter.problem(fault, "Value")


def _faults_of_value(value: str, parameter: Resource) -> Iterator[str]:
    most = 4096 if parameter.get("Tier") in (None, "Standard") else 8192
    if not value:
        yield "the value is empty"
    if len(value.encode()) > most:
        yield f"the value has {len(value.encode()):,} bytes, expected at most {most:,}"
    if "{{" in value:
        yield "the value has {{, which is kept for references"
    pattern = parameter.text("AllowedPattern")
    if pattern:
        try:
            matches = re.search(pattern, value)
        except re.error as error:
            yield f"AllowedPattern is not a regular expression: {error}"
            return
        if not matches:
            yield f"the value does not match {pattern}"


@rule(
    "redrive-permission",
    "A dead-letter queue is for all queues, for none, or for 1 to 10 that it names",
    f"{_DOCS}/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
)
def redrive_permission(stack: Stack) -> Iterator[Problem]:
    """The names go with byQueue only."""
    path: Path = ("RedriveAllowPolicy",)
    for queue in stack.of_type("AWS::SQS::Queue"):
        given = queue.get(*path)
        if not isinstance(given, dict):
            continue
        permission, sources = given.get("redrivePermission"), given.get("sourceQueueArns") or []
        if permission not in ("allowAll", "denyAll", "byQueue"):
            yield queue.problem(
                f"redrivePermission is {permission}", *path, expected="allowAll, denyAll or byQueue"
            )
        elif (permission == "byQueue") != bool(sources) or len(sources) > 10:
            yield queue.problem(
                f"{permission} with {len(sources)} queues",
                *path,
                expected="1 to 10 sourceQueueArns with byQueue, and none otherwise",
            )
