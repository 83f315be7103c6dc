"""An effect is carried out once per key, and its result kept for whoever asks again.

`once` writes a record before the effect and the result after it. When the effect fails, or the
function ends in the middle of it, nobody can know how much of it happened. So the key is free
again, at once or when the invocation has surely ended, but only for the same payload, and the
effect is run **again**. It must be harmless when repeated with the same key: derive the identifiers
it writes from the key (`derived_id`), and look at what a store answers that has them already.
"""

import os
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from . import deadline, errors
from .aws import Aws, AwsError

InProgress = errors.InProgress
KeyReused = errors.KeyReused
INPROGRESS, COMPLETED = "INPROGRESS", "COMPLETED"

# Lambda was seen to end functions 0.7 s late (aws-powertools/powertools-lambda-python#4759), and
# the clocks of two environments differ a little.
GRACE_S = 2.0


class IdempotencyRecord(NamedTuple):
    status: str
    fingerprint: str
    data: str = ""


class IdempotencyStore(Protocol):
    def save_inprogress(
        self, key: str, owner: str, fingerprint: str, lock_s: float
    ) -> IdempotencyRecord | None:
        """Claim the key for the owner, or give the record that stands in the way."""

    def save_success(self, key: str, owner: str, data: str) -> str:
        """Keep the result, if the owner still holds the key; give the result that counts."""

    def release(self, key: str, owner: str) -> None:
        """Free the key for the same payload, if the owner still holds it."""


def once(
    store: IdempotencyStore,
    key: str,
    effect: Callable[[], str],
    *,
    fingerprint: str = "",
    lock_s: float | None = None,
) -> str:
    """The result of `effect` (a JSON string), carried out now or by an earlier call with this key.

    `fingerprint` stands for the payload: a key that comes with another one is refused.
    `lock_s` is how long an unfinished record holds others off: if not given, until the invocation
    has surely ended. Shorter lets a second effect start beside the first, longer delays retries.
    """
    owner = os.urandom(16).hex()
    lock_s = deadline.seconds_left() + GRACE_S if lock_s is None else lock_s
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
            store.release(key, owner)
        except Exception as error:  # the failure of the effect matters more
            failure.add_note(f"its idempotency record stays locked for {lock_s:g} s: {error!r}")
        raise
    return store.save_success(key, owner, data)


def derived_id(prefix: str, *parts: str) -> str:
    """An identifier that is the same for every run with the same parts, and only for those."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)  # so that a, bc is not ab, c
    digest = sha256(joined.encode("utf-8", "surrogatepass"))
    return f"{prefix}-{digest.hexdigest()[:32]}"


def fingerprint_of(payload: str | bytes) -> str:
    return sha256(payload.encode() if isinstance(payload, str) else payload).hexdigest()


class DynamoIdempotency:
    """Records in a table with the key `id` (text) and the time-to-live attribute `expiration`.

    Their attributes have the names that Powertools for AWS Lambda gives them.
    """

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
            "validation": {"S": fingerprint},
            "in_progress_expiration": {"N": str(int((now + lock_s) * 1000))},
            "expiration": {"N": str(int(now) + self._ttl_s)},
        }
        # DynamoDB removes expired items hours late, so the condition looks at the time itself. A
        # lapsed lock passes only to the same payload: the effect may have happened for it.
        condition = (
            "attribute_not_exists(id) OR #expiration <= :now OR "
            "(#status = :inprogress AND in_progress_expiration <= :now_ms "
            "AND #validation = :validation)"
        )
        try:
            self._aws.call(
                "dynamodb",
                "PutItem",
                {
                    "TableName": self._table,
                    "Item": item,
                    "ConditionExpression": condition,
                    "ExpressionAttributeNames": {
                        f"#{name}": name for name in ("expiration", "status", "validation")
                    },
                    "ExpressionAttributeValues": {
                        ":now": {"N": str(int(now))},
                        ":now_ms": {"N": str(int(now * 1000))},
                        ":inprogress": {"S": INPROGRESS},
                        ":validation": {"S": fingerprint},
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
                _text(found, "status"), _text(found, "validation"), _text(found, "data")
            )
        return None

    def save_success(self, key: str, owner: str, data: str) -> str:
        found = self._update(key, owner, status={"S": COMPLETED}, data={"S": data})
        return _text(found, "data") if _text(found, "status") == COMPLETED else data

    def release(self, key: str, owner: str) -> None:
        self._update(key, owner, in_progress_expiration={"N": "0"})

    def _update(self, key: str, owner: str, **fields: dict[str, str]) -> dict[str, Any]:
        """Set fields of the owner's record; give the record found if it is another's by now."""
        request = {
            "TableName": self._table,
            "Key": {"id": {"S": key}},
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in fields),
            "ConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {f"#{name}": name for name in ("owner", *fields)},
            "ExpressionAttributeValues": {
                ":owner": {"S": owner},
                **{f":{name}": value for name, value in fields.items()},
            },
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            self._aws.call("dynamodb", "UpdateItem", request)
        except AwsError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            return dict(error.detail.get("Item", {}))
        return {}


def _text(item: dict[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))
