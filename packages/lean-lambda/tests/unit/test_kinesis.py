"""Kinesis records, as records."""

from lean_lambda.kinesis import records
from lean_lambda.testing.records import kinesis_record


def test_a_record_is_known_by_its_sequence_number() -> None:
    (record,) = records({"Records": [kinesis_record("hello", 7)]})
    assert (record.id, record.body) == ("7", b"hello")
    assert record.correlation_id == "shard-0:7"


def test_all_records_of_a_shard_belong_together() -> None:
    first, second = records({"Records": [kinesis_record("a", 1), kinesis_record("b", 2)]})
    assert first.group == second.group is not None
