"""What the end-to-end tests of this service share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.orders import Orders
from tests.e2e.stage import find_failure, poison_allowed, service
from lambda_workbench.operate.service import Service

__all__ = ["find_failure", "poison_allowed", "service"]


@pytest.fixture
def orders(service: Service) -> Iterator[Orders]:
    """Makes orders of this test's own and shows what became of them."""
    made = Orders(service)
    yield made
    made.clean_up()
