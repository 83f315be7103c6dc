"""Event source mappings."""

from collections.abc import Callable

import pytest

Try = Callable[..., None]

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"
FIFO = f"{QUEUE}.fifo"
STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026"
KAFKA = "arn:aws:kafka:eu-west-1:123456789012:cluster/orders/1"


def mapping(source: str, settings: str = "") -> str:
    return (
        "It:\n"
        "  Type: AWS::Lambda::EventSourceMapping\n"
        f"  Properties: {{EventSourceArn: '{source}', {settings}}}\n"
    )


@pytest.mark.parametrize(
    ("source", "setting"),
    [
        (QUEUE, "BisectBatchOnFunctionError: true"),
        (QUEUE, "DestinationConfig: {OnFailure: {}}"),
        (QUEUE, "MaximumRecordAgeInSeconds: 60"),
        (QUEUE, "MaximumRetryAttempts: 2"),
        (QUEUE, "ParallelizationFactor: 2"),
        (QUEUE, "StartingPosition: LATEST"),
        (QUEUE, "TumblingWindowInSeconds: 60"),
        (STREAM, "ScalingConfig: {MaximumConcurrency: 2}"),
        (TABLE, "ProvisionedPollerConfig: {MinimumPollers: 1}"),
        (KAFKA, "ParallelizationFactor: 2"),
        (KAFKA, "ScalingConfig: {MaximumConcurrency: 2}"),
    ],
)
def test_settings_that_a_source_does_not_know(source: str, setting: str, finds: Try) -> None:
    finds("source-settings", setting.split(":")[0], mapping(source, setting))


@pytest.mark.parametrize(
    ("source", "settings"),
    [
        (QUEUE, "ScalingConfig: {MaximumConcurrency: 2}, FunctionResponseTypes: [A]"),
        (FIFO, "ProvisionedPollerConfig: {MinimumPollers: 2}"),
        (STREAM, "StartingPosition: LATEST, ParallelizationFactor: 2, MaximumRetryAttempts: 2"),
        (TABLE, "StartingPosition: LATEST, TumblingWindowInSeconds: 60"),
        (KAFKA, "StartingPosition: LATEST, BisectBatchOnFunctionError: true"),
    ],
)
def test_settings_that_it_knows(source: str, settings: str, passes: Try) -> None:
    passes("source-settings", mapping(source, settings))


def test_a_source_of_the_stack_is_known_by_reference(finds: Try) -> None:
    reference = mapping("x", "MaximumRetryAttempts: 2").replace("'x'", "!GetAtt Queue.Arn")
    finds("source-settings", "a queue", f"Queue: {{Type: AWS::SQS::Queue}}\n{reference}")


def test_a_stream_is_read_from_somewhere(finds: Try, passes: Try) -> None:
    passes("starting-position", mapping(QUEUE))
    passes("starting-position", mapping(STREAM, "StartingPosition: TRIM_HORIZON"))
    finds("starting-position", "StartingPosition is missing", mapping(STREAM))
    since = "StartingPosition: AT_TIMESTAMP"
    passes("starting-position", mapping(STREAM, f"{since}, StartingPositionTimestamp: 1"))
    finds("starting-position", "StartingPositionTimestamp", mapping(STREAM, since))
    finds("starting-position", "a table's stream cannot", mapping(TABLE, since))


def test_more_than_ten_messages_need_a_window(finds: Try, passes: Try) -> None:
    passes("batch-window", mapping(QUEUE, "BatchSize: 10"))
    passes("batch-window", mapping(QUEUE, "BatchSize: 11, MaximumBatchingWindowInSeconds: 1"))
    passes("batch-window", mapping(STREAM, "BatchSize: 100"))
    finds("batch-window", "BatchSize is 11 without", mapping(QUEUE, "BatchSize: 11"))


def test_a_fifo_queue_gives_ten_messages_and_has_no_window(finds: Try, passes: Try) -> None:
    passes("fifo-batch", mapping(FIFO, "BatchSize: 10, MaximumBatchingWindowInSeconds: 0"))
    finds("fifo-batch", "BatchSize is 11", mapping(FIFO, "BatchSize: 11"))
    finds("fifo-batch", "has no window", mapping(FIFO, "MaximumBatchingWindowInSeconds: 1"))


def test_a_maximum_excludes_pollers_of_ones_own(finds: Try, passes: Try) -> None:
    most, pollers = "ScalingConfig: {MaximumConcurrency: 2}", "ProvisionedPollerConfig: {A: 2}"
    passes("pollers-or-maximum", mapping(QUEUE, most))
    finds("pollers-or-maximum", "exclude each other", mapping(QUEUE, f"{most}, {pollers}"))


@pytest.mark.parametrize("age", [0, 59])
def test_records_are_kept_for_a_minute_or_for_ever(age: int, finds: Try, passes: Try) -> None:
    passes("record-age", mapping(STREAM, "MaximumRecordAgeInSeconds: -1"))
    passes("record-age", mapping(STREAM, "MaximumRecordAgeInSeconds: 60"))
    finds("record-age", f"is {age}", mapping(STREAM, f"MaximumRecordAgeInSeconds: {age}"))


def filtered(*patterns: str, source: str = QUEUE) -> str:
    filters = ", ".join(f"{{Pattern: '{pattern}'}}" for pattern in patterns)
    return mapping(source, f"FilterCriteria: {{Filters: [{filters}]}}")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{", "not JSON"),
        ('{"body": {"status": "paid"}}', "body.status: expected a list of values"),
        ('{"body": {"status": []}}', "body.status: expected a list of values"),
        ('{"body": {"status": [{"begins": "p"}]}}', "got begins"),
        ('{"body": {"$or": [{"a": [1]}]}}', "two or more patterns"),
        ("[]", "the pattern: expected fields"),
    ],
)
def test_patterns_of_filters(pattern: str, said: str, finds: Try) -> None:
    finds("filter-patterns", said, filtered(pattern))


def test_patterns_that_are_some(finds: Try, passes: Try) -> None:
    numbers = '{"body": {"price": [{"numeric": [">", 1]}]}}'
    either = '{"$or": [{"body": {"a": [null, ""]}}, {"body": {"b": [{"exists": false}]}}]}'
    passes("filter-patterns", filtered(numbers, either))
    finds("filter-patterns", "numbers as text", filtered(numbers, source=TABLE))


def test_a_mapping_has_five_filters(finds: Try, passes: Try) -> None:
    patterns = [f'{{"body": {{"a": [{number}]}}}}' for number in range(6)]
    passes("filter-patterns", filtered(*patterns[:5]))
    finds("filter-patterns", "6 filters", filtered(*patterns))
