"""The topic subscriber: a withdrawn order is cancelled once, and what is no withdrawal fails."""

from typing import Any

import pytest
from hypothesis import given
from lean_lambda.documents import InvalidDocumentError, encode
from lean_lambda.testing.context import FakeContext
from lean_lambda.testing.hostile import bodies
from lean_lambda.testing.idempotency import MemoryIdempotency
from lean_lambda.testing.metrics import counts

from {{ package_name }}.domain.cancelling import Cancellation
from {{ package_name }}.domain.orders import Status

from tests.fakes.orders import MemoryOrders, an_order
from tests.unit.conftest import StartFunction


@pytest.fixture
def subscriber(start_function: StartFunction) -> Any:
    module = start_function("topic", ORDERS_TABLE="orders", IDEMPOTENCY_TABLE="idempotency")
    module.orders = MemoryOrders()
    module.deliveries = MemoryIdempotency()
    return module


def a_notification(message: str) -> dict[str, Any]:
    return {"Records": [{"Sns": {"Message": message}}]}


def test_a_withdrawn_order_is_cancelled(subscriber: Any) -> None:
    message = encode(Cancellation(an_order(), "changed my mind"))
    subscriber.handler(a_notification(message), FakeContext())
    assert subscriber.orders.kept["ord-1"].status == Status.CANCELLED


def test_a_withdrawal_delivered_twice_cancels_once(subscriber: Any) -> None:
    notification = a_notification(encode(Cancellation(an_order())))
    subscriber.handler(notification, FakeContext())
    subscriber.handler(notification, FakeContext())
    assert subscriber.orders.history == {"ord-1": [Status.CANCELLED]}


@pytest.mark.parametrize(
    ("status", "after", "counted"),
    [
        (Status.PLACED, Status.CANCELLED, "OrdersCancelled"),
        (Status.PAID, Status.REFUND_DUE, "OrdersCancelled"),
        (Status.FULFILLED, Status.FULFILLED, "CancellationsRefused"),
        (Status.COMPLETED, Status.COMPLETED, "CancellationsRefused"),
        (Status.EXPIRED, Status.EXPIRED, "CancellationsRefused"),
    ],
)
def test_a_withdrawal_that_comes_too_late_changes_nothing(
    subscriber: Any,
    status: Status,
    after: Status,
    counted: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    subscriber.orders = MemoryOrders(an_order(status=status))
    subscriber.handler(a_notification(encode(Cancellation(an_order()))), FakeContext())
    assert subscriber.orders.kept["ord-1"].status == after
    assert counts(capsys) == {counted: 1}


@given(message=bodies)
def test_what_is_no_withdrawal_fails_so_that_it_is_kept_aside(
    subscriber: Any, message: str
) -> None:
    with pytest.raises(InvalidDocumentError):
        subscriber.handler(a_notification(message), FakeContext())
