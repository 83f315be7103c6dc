"""The frame of an invocation: ids in the logs, metrics flushed, whatever happens inside."""

import importlib
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from lean_lambda import (
    deadline,
    invocation,
    log,
)
from lean_lambda.settings import ServiceSettings
from lean_lambda.testing.context import FakeContext

SETTINGS = ServiceSettings(
    service_name="orders", stage="test", service_version="7", metrics_namespace="shop"
)


@pytest.fixture
def fresh() -> Iterator[ModuleType]:
    """The module as in a new execution environment."""
    yield importlib.reload(invocation)
    importlib.reload(invocation)


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]


def test_cold_start_is_counted_once_and_duration_each_time(
    fresh: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = fresh.invocation(SETTINGS)(lambda event, _context: event)
    assert handler({"n": 1}, FakeContext()) == {"n": 1}
    assert handler({"n": 2}, FakeContext()) == {"n": 2}
    first, second = emitted(capsys)
    assert first["ColdStart"] == 1
    assert "ColdStart" not in second
    assert second["HandlerDuration"] >= 0


def test_until_something_better_is_known_the_request_id_correlates(fresh: ModuleType) -> None:
    handler = fresh.invocation(SETTINGS)(lambda _event, _context: log.correlation_id())
    assert handler({}, FakeContext()) == "request-1"


def test_the_deadline_is_known_during_the_invocation_and_only_then(fresh: ModuleType) -> None:
    handler = fresh.invocation(SETTINGS)(lambda _event, _context: deadline.seconds_left())
    assert 11 < handler({}, FakeContext(12_000)) <= 12
    assert deadline.seconds_left() == deadline.LONGEST_S


def test_a_failure_is_counted_and_goes_on_to_lambda(
    fresh: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    @fresh.invocation(SETTINGS)  # type: ignore[untyped-decorator]
    def handler(event: dict[str, Any], context: FakeContext) -> None:
        raise ValueError(event, context)

    with pytest.raises(ValueError, match="request"):
        handler({"the": "request"}, FakeContext())
    assert emitted(capsys)[0]["InvocationFailed"] == 1
