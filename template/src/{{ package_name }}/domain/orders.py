"""Orders: what they are, and how their status may move."""

from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final, Protocol, Self

from lean_lambda.errors import TransientError
from msgspec import Meta, Struct
from msgspec.structs import force_setattr, replace

# Python's `$` lets a line break at the end through, and JavaScript, which reads this pattern in the
# OpenAPI document, has no `\Z`.
Identifier = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")]
Quantity = Annotated[int, Meta(ge=1, le=10_000)]
Cents = Annotated[int, Meta(ge=0, le=100_000_000)]
Instant = Annotated[datetime, Meta(tz=True)]


class Status(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    PAID = "paid"
    FULFILLED = "fulfilled"
    COMPLETED = "completed"  # both paid and fulfilled
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUND_DUE = "refund_due"  # paid, and cancelled or expired


class Step(StrEnum):
    """What happens to an order."""

    PAY = "pay"
    FULFIL = "fulfil"
    CANCEL = "cancel"
    EXPIRE = "expire"


# All there is: a step that is not listed leaves the order as it is. There is no way back, so an
# order that still has a status has not moved. The picture: docs/decisions/0004-order-states.md
MOVES: Final = MappingProxyType(
    {
        (Status.PLACED, Step.PAY): Status.PAID,
        (Status.PLACED, Step.FULFIL): Status.FULFILLED,
        (Status.PLACED, Step.CANCEL): Status.CANCELLED,
        (Status.PLACED, Step.EXPIRE): Status.EXPIRED,
        (Status.PAID, Step.FULFIL): Status.COMPLETED,
        (Status.PAID, Step.CANCEL): Status.REFUND_DUE,
        (Status.FULFILLED, Step.PAY): Status.COMPLETED,
        (Status.CANCELLED, Step.PAY): Status.REFUND_DUE,
        (Status.EXPIRED, Step.PAY): Status.REFUND_DUE,
    }
)


class Outcome(StrEnum):
    """What a step came to."""

    DONE = "Done"
    REPEATED = "Repeated"  # it was done before
    REFUSED = "Refused"  # it may not follow what happened before


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """So many of one article, at the price of the day."""

    sku: Identifier
    quantity: Quantity
    unit_price_cents: Cents


Lines = Annotated[tuple[Line, ...], Meta(min_length=1, max_length=100)]


class Order(Struct, frozen=True, omit_defaults=True):
    """An order, as it is kept and passed from function to function. `placed_at` is in UTC."""

    order_id: Identifier
    customer_id: Identifier
    lines: Lines
    placed_at: Instant
    status: Status = Status.PLACED
    warehouse: Annotated[str, Meta(max_length=64)] = ""
    payment_id: str = ""
    placed_by: str = ""
    """Whose it is: who called the API to place it. Empty when it came another way."""

    def __post_init__(self) -> None:
        try:
            force_setattr(self, "placed_at", self.placed_at.astimezone(UTC))
        except OverflowError:  # next to the first or the last day of the calendar
            raise ValueError("placed_at is not a moment in UTC") from None

    @property
    def total_cents(self) -> int:
        """What the order costs, in cents."""
        return sum(line.quantity * line.unit_price_cents for line in self.lines)

    def as_placed(self) -> Self:
        """The same order, before anything happened to it."""
        return replace(self, status=Status.PLACED, warehouse="", payment_id="")

    def after(self, step: Step, **details: str) -> Self | None:
        """The same order after the step, with its details, or None where `MOVES` does not go."""
        status = MOVES.get((self.status, step))
        return replace(self, status=status, **details) if status else None

    def has_had(self, step: Step, payment_id: str = "", **_: str) -> bool:
        """Whether the step was done before; for a payment, whether it was this one."""
        done = {status for (_, moved_by), status in MOVES.items() if moved_by is step}
        return self.status in done and (not payment_id or payment_id == self.payment_id)


class Orders(Protocol):
    """Keeps orders."""

    def get(self, order_id: str) -> Order | None:
        """The order as last kept, or None."""
        ...

    def put(self, order: Order, *, replacing: Order | None) -> bool:
        """Keep the order if `replacing` is what is kept at this moment (None: nothing is).

        Returns whether it was; an order that moved on in the meantime is left alone.
        """
        ...


def move(offered: Order, step: Step, orders: Orders, **details: str) -> Outcome:
    """Carry the step out on the order as kept, or on the one offered if none is kept yet.

    Events come late, twice and in any order, and others write at the same time: whoever comes
    second looks again at what is kept, and `MOVES` decides.
    """
    for _ in Status:  # more often than there are statuses no order can have moved on
        kept = orders.get(offered.order_id)
        order = kept or offered
        moved = order.after(step, **details)
        if moved is None:
            return Outcome.REPEATED if order.has_had(step, **details) else Outcome.REFUSED
        if orders.put(moved, replacing=kept):
            return Outcome.DONE
    raise TransientError(f"{offered.order_id} is not kept as it is read")
