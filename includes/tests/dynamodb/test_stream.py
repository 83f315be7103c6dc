{% set record = 'kinesis_record' if stream_source == 'kinesis' else 'inserted_record' %}
"""The stream consumer: every order is counted once, and order is kept around a bad record."""

from typing import Any

import pytest
from hypothesis import given
from lean_lambda.documents import encode
from lean_lambda.testing.context import FakeContext
from lean_lambda.testing.hostile import bodies
from lean_lambda.testing.metrics import counts
from lean_lambda.testing.records import {{ record }} as a_record

from {{ package_name }}.domain.orders import Order

from tests.fakes.orders import an_order
from tests.unit.conftest import StartFunction


class MemorySummaries:
    """Counts per customer, each order once."""

    def __init__(self) -> None:
        self.counted: set[str] = set()
        self.totals: dict[str, int] = {}

    def add(self, order: Order) -> bool:
        if order.order_id in self.counted:
            return False
        self.counted.add(order.order_id)
        known = self.totals.get(order.customer_id, 0)
        self.totals[order.customer_id] = known + order.total_cents
        return True


@pytest.fixture
def consumer(start_function: StartFunction) -> Any:
    module = start_function("stream", SUMMARIES_TABLE="summaries", IDEMPOTENCY_TABLE="idempotency")
    module.summaries = MemorySummaries()
    return module


def deliver(consumer: Any, *records: dict[str, Any]) -> list[str]:
    answer = consumer.handler({"Records": list(records)}, FakeContext())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_orders_count_towards_their_customer(consumer: Any) -> None:
    records = [a_record(encode(an_order(f"ord-{n}")), n) for n in range(3)]
    assert deliver(consumer, *records) == []
    assert consumer.summaries.totals == {"cus-1": 3 * 9998}


def test_a_record_delivered_twice_counts_once(
    consumer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    record = a_record(encode(an_order()))
    deliver(consumer, record)
    deliver(consumer, record)
    assert consumer.summaries.totals == {"cus-1": 9998}
    assert counts(capsys) == {"OrdersSummarised": 1}


def test_from_a_poison_record_on_the_shard_is_delivered_again(consumer: Any) -> None:
    records = [
        a_record(encode(an_order("ord-1")), 1),
        a_record("not json", 2),
        a_record(encode(an_order("ord-3")), 3),
    ]
    assert deliver(consumer, *records) == ["2", "3"]
    assert consumer.summaries.counted == {"ord-1"}


@given(body=bodies)
def test_whatever_a_record_says_those_before_it_are_done(consumer: Any, body: str) -> None:
    assert deliver(consumer, a_record(encode(an_order()), 1), a_record(body, 2)) == ["2"]
