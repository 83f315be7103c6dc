"""Placing an order."""

from .orders import Order, Orders


def place(order: Order, orders: Orders) -> Order:
    """Keep the order as placed; placing it again changes nothing."""
    orders.save(order)
    return order
