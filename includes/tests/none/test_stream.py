{% set record = 'kinesis_record' if stream_source == 'kinesis' else 'inserted_record' %}
"""The stream consumer: orders are counted, and order is kept around a bad record."""

from typing import Any

import pytest
from hypothesis import given
from lean_lambda.documents import encode
from lean_lambda.testing.context import FakeContext
from lean_lambda.testing.hostile import bodies
from lean_lambda.testing.records import {{ record }} as a_record

from {{ package_name }}.domain.orders import Order

from tests.fakes.orders import an_order
from tests.unit.conftest import StartFunction


class MemorySummaries:
    """Remembers what was added."""

    def __init__(self) -> None:
        self.added: list[str] = []

    def add(self, order: Order) -> bool:
        self.added.append(order.order_id)
        return True


@pytest.fixture
def consumer(start_function: StartFunction) -> Any:
    module = start_function("stream")
    module.summaries = MemorySummaries()
    return module


def deliver(consumer: Any, *records: dict[str, Any]) -> list[str]:
    answer = consumer.handler({"Records": list(records)}, FakeContext())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_orders_are_counted_in_order(consumer: Any) -> None:
    records = [a_record(encode(an_order(f"ord-{n}")), n) for n in range(3)]
    assert deliver(consumer, *records) == []
    assert consumer.summaries.added == ["ord-0", "ord-1", "ord-2"]


def test_from_a_poison_record_on_the_shard_is_delivered_again(consumer: Any) -> None:
    records = [
        a_record(encode(an_order("ord-1")), 1),
        a_record("not json", 2),
        a_record(encode(an_order("ord-3")), 3),
    ]
    assert deliver(consumer, *records) == ["2", "3"]
    assert consumer.summaries.added == ["ord-1"]


@given(body=bodies)
def test_whatever_a_record_says_those_before_it_are_done(consumer: Any, body: str) -> None:
    assert deliver(consumer, a_record(encode(an_order()), 1), a_record(body, 2)) == ["2"]
