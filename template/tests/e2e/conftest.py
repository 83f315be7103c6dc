"""End-to-end tests drive a deployed service through its real sources.

    make e2e                  builds, deploys to an emulator of its own, tests
    make e2e STAGE=staging    tests the stage that is deployed, with your AWS credentials

They leave nothing behind: each test removes the orders, messages and objects it made.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tools import sources
from tools.local_env import enter_local_environment
from tools.local_stack import deploy
from tools.package import build
from tools.project import LOCAL_DIST
from tools.service import Service, wait_until
from tools.stages import LOCAL
from tools.streams import Driver


@pytest.fixture(scope="session")
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service under test: deployed here and now, or the stage in $STAGE."""
    stage = os.environ.get("STAGE") or LOCAL
    if stage != LOCAL:
        yield Service(stage)
        return
    enter_local_environment()
    emulator = request.getfixturevalue("emulator")
    build(LOCAL_DIST, LOCAL, local=True)
    deploy(emulator.endpoint)
    with Driver(emulator.endpoint):
        yield Service(LOCAL, emulator.endpoint)


@pytest.fixture
def orders(service: Service) -> Iterator[Orders]:
    """Makes orders of this test's own and shows what became of them."""
    made = Orders(service)
    yield made
    made.clean_up()


@pytest.fixture
def poison_allowed(service: Service) -> None:
    """Skips a test that waits for retries to run out, which takes a deployed stage very long."""
    if not service.is_local and not os.environ.get("E2E_POISON"):
        pytest.skip("retries take many minutes on AWS: set E2E_POISON=1 to wait for them")


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


@pytest.fixture
def find_failure(service: Service) -> Callable[[str, str], str]:
    """Waits for a message with some text on the queue that takes what failed."""

    def find(url: str, text: str) -> str:
        def look() -> str:
            found = [body for body in sources.sqs_bodies(service, url) if text in body]
            return found[0] if found else ""

        return str(wait_until(f"{text} arrives at {url}", look, 60 if service.is_local else 1800))

    return find
