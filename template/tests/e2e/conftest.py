"""What the end-to-end tests of this service share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lambda_workbench.testing.stage import Service, find_failure, poison_allowed, service

from tests.e2e.orders import Orders

__all__ = ["find_failure", "poison_allowed", "service"]


@pytest.fixture
def orders(service: Service) -> Iterator[Orders]:
    """Makes orders of this test's own and shows what became of them."""
    made = Orders(service)
    yield made
    made.clean_up()
