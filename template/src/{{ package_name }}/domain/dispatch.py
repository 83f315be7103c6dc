"""Which warehouse an order is fulfilled from."""

from .orders import Order
from .switches import Switches

LARGE_CENTS = 100_000


def warehouse_for(order: Order, usual: str, switches: Switches) -> str:
    """The usual one; while the flag `large-orders-apart` is on, large orders have their own."""
    if order.total_cents >= LARGE_CENTS and switches.enabled("large-orders-apart"):
        return f"{usual}-large"
    return usual
