"""The topic subscriber: a withdrawn order is cancelled, and what is no withdrawal fails."""

from typing import Any

import pytest
from hypothesis import given
from lean_lambda.documents import InvalidDocumentError, encode
from lean_lambda.testing.context import FakeContext
from lean_lambda.testing.hostile import bodies

from {{ package_name }}.domain.cancelling import Cancellation
from {{ package_name }}.domain.orders import Status

from tests.fakes.orders import MemoryOrders, an_order
from tests.unit.conftest import StartFunction


@pytest.fixture
def subscriber(start_function: StartFunction) -> Any:
    module = start_function("topic")
    module.orders = MemoryOrders()
    return module


def a_notification(message: str) -> dict[str, Any]:
    return {"Records": [{"Sns": {"Message": message}}]}


def test_a_withdrawn_order_is_cancelled(subscriber: Any) -> None:
    message = encode(Cancellation(an_order(), "changed my mind"))
    subscriber.handler(a_notification(message), FakeContext())
    assert subscriber.orders.kept["ord-1"].status == Status.CANCELLED


@given(message=bodies)
def test_what_is_no_withdrawal_fails_so_that_it_is_kept_aside(
    subscriber: Any, message: str
) -> None:
    with pytest.raises(InvalidDocumentError):
        subscriber.handler(a_notification(message), FakeContext())
