"""The event consumer: a payment is recorded once, and what is no payment fails."""

import json
from typing import Any

import pytest
from hypothesis import given
from lean_lambda.documents import InvalidDocumentError
from lean_lambda.errors import KeyReused
from lean_lambda.testing.context import FakeContext
from lean_lambda.testing.hostile import documents
from lean_lambda.testing.idempotency import MemoryIdempotency
from lean_lambda.testing.metrics import counts
from msgspec import to_builtins

from {{ package_name }}.domain.orders import Status

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
    assert consumer.orders.history == {"ord-1": [Status.PAID]}


def test_a_payment_after_fulfilment_is_recorded(consumer: Any) -> None:
    consumer.orders = MemoryOrders(an_order(status=Status.FULFILLED, warehouse="north"))
    consumer.handler(a_payment(), FakeContext())
    assert consumer.orders.kept["ord-1"] == an_order(
        status=Status.COMPLETED, warehouse="north", payment_id="pay-1"
    )


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.EXPIRED])
def test_a_payment_for_a_withdrawn_order_is_due_back(consumer: Any, status: Status) -> None:
    consumer.orders = MemoryOrders(an_order(status=status))
    consumer.handler(a_payment(), FakeContext())
    assert consumer.orders.kept["ord-1"].status == Status.REFUND_DUE


def test_payments_are_counted_by_what_became_of_them(
    consumer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for payment_id in ("pay-1", "pay-1", "pay-2"):
        consumer.deliveries = MemoryIdempotency()  # as if long ago
        consumer.handler(a_payment(payment_id), FakeContext())
    counted = counts(capsys)
    assert counted == {"PaymentsRecorded": 1, "PaymentsRepeated": 1, "PaymentsRefused": 1}
    assert consumer.orders.kept["ord-1"].payment_id == "pay-1"


def test_a_payment_that_comes_with_another_order_fails_so_that_it_is_kept_aside(
    consumer: Any,
) -> None:
    consumer.handler(a_payment(), FakeContext())
    event = {"detail": {"payment_id": "pay-1", "order": to_builtins(an_order("ord-2"))}}
    with pytest.raises(KeyReused):
        consumer.handler(event, FakeContext())


def test_what_is_no_payment_fails_so_that_it_is_kept_aside(consumer: Any) -> None:
    with pytest.raises(InvalidDocumentError, match="payment_id"):
        consumer.handler({"detail": {}}, FakeContext())


@given(document=documents)
def test_whatever_an_event_says_it_fails_for_its_form(consumer: Any, document: str) -> None:
    with pytest.raises(InvalidDocumentError):
        consumer.handler({"detail": json.loads(document)}, FakeContext())
