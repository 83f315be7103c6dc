"""Cancelling an order."""

from typing import Annotated

from msgspec import Meta, Struct

from .orders import Order, Orders, Status


class Cancellation(Struct, frozen=True):
    """What is broadcast when a customer withdraws an order."""

    order: Order
    reason: Annotated[str, Meta(max_length=500)] = ""


def cancel(cancellation: Cancellation, orders: Orders) -> Order:
    """Keep the order as cancelled."""
    cancelled = cancellation.order.moved(Status.CANCELLED)
    orders.save(cancelled)
    return cancelled
