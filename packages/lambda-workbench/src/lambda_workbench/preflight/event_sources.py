"""Event source mappings: which setting goes with which source, and which with which other."""

from __future__ import annotations

import json
from collections.abc import Iterator

from lambda_workbench.preflight.model import Problem, Resource, Stack, rule
from lambda_workbench.preflight.patterns import faults, uses_numbers
from lambda_workbench.preflight.wiring import End, end_of

_DOCS = "https://docs.aws.amazon.com/lambda/latest"
_API = f"{_DOCS}/api/API_CreateEventSourceMapping.html"
_MAPPING = "AWS::Lambda::EventSourceMapping"

_STREAMS = {"kinesis", "dynamodb"}
_RETRIED = {*_STREAMS, "kafka"}
_ONLY_FOR = {
    "BisectBatchOnFunctionError": _RETRIED,
    "DestinationConfig": _RETRIED,
    "FunctionResponseTypes": {*_RETRIED, "sqs"},
    "MaximumRecordAgeInSeconds": _RETRIED,
    "MaximumRetryAttempts": _RETRIED,
    "ParallelizationFactor": _STREAMS,
    "ProvisionedPollerConfig": {"sqs", "kafka"},
    "ScalingConfig": {"sqs"},
    "StartingPosition": {*_RETRIED, "docdb"},
    "TumblingWindowInSeconds": _STREAMS,
}


def _mappings(stack: Stack) -> Iterator[tuple[Resource, End]]:
    """The mappings whose source is known."""
    for mapping in stack.of_type(_MAPPING):
        if mapping.get("SelfManagedEventSource"):
            yield mapping, End("kafka", False, stack.stage.region, None)
        elif end := end_of(stack, mapping.get("EventSourceArn")):
            yield mapping, end


@rule("source-settings", "An event source mapping has only settings that its source knows", _API)
def source_settings(stack: Stack) -> Iterator[Problem]:
    """Lambda refuses the others."""
    for mapping, source in _mappings(stack):
        for setting, services in _ONLY_FOR.items():
            if mapping.get(setting) is not None and source.service not in services:
                yield mapping.problem(
                    f"{setting} does not go with {source}",
                    setting,
                    expected=f"{', '.join(sorted(services))} as the source",
                )


@rule(
    "starting-position",
    "The mapping of a stream says where to start, and from when if that is a time",
    _API,
)
def starting_position(stack: Stack) -> Iterator[Problem]:
    """DynamoDB's streams know no time to start from."""
    for mapping, source in _mappings(stack):
        position = mapping.get("StartingPosition")
        if position is None and source.service in _STREAMS:
            yield mapping.problem("StartingPosition is missing", expected="LATEST or TRIM_HORIZON")
        if position == "AT_TIMESTAMP" and source.service == "dynamodb":
            yield mapping.problem(
                "a table's stream cannot start at a time",
                "StartingPosition",
                expected="LATEST or TRIM_HORIZON",
            )
        elif position == "AT_TIMESTAMP" and mapping.get("StartingPositionTimestamp") is None:
            yield mapping.problem("StartingPositionTimestamp is missing", "StartingPosition")


@rule(
    "batch-window",
    "More than 10 messages of a queue come together only after a window of a second or more",
    _API,
)
def batch_window(stack: Stack) -> Iterator[Problem]:
    """For a standard queue. The page says so of streams too, whose default is 100 records and no
    window.
    """
    for mapping, source in _mappings(stack):
        size = mapping.number("BatchSize") or 10
        window = mapping.number("MaximumBatchingWindowInSeconds") or 0
        if source.service == "sqs" and not source.fifo and size > 10 and window < 1:
            yield mapping.problem(
                f"BatchSize is {size} without a window",
                "BatchSize",
                expected="MaximumBatchingWindowInSeconds of 1 or more",
            )


@rule("fifo-batch", "A FIFO queue gives at most 10 messages at a time, and has no window", _API)
def fifo_batch(stack: Stack) -> Iterator[Problem]:
    """Lambda refuses more."""
    for mapping, source in _mappings(stack):
        if source.service != "sqs" or not source.fifo:
            continue
        if (mapping.number("BatchSize") or 10) > 10:
            yield mapping.problem(
                f"BatchSize is {mapping.get('BatchSize')}", "BatchSize", expected="at most 10"
            )
        if mapping.number("MaximumBatchingWindowInSeconds"):
            yield mapping.problem(
                "a FIFO queue has no window", "MaximumBatchingWindowInSeconds", expected="0"
            )


@rule(
    "pollers-or-maximum",
    "The mapping of a queue has a maximum concurrency or pollers of its own, not both",
    f"{_DOCS}/dg/services-sqs-scaling.html",
)
def pollers_or_maximum(stack: Stack) -> Iterator[Problem]:
    """Lambda allows one."""
    for mapping in stack.of_type(_MAPPING):
        if mapping.get("ScalingConfig", "MaximumConcurrency") is not None and mapping.get(
            "ProvisionedPollerConfig"
        ):
            yield mapping.problem(
                "ScalingConfig and ProvisionedPollerConfig exclude each other", "ScalingConfig"
            )


@rule(
    "record-age",
    "Records are dropped after 60 seconds or later, or never (-1)",
    f"{_DOCS}/dg/services-dynamodb-params.html",
)
def record_age(stack: Stack) -> Iterator[Problem]:
    """The schema only knows -1 to 604,800."""
    for mapping in stack.of_type(_MAPPING):
        age = mapping.number("MaximumRecordAgeInSeconds")
        if age is not None and age != -1 and age < 60:
            yield mapping.problem(
                f"MaximumRecordAgeInSeconds is {age}",
                "MaximumRecordAgeInSeconds",
                expected="-1, or 60 to 604800",
            )


@rule(
    "filter-patterns",
    "A mapping has at most 5 filters, each a pattern that its source can be compared with",
    f"{_DOCS}/dg/invocation-eventfiltering.html",
)
def filter_patterns(stack: Stack) -> Iterator[Problem]:
    """The quota can be raised to 10. Numbers of a table's stream are text."""
    sources = {mapping.name: end.service for mapping, end in _mappings(stack)}
    for mapping in stack.of_type(_MAPPING):
        filters = mapping.get("FilterCriteria", "Filters") or []
        if len(filters) > 5:
            yield mapping.problem(f"{len(filters)} filters", "FilterCriteria", expected="at most 5")
        for path, text in mapping.each("FilterCriteria", "Filters", "*", "Pattern"):
            if isinstance(text, str):
                for fault in _faults(text, sources.get(mapping.name)):
                    yield mapping.problem(fault, *path)


def _faults(text: str, service: str | None) -> Iterator[str]:
    try:
        pattern = json.loads(text)
    except ValueError as error:
        yield f"the pattern is not JSON: {error}"
        return
    for path, fault in faults(pattern):
        yield f"{'.'.join(map(str, path)) or 'the pattern'}: {fault}"
    if service == "dynamodb" and uses_numbers(pattern):
        yield "a table's stream has numbers as text, so that numeric never matches"
