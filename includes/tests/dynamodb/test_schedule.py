"""The scheduled job: stale orders expire, as far as time allows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from lean_lambda.invocation import RESERVE_MS
from lean_lambda.testing.context import FakeContext

from {{ package_name }}.domain.orders import (
    Order,
    Status,
)

from tests.fakes.orders import MemoryOrders, an_order
from tests.unit.conftest import StartFunction


class Stale:
    """Gives the orders placed before a moment."""

    def __init__(self, orders: MemoryOrders) -> None:
        self.orders = orders

    def placed_before(self, moment: datetime) -> Iterator[Order]:
        return (order for order in list(self.orders.kept.values()) if order.placed_at < moment)


@pytest.fixture
def job(start_function: StartFunction) -> Any:
    module = start_function("schedule", ORDERS_TABLE="orders")
    module.orders = MemoryOrders(an_order("ord-1"), an_order("ord-2"))
    module.stale = Stale(module.orders)
    return module


def test_stale_orders_expire_and_a_second_run_finds_nothing(job: Any) -> None:
    assert job.handler({}, FakeContext(60_000)) == {"expired": 2}
    assert {order.status for order in job.orders.kept.values()} == {Status.EXPIRED}
    assert job.handler({}, FakeContext(60_000)) == {"expired": 0}


def test_with_little_time_left_the_rest_waits_for_the_next_run(job: Any) -> None:
    context = FakeContext(RESERVE_MS * 9 // 2, each_look_takes_ms=RESERVE_MS)
    assert job.handler({}, context) == {"expired": 1}


def test_a_run_of_a_few_seconds_still_makes_progress(job: Any) -> None:
    assert job.handler({}, FakeContext(3_000)) == {"expired": 2}
