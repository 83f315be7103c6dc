"""DynamoDB stream records, as records."""

from typing import Any

import pytest

from lean_lambda.documents import (
    DamagedDocumentError,
    restore,
)
from lean_lambda.dynamodb_stream import inserted
from lean_lambda.testing.records import inserted_record


def test_an_inserted_item_brings_its_document_and_is_known_by_its_sequence_number() -> None:
    (record,) = inserted({"Records": [inserted_record("hello", 7)]}, "document")
    assert (record.id, record.body) == ("7", b"hello")
    assert record.correlation_id == "event-7"


def test_an_item_passes_its_correlation_id_on() -> None:
    event = inserted_record("hello")
    event["dynamodb"]["NewImage"]["correlation_id"] = {"S": "c-1"}
    (record,) = inserted({"Records": [event]}, "document")
    assert record.correlation_id == "c-1"


@pytest.mark.parametrize("value", [{"N": "1"}, {"NULL": True}, {"S": "\ud800"}])
def test_an_attribute_that_is_no_text_costs_its_neighbours_nothing(value: dict[str, Any]) -> None:
    event = inserted_record("hello")
    event["dynamodb"]["NewImage"]["document"] = value
    damaged, whole = inserted({"Records": [event, inserted_record("hello")]}, "document")
    assert whole.body == b"hello"
    with pytest.raises(DamagedDocumentError):
        restore(str, damaged.body)


def test_an_item_without_the_attribute_has_an_empty_body() -> None:
    (record,) = inserted({"Records": [inserted_record("hello")]}, "other")
    assert record.body == b""


def test_items_that_changed_or_went_are_left_out() -> None:
    changed = {**inserted_record("a", 1), "eventName": "MODIFY"}
    removed = {**inserted_record("b", 2), "eventName": "REMOVE"}
    assert list(inserted({"Records": [changed, removed]}, "document")) == []


def test_all_records_of_a_shard_belong_together() -> None:
    first, second = inserted(
        {"Records": [inserted_record("a", 1), inserted_record("b", 2)]}, "document"
    )
    assert first.group == second.group is not None
