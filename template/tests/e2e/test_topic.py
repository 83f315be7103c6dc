"""Cancellations that are published to the topic."""

import json
import uuid
from collections.abc import Callable

import pytest
from lambda_workbench.testing.stage import Service, publish

from tests.e2e.orders import Orders


def test_a_cancellation_cancels_its_order(service: Service, orders: Orders) -> None:
    order = orders.new()

    publish(service, json.dumps({"order": order, "reason": "changed their mind"}))

    orders.wait_for("topic", order["order_id"], "cancelled")
    assert orders.recorded("topic", order["order_id"]) == ["cancelled"]


@pytest.mark.usefixtures("poison_allowed")
def test_a_poison_message_is_kept(
    service: Service, find_failure: Callable[[str, str], str]
) -> None:
    mark = str(uuid.uuid4())

    publish(service, json.dumps({"reason": mark}))

    url = service.queue_url(service.failure_destination("topic"))
    assert mark in find_failure(url, mark)
