"""How much time the invocation has left, for whoever is about to wait.

Lambda ends a function when its timeout is over, in the middle of whatever it does. `invocation`
sets the deadline; AWS calls end before it, so that what they belong to can still be answered or
handed back, and an idempotency key stays locked until it has passed.
"""

import time
from typing import Final

from .errors import AwsError

LONGEST_S: Final = 900.0  # Lambda's longest timeout, assumed while nothing is known of the deadline
SHORTEST_S: Final = 0.25  # an attempt with less time than this would only be cut short
ANSWER_S: Final = 0.5  # kept for the answer, the logs and the metrics

# An AWS call: how long an attempt waits for TCP and for TLS, and for an answer; how many there are;
# and when it is too late for another.
CONNECT_S, READ_S, ATTEMPTS = 1.0, 3.0, 4
BACKOFF_S, PATIENCE_S = 0.1, 5.0
LONGEST_CALL_S: Final = PATIENCE_S + BACKOFF_S * 2 ** (ATTEMPTS - 2) + 2 * CONNECT_S + READ_S

_ends = float("inf")


def begin(seconds: float) -> None:
    """An invocation begins, and will be ended in so many seconds."""
    global _ends
    _ends = time.monotonic() + seconds


def forget() -> None:
    """The invocation is over."""
    global _ends
    _ends = float("inf")


def seconds_left() -> float:
    """Seconds until Lambda ends the invocation; negative when it is about to."""
    return min(LONGEST_S, _ends - time.monotonic())


def time_for_a_call() -> float:
    """Seconds that a call may take, so that its failure can still be answered."""
    return seconds_left() - ANSWER_S


def refuse_when_late() -> None:
    """Raise `AwsError` (`OutOfTime`, retryable) when an attempt would only be cut short."""
    if time_for_a_call() < SHORTEST_S:
        raise AwsError("OutOfTime", "the invocation is about to end", retryable=True)
