"""Fulfilling an order."""

from typing import Protocol

from .orders import Order, Orders, Outcome, Step, move


class FulfilmentQueue(Protocol):
    """Where placed orders wait to be fulfilled."""

    def send(self, order: Order) -> None:
        """Queue the order; queueing it again is harmless, since fulfilling is done once."""
        ...


def fulfil(order: Order, warehouse: str, orders: Orders) -> Outcome:
    """Hand the order to the warehouse and keep it as fulfilled, unless it was withdrawn.

    An order that is not kept yet is kept now: it was queued first.
    """
    return move(order, Step.FULFIL, orders, warehouse=warehouse)
