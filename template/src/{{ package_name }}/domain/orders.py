"""Orders: what they are, and how their status may move."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol, Self

from msgspec import Meta, Struct
from msgspec.structs import replace

# Python's `$` lets a line break at the end through, and JavaScript, which reads this pattern in the
# OpenAPI document, has no `\Z`.
Identifier = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")]
Quantity = Annotated[int, Meta(ge=1, le=10_000)]
Cents = Annotated[int, Meta(ge=0, le=100_000_000)]
Instant = Annotated[datetime, Meta(tz=True)]


class Status(StrEnum):
    """Where an order stands. A status only ever gives way to one further down this list."""

    PLACED = "placed"
    PAID = "paid"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def rank(self) -> int:
        return list(Status).index(self)


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """So many of one article, at the price of the day."""

    sku: Identifier
    quantity: Quantity
    unit_price_cents: Cents


Lines = Annotated[tuple[Line, ...], Meta(min_length=1, max_length=100)]


class Order(Struct, frozen=True, omit_defaults=True):
    """An order, as it is kept and passed from function to function."""

    order_id: Identifier
    customer_id: Identifier
    lines: Lines
    placed_at: Instant
    status: Status = Status.PLACED
    warehouse: Annotated[str, Meta(max_length=64)] = ""

    @property
    def total_cents(self) -> int:
        """What the order costs, in cents."""
        return sum(line.quantity * line.unit_price_cents for line in self.lines)

    def moved(self, status: Status, *, warehouse: str = "") -> Self:
        """The same order at another status."""
        return replace(self, status=status, warehouse=warehouse or self.warehouse)


class Orders(Protocol):
    """Keeps orders."""

    def save(self, order: Order) -> bool:
        """Keep the order, unless it is already known at this status or one further on.

        Returns whether anything changed, so that saving twice is the same as saving once.
        """
        ...
