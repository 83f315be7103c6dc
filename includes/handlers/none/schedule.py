"""Closes the business day, on schedule."""

from datetime import UTC, datetime

from lean_lambda import metrics
from lean_lambda.invocation import Context, Event, invocation, start

from ..adapters.log_journal import LogJournal
from ..config import Settings
from ..domain.closing import Journal, close_day

settings = start(Settings)
journal: Journal = LogJournal()


@invocation(settings)
def handler(event: Event, context: Context) -> dict[str, str]:
    """Close yesterday; doing it twice writes the same line twice."""
    day = close_day(datetime.now(UTC), journal)
    metrics.add("DaysClosed")
    return {"closed": day.isoformat()}
