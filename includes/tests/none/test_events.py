"""The event consumer: a payment is recorded, and what is no payment fails."""

import json
from typing import Any

import pytest
from hypothesis import given
from lean_lambda.documents import InvalidDocumentError
from lean_lambda.testing.context import FakeContext
from lean_lambda.testing.hostile import documents
from msgspec import to_builtins

from {{ package_name }}.domain.orders import Status

from tests.fakes.orders import MemoryOrders, an_order
from tests.unit.conftest import StartFunction


@pytest.fixture
def consumer(start_function: StartFunction) -> Any:
    module = start_function("events")
    module.orders = MemoryOrders()
    return module


def test_a_payment_makes_the_order_paid(consumer: Any) -> None:
    detail = {"payment_id": "pay-1", "order": to_builtins(an_order())}
    consumer.handler({"detail": detail}, FakeContext())
    assert consumer.orders.kept["ord-1"].status == Status.PAID


def test_what_is_no_payment_fails_so_that_it_is_kept_aside(consumer: Any) -> None:
    with pytest.raises(InvalidDocumentError, match="payment_id"):
        consumer.handler({"detail": {}}, FakeContext())


@given(document=documents)
def test_whatever_an_event_says_it_fails_for_its_form(consumer: Any, document: str) -> None:
    with pytest.raises(InvalidDocumentError):
        consumer.handler({"detail": json.loads(document)}, FakeContext())
