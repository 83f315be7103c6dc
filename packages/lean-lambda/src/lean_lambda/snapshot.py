"""What the copies of a snapshot (Lambda SnapStart) must not share.

With SnapStart, Lambda starts a version once, keeps the process as it is before its first event, and
makes every execution environment out of that, perhaps weeks later. So connections, credentials
and values with a time to live are dropped before the snapshot is taken, and numbers that must
differ come from the system, not from a generator whose state would be copied.
"""

import os
from collections.abc import Callable
from importlib import import_module


def before_snapshot(forget: Callable[[], object]) -> None:
    """Have `forget` called right before the snapshot, if this process is started for one."""
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        # Lambda's runtime brings this module; nothing else has it.
        import_module("snapshot_restore_py").register_before_snapshot(forget)


def chance() -> float:
    """A random number from 0 up to 1, another one in every copy of a snapshot."""
    return int.from_bytes(os.urandom(4)) / 2**32
