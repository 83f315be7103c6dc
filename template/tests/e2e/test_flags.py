"""Flags are switched on the running service, without a deployment."""

import uuid

import pytest
from lambda_workbench.testing.stage import Answer, Api, FlagSet, Service, wait_until

from tests.e2e.orders import Orders


def test_no_order_is_taken_while_that_is_switched_off(service: Service, orders: Orders) -> None:
    if not service.is_local:
        pytest.skip("switching a flag of a stage is not a test's business")
    api, flags = Api(service), FlagSet(service)

    def place() -> Answer:
        line = {"sku": "KB-1", "quantity": 2, "unit_price_cents": 4999}
        body = {"customer_id": f"cus-{uuid.uuid4().hex}", "lines": [line]}
        answer = api.call("POST", "/orders", body, {"idempotency-key": str(uuid.uuid4())})
        if answer.status < 300:
            orders.remember(answer.json()["order_id"])
        return answer

    assert place().status < 300
    flags.switch("take-orders", on=False)
    try:
        wait_until("orders are refused", lambda: place().status == 503)
    finally:
        flags.switch("take-orders", on=True)
    wait_until("orders are taken again", lambda: place().status < 300)
