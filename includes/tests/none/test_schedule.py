"""The scheduled job: yesterday is closed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from lean_lambda.testing.context import FakeContext

from tests.unit.conftest import StartFunction


class MemoryJournal:
    """Remembers the days that were closed."""

    def __init__(self) -> None:
        self.closed: list[date] = []

    def close(self, day: date) -> None:
        self.closed.append(day)


@pytest.fixture
def job(start_function: StartFunction) -> Any:
    module = start_function("schedule")
    module.journal = MemoryJournal()
    return module


def test_the_job_closes_yesterday(job: Any) -> None:
    before = datetime.now(UTC).date()
    answer = job.handler({}, FakeContext())
    (closed,) = job.journal.closed
    assert answer == {"closed": closed.isoformat()}
    assert before - timedelta(days=1) <= closed <= datetime.now(UTC).date() - timedelta(days=1)
