"""The event consumer: a payment is recorded once, and what is no payment fails."""

import json
from typing import Any

import pytest
from hypothesis import given
from msgspec import to_builtins

from {{ package_name }}.domain.orders import Status
from {{ package_name }}.runtime.documents import InvalidDocumentError
from {{ package_name }}.runtime.idempotency import MemoryIdempotency

from tests.fakes.context import FakeContext
from tests.fakes.hostile import documents
from tests.fakes.orders import MemoryOrders, an_order
from tests.unit.conftest import StartFunction


@pytest.fixture
def consumer(start_function: StartFunction) -> Any:
    module = start_function("events", ORDERS_TABLE="orders", IDEMPOTENCY_TABLE="idempotency")
    module.orders = MemoryOrders()
    module.deliveries = MemoryIdempotency()
    return module


def a_payment(payment_id: str = "pay-1") -> dict[str, Any]:
    return {"detail": {"payment_id": payment_id, "order": to_builtins(an_order())}}


def test_a_payment_makes_the_order_paid(consumer: Any) -> None:
    consumer.handler(a_payment(), FakeContext())
    assert consumer.orders.kept["ord-1"].status == Status.PAID


def test_a_payment_delivered_twice_is_recorded_once(consumer: Any) -> None:
    consumer.handler(a_payment(), FakeContext())
    consumer.handler(a_payment(), FakeContext())
    assert consumer.orders.saves == 1


def test_what_is_no_payment_fails_so_that_it_is_kept_aside(consumer: Any) -> None:
    with pytest.raises(InvalidDocumentError, match="payment_id"):
        consumer.handler({"detail": {}}, FakeContext())


@given(document=documents)
def test_whatever_an_event_says_it_fails_for_its_form(consumer: Any, document: str) -> None:
    with pytest.raises(InvalidDocumentError):
        consumer.handler({"detail": json.loads(document)}, FakeContext())
