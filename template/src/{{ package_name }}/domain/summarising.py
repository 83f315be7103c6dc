"""Counting what each customer ordered."""

from typing import Protocol

from .orders import Order, Outcome


class Summaries(Protocol):
    """Keeps, per customer, how many orders there were and what they came to."""

    def add(self, order: Order) -> bool:
        """Count the order, unless it was counted before; return whether it was new."""
        ...


def summarise(order: Order, summaries: Summaries) -> Outcome:
    """Count the order towards its customer, once."""
    return Outcome.DONE if summaries.add(order) else Outcome.REPEATED
