"""Payments that arrive on the event bus."""

import uuid
from collections.abc import Callable

import pytest
from lambda_workbench.testing.stage import Service, put_event

from tests.e2e.orders import Orders


def test_a_payment_marks_its_order_as_paid(service: Service, orders: Orders) -> None:
    order = orders.new()
    detail = {"payment_id": str(uuid.uuid4()), "order": order}

    put_event(service, "shop.payments", "PaymentReceived", detail)

    orders.wait_for("events", order["order_id"], "paid")
    assert orders.recorded("events", order["order_id"]) == ["paid"]


@pytest.mark.usefixtures("poison_allowed")
def test_a_poison_event_is_kept(service: Service, find_failure: Callable[[str, str], str]) -> None:
    mark = str(uuid.uuid4())

    put_event(service, "shop.payments", "PaymentReceived", {"payment_id": mark})

    url = service.queue_url(service.failure_destination("events"))
    assert mark in find_failure(url, mark)
