"""Cancelling an order."""

from typing import Annotated

from msgspec import Meta, Struct

from .orders import Order, Orders, Outcome, Step, move


class Cancellation(Struct, frozen=True):
    """What is broadcast when a customer withdraws an order."""

    order: Order
    reason: Annotated[str, Meta(max_length=500)] = ""


def cancel(cancellation: Cancellation, orders: Orders) -> Outcome:
    """Keep the order as cancelled, unless it was fulfilled or had expired."""
    return move(cancellation.order, Step.CANCEL, orders)
