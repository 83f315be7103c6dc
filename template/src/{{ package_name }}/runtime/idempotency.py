# Managed by the template: see docs/updating.md.
"""An effect is carried out once per key, and its result kept for whoever asks again.

`once` writes a record before the effect and the result after it. A failed effect takes the record
away, so that a retry can run. When the function dies between the two writes, the record's lock
lapses after `lock_s` and the next caller runs the effect **again**: nobody can know whether it
happened. So an effect must be harmless when repeated with the same key: derive the identifiers it
writes from the key (`derived_id`), and give the key on to the services it calls.
"""

import os
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from . import errors
from .aws import Aws, AwsError

InProgress = errors.InProgress
KeyReused = errors.KeyReused
INPROGRESS, COMPLETED = "INPROGRESS", "COMPLETED"


class IdempotencyRecord(NamedTuple):
    status: str
    fingerprint: str
    data: str = ""


class IdempotencyStore(Protocol):
    def save_inprogress(
        self, key: str, owner: str, fingerprint: str, lock_s: float
    ) -> IdempotencyRecord | None:
        """Claim the key for the owner, or give the record that stands in the way."""

    def save_success(self, key: str, owner: str, data: str) -> None:
        """Keep the result, if the owner still holds the key."""

    def delete_record(self, key: str, owner: str) -> None:
        """Forget the key, if the owner still holds it."""


def once(
    store: IdempotencyStore,
    key: str,
    effect: Callable[[], str],
    *,
    fingerprint: str = "",
    lock_s: float = 60.0,
) -> str:
    """The result of `effect` (a JSON string), carried out now or by an earlier call with this key.

    `fingerprint` stands for the payload: a key that comes with another one is refused.
    `lock_s` is how long an unfinished record holds others off. Give it the time the function has
    left: shorter lets a second effect start beside the first, longer delays retries after a crash.
    """
    owner = os.urandom(16).hex()
    record = store.save_inprogress(key, owner, fingerprint, lock_s)
    if record is not None:
        if record.fingerprint != fingerprint:
            raise KeyReused("the idempotency key was used before with another payload")
        if record.status != COMPLETED:
            raise InProgress("a request with this idempotency key is in progress")
        return record.data
    try:
        data = effect()
    except BaseException as failure:
        try:
            store.delete_record(key, owner)
        except Exception as error:  # noqa: BLE001 (the effect's failure matters more)
            failure.add_note(f"its idempotency record stays locked for {lock_s:g} s: {error!r}")
        raise
    store.save_success(key, owner, data)
    return data


def derived_id(prefix: str, key: str) -> str:
    """An identifier that is the same for every run with the same key."""
    return f"{prefix}-{sha256(key.encode()).hexdigest()[:32]}"


def fingerprint_of(payload: str | bytes) -> str:
    return sha256(payload.encode() if isinstance(payload, str) else payload).hexdigest()


class DynamoIdempotency:
    """Records in a table with the key `id` (text) and the time-to-live attribute `expires_at`."""

    def __init__(
        self,
        aws: Aws,
        table: str,
        ttl_s: int = 86400,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._aws = aws
        self._table = table
        self._ttl_s = ttl_s
        self._clock = clock

    def save_inprogress(
        self, key: str, owner: str, fingerprint: str, lock_s: float
    ) -> IdempotencyRecord | None:
        now = self._clock()
        item = {
            "id": {"S": key},
            "status": {"S": INPROGRESS},
            "owner": {"S": owner},
            "fingerprint": {"S": fingerprint},
            "in_progress_expiration": {"N": str(int((now + lock_s) * 1000))},
            "expires_at": {"N": str(int(now) + self._ttl_s)},
        }
        # DynamoDB removes expired items hours late, so the condition looks at the time itself. A
        # lapsed lock passes only to the same payload: the effect may have happened for it.
        condition = (
            "attribute_not_exists(id) OR expires_at <= :now OR "
            "(#status = :inprogress AND in_progress_expiration <= :now_ms "
            "AND fingerprint = :fingerprint)"
        )
        try:
            self._aws.call(
                "dynamodb",
                "PutItem",
                {
                    "TableName": self._table,
                    "Item": item,
                    "ConditionExpression": condition,
                    "ExpressionAttributeNames": {"#status": "status"},
                    "ExpressionAttributeValues": {
                        ":now": {"N": str(int(now))},
                        ":now_ms": {"N": str(int(now * 1000))},
                        ":inprogress": {"S": INPROGRESS},
                        ":fingerprint": {"S": fingerprint},
                    },
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                },
            )
        except AwsError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            found = error.detail.get("Item", {})
            if _text(found, "owner") == owner:
                return None  # a retry inside the client met its own first write
            return IdempotencyRecord(
                _text(found, "status"), _text(found, "fingerprint"), _text(found, "data")
            )
        return None

    def save_success(self, key: str, owner: str, data: str) -> None:
        payload = self._held(key, owner)
        payload["UpdateExpression"] = "SET #status = :completed, #data = :data"
        payload["ExpressionAttributeNames"] |= {"#status": "status", "#data": "data"}
        payload["ExpressionAttributeValues"] |= {
            ":completed": {"S": COMPLETED},
            ":data": {"S": data},
        }
        self._unless_lost("UpdateItem", payload)

    def delete_record(self, key: str, owner: str) -> None:
        self._unless_lost("DeleteItem", self._held(key, owner))

    def _held(self, key: str, owner: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": {"id": {"S": key}},
            "ConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {":owner": {"S": owner}},
        }

    def _unless_lost(self, operation: str, payload: dict[str, Any]) -> None:
        try:
            self._aws.call("dynamodb", operation, payload)
        except AwsError as error:
            # The lock lapsed and the key is another's now, or a retry met its own first write.
            if error.code != "ConditionalCheckFailedException":
                raise


def _text(item: dict[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


class MemoryIdempotency:
    """The same in memory, for tests and for one process."""

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

    def save_success(self, key: str, owner: str, data: str) -> None:
        with self._lock:
            record, holder, locked_until, expires_at = self._records.get(key, _NOTHING)
            if holder == owner:
                done = IdempotencyRecord(COMPLETED, record.fingerprint, data)
                self._records[key] = (done, holder, locked_until, expires_at)

    def delete_record(self, key: str, owner: str) -> None:
        with self._lock:
            if self._records.get(key, _NOTHING)[1] == owner:
                del self._records[key]


_NOTHING = (IdempotencyRecord("", ""), "", 0.0, 0.0)
