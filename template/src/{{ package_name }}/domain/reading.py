"""Reading orders back."""

from typing import NamedTuple, Protocol

from .orders import Order, Orders


class OrderNotFoundError(Exception):
    """There is no order of this id."""

    def __init__(self, order_id: str) -> None:
        super().__init__(f"there is no order {order_id}")


class Page(NamedTuple):
    """Some orders, and where the next ones begin (empty when there are none)."""

    orders: list[Order]
    next_start: str


class OrderReader(Protocol):
    """Finds kept orders."""

    def of_customer(self, customer_id: str, limit: int, start: str) -> Page:
        """The customer's orders, newest first, from `start` (as an earlier page gave it) on."""
        ...


def read_order(order_id: str, orders: Orders) -> Order:
    """Find one order, or raise `OrderNotFoundError`."""
    order = orders.get(order_id)
    if order is None:
        raise OrderNotFoundError(order_id)
    return order
