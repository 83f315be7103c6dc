"""The deadline: what waits during an invocation knows how long it may."""

from collections.abc import Iterator

import pytest

from lean_lambda import deadline


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    deadline.forget()


def test_the_time_left_shrinks_until_the_invocation_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    deadline.begin(30)
    now += 20
    assert deadline.seconds_left() == 10
    now += 11
    assert deadline.seconds_left() == -1
    deadline.begin(30)
    assert deadline.seconds_left() == 30


def test_outside_of_an_invocation_it_is_the_longest_there_can_be() -> None:
    assert deadline.seconds_left() == 900
    deadline.begin(30)
    deadline.forget()
    assert deadline.seconds_left() == 900
