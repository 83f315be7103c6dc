"""Whether orders are taken at the moment."""

from .switches import Switches


class ClosedError(Exception):
    """No orders are taken at the moment."""


def expect_open(switches: Switches) -> None:
    """Raise `ClosedError` while the flag `take-orders` is off."""
    if not switches.enabled("take-orders", default=True):
        raise ClosedError("no orders are taken at the moment")
