"""Orders for end-to-end tests."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from lambda_workbench.testing.stage import Service, wait_until


@dataclass
class Orders:
    """Orders with ids of their own, and their state in the table or in the log."""

    service: Service
    started: float = field(default_factory=lambda: time.time() - 1)
    _made: list[str] = field(default_factory=list)

    def new(self, customer: str = "", *, placed_at: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
        """An order nobody has seen before."""
        order_id = f"ord-{uuid.uuid4().hex}"
        self._made.append(order_id)
        return {
            "order_id": order_id,
            "customer_id": customer or f"cus-{uuid.uuid4().hex}",
            "lines": [{"sku": "KB-1", "quantity": 2, "unit_price_cents": 4999}],
            "placed_at": placed_at,
            "status": "placed",
        }

    def remember(self, order_id: str) -> None:
        """Remove an order that the service made, when the test is over."""
        self._made.append(order_id)

    def wait_for(self, function: str, order_id: str, status: str) -> None:
        """Wait until a function has recorded the order with this status."""
        wait_until(
            f"{function} records {order_id} as {status}",
            lambda: status in self.recorded(function, order_id),
            seconds=60 if self.service.is_local else 180,
        )

    def recorded(self, function: str, order_id: str) -> list[str]:
        """The statuses that a function has recorded for an order, oldest first."""
        return [
            str(line["status"])
            for line in self.service.log_lines(function, self.started)
            if line.get("message") == "order recorded" and line.get("order_id") == order_id
        ]

    def sequence(self, function: str) -> list[str]:
        """The ids of the orders that a function recorded, oldest first."""
        return [
            str(line["order_id"])
            for line in self.service.log_lines(function, self.started)
            if line.get("message") == "order recorded"
        ]

    def clean_up(self) -> None:
        """Remove the orders of this test from the table, where there is one."""
        for function in self.service.functions():
            table = self.service.settings(function)["Environment"]["Variables"].get("ORDERS_TABLE")
            if table:
                for order_id in self._made:
                    key = {"order_id": {"S": order_id}}
                    self.service.client("dynamodb").delete_item(TableName=table, Key=key)
                return
