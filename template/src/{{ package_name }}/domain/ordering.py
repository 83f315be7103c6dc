"""Orders as customers give them."""

from datetime import datetime

from msgspec import Struct

from .orders import Identifier, Lines, Order


class NewOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer wants."""

    customer_id: Identifier
    lines: Lines

    def placed(self, order_id: str, caller: str, at: datetime) -> Order:
        """The order that this becomes; it belongs to the caller."""
        return Order(order_id, self.customer_id, self.lines, at, placed_by=caller)
