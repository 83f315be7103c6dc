"""Idempotency records in memory."""

import threading
import time
from collections.abc import Callable

from ..idempotency import COMPLETED, INPROGRESS, IdempotencyRecord


class MemoryIdempotency:
    """An `IdempotencyStore` that is gone with the test."""

    def __init__(self, ttl_s: int = 86400, clock: Callable[[], float] = time.time) -> None:
        self._ttl_s = ttl_s
        self._clock = clock
        self._lock = threading.Lock()
        self._records: dict[str, tuple[IdempotencyRecord, str, float, float]] = {}

    def save_inprogress(
        self, key: str, owner: str, fingerprint: str, lock_s: float
    ) -> IdempotencyRecord | None:
        now = self._clock()
        with self._lock:
            if key in self._records:
                record, _, locked_until, expires_at = self._records[key]
                lapsed = (
                    record.status == INPROGRESS
                    and locked_until <= now
                    and record.fingerprint == fingerprint
                )
                if expires_at > now and not lapsed:
                    return record
            fresh = IdempotencyRecord(INPROGRESS, fingerprint)
            self._records[key] = (fresh, owner, now + lock_s, now + self._ttl_s)
        return None

    def save_success(self, key: str, owner: str, data: str) -> str:
        with self._lock:
            record, holder, locked_until, expires_at = self._records.get(key, _NOTHING)
            if holder == owner:
                record = IdempotencyRecord(COMPLETED, record.fingerprint, data)
                self._records[key] = (record, holder, locked_until, expires_at)
            return record.data if record.status == COMPLETED else data

    def release(self, key: str, owner: str) -> None:
        with self._lock:
            record, holder, _, expires_at = self._records.get(key, _NOTHING)
            if holder == owner:
                self._records[key] = (record, holder, 0.0, expires_at)


_NOTHING = (IdempotencyRecord("", ""), "", 0.0, 0.0)
