"""Closing orders that nobody paid for or fulfilled."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final, Protocol

from .orders import Order, Orders, Step

LIFETIME: Final = timedelta(days=7)


class StaleOrders(Protocol):
    """Finds orders that are still only placed."""

    def placed_before(self, moment: datetime) -> Iterator[Order]:
        """The orders placed before `moment` that got no further, oldest first."""
        ...


def expire(
    now: datetime, stale: StaleOrders, orders: Orders, time_is_left: Callable[[], bool]
) -> int:
    """Keep orders older than `LIFETIME` as expired, while time is left; return how many.

    What this run leaves, the next one finds. An order that was paid, fulfilled or cancelled since
    it was found stays as it is.
    """
    expired = 0
    for order in stale.placed_before(now - LIFETIME):
        if not time_is_left():
            break
        after = order.after(Step.EXPIRE)
        expired += after is not None and orders.put(after, replacing=order)
    return expired
