# Managed by the template: see docs/updating.md.
"""How much time the invocation has left, for whoever is about to wait.

Lambda ends a function when its timeout is over, in the middle of whatever it does. `invocation`
sets the deadline; AWS calls end before it, so that what they belong to can still be answered or
handed back, and an idempotency key stays locked until it has passed.
"""

import time
from typing import Final

LONGEST_S: Final = 900.0  # Lambda's longest timeout, assumed while nothing is known of the deadline
ANSWER_S: Final = 0.5  # kept for the answer, the logs and the metrics

# An AWS call: how long an attempt waits for TCP and for TLS, and for an answer; how many there are;
# and when it is too late for another.
CONNECT_S, READ_S, ATTEMPTS = 1.0, 3.0, 4
BACKOFF_S, PATIENCE_S = 0.1, 5.0
LONGEST_CALL_S: Final = PATIENCE_S + BACKOFF_S * 2 ** (ATTEMPTS - 2) + 2 * CONNECT_S + READ_S

_ends = float("inf")


def begin(seconds: float) -> None:
    """An invocation begins, and will be ended in so many seconds."""
    global _ends  # noqa: PLW0603
    _ends = time.monotonic() + seconds


def forget() -> None:
    """The invocation is over."""
    global _ends  # noqa: PLW0603
    _ends = float("inf")


def seconds_left() -> float:
    """Seconds until Lambda ends the invocation; negative when it is about to."""
    return min(LONGEST_S, _ends - time.monotonic())
