"""Copies of a snapshot do not share what must be their own."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from lean_lambda.snapshot import before_snapshot, chance

# A copy of a process is as close to a copy of a snapshot as one gets without Lambda.
COPIES = """
import os
from lean_lambda.snapshot import chance

chance()
for _ in range(4):
    if os.fork() == 0:
        print(chance(), flush=True)
        os._exit(0)
    os.wait()
"""


def test_what_is_registered_is_done_at_the_snapshot(take_snapshot: Callable[[], None]) -> None:
    done: list[str] = []
    before_snapshot(lambda: done.append("forgotten"))
    assert done == []
    take_snapshot()
    assert done == ["forgotten"]


def test_nothing_is_registered_where_there_is_no_snapshot(
    take_snapshot: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    before_snapshot(lambda: pytest.fail("there is no snapshot"))
    take_snapshot()


def test_copies_draw_numbers_of_their_own() -> None:
    command = [sys.executable, "-c", COPIES]
    printed = subprocess.run(command, check=True, capture_output=True)
    assert len(set(printed.stdout.split())) == 4


def test_chance_is_spread_between_none_and_all() -> None:
    drawn = [chance() for _ in range(200)]
    assert all(0 <= value < 1 for value in drawn)
    assert min(drawn) < 0.5 < max(drawn)
