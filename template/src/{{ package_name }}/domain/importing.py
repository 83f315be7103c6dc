"""Taking over orders that came in a file."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from lean_lambda.errors import KeyReused

from .orders import Order
from .placing import Placed


class Imported(NamedTuple):
    """How many orders were new, and the ids that are those of other orders."""

    new: int
    refused: list[str]


def import_orders(found: Iterable[Order], place: Callable[[Order], Placed]) -> Imported:
    """Place every order; one that is refused does not hold up the others."""
    new, refused = 0, list[str]()
    for order in found:
        try:
            new += place(order).is_new
        except KeyReused:
            refused.append(order.order_id)
    return Imported(new, refused)
