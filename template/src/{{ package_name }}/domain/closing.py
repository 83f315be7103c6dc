"""Closing the business day."""

from datetime import date, datetime, timedelta
from typing import Protocol


class Journal(Protocol):
    """Where the end of a day is written down."""

    def close(self, day: date) -> None:
        """Write that `day` is over."""
        ...


def close_day(now: datetime, journal: Journal) -> date:
    """Close the day before `now`."""
    day = now.date() - timedelta(days=1)
    journal.close(day)
    return day
