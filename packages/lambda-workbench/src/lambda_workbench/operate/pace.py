"""Do something so many times a second, whatever becomes of it, and time each.

The times begin when a call was due, not when a thread was free for it. A load test that waits for
answers before it goes on slows down together with the service, and hides what callers would see.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field


@dataclass
class Calls:
    """What became of the calls, in seconds: when each was due, how late it began, how long it took.

    The time that it took counts from when it was due.
    """

    began: float = 0.0
    ended: float = 0.0
    times: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    due: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Calls a second, from the first to the last answer."""
        return len(self.times) / max(self.ended - self.began, 1e-9)


def at_pace(
    rate: float, seconds: float, call: Callable[[int], str], *, workers: int = 200
) -> Calls:
    """Make `rate` calls a second for some seconds.

    `call` gets the number of each call and answers with its outcome in a word.
    """
    calls = Calls(began=time.monotonic())
    count = max(1, round(rate * seconds))
    calls.due = [calls.began + number / rate for number in range(count)]

    def one(number: int) -> tuple[float, float, str]:
        late = time.monotonic() - calls.due[number]
        try:
            outcome = call(number)
        except Exception as error:
            outcome = type(error).__name__
        return late, time.monotonic() - calls.due[number], outcome

    with ThreadPoolExecutor(max_workers=min(workers, count)) as pool:
        pending = []
        for number, due in enumerate(calls.due):
            time.sleep(max(0.0, due - time.monotonic()))
            pending.append(pool.submit(one, number))
        for future in pending:
            late, taken, outcome = future.result()
            calls.late.append(late)
            calls.times.append(taken)
            calls.outcomes[outcome] += 1
    calls.ended = time.monotonic()
    return calls


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of them (0 to 1) do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def waits(due: Sequence[float], done: Sequence[tuple[float, int]]) -> list[float]:
    """How long each call took to be finished elsewhere, from how many were finished when.

    `done` has moments and the number that was finished by then. As precise as it is frequent.
    """
    found = []
    position = 0
    for number, moment in enumerate(due):
        while position < len(done) and done[position][1] <= number:
            position += 1
        if position == len(done):
            break
        found.append(max(0.0, done[position][0] - moment))
    return found
