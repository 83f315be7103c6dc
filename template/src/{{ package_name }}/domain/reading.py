"""Reading orders back."""

from typing import NamedTuple, Protocol

from .orders import Order, Orders


class OrderNotFoundError(Exception):
    """There is no order of this id, or it is none of the caller's business."""

    def __init__(self, order_id: str) -> None:
        super().__init__(f"there is no order {order_id}")


class Page(NamedTuple):
    """Some orders, and where the next ones begin (empty when there are none)."""

    orders: list[Order]
    next_start: str


class OrderReader(Protocol):
    """Finds kept orders."""

    def of_customer(self, customer_id: str, caller: str, limit: int, start: str) -> Page:
        """What the caller ordered for the customer, newest first.

        It begins at `start`, as an earlier page gave it.
        """
        ...


def read_order(order_id: str, caller: str, orders: Orders) -> Order:
    """Find an order of the caller's, or raise `OrderNotFoundError`.

    Whether somebody else has an order of this id is not told.
    """
    order = orders.get(order_id)
    if order is None or order.placed_by != caller:
        raise OrderNotFoundError(order_id)
    return order
