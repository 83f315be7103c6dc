import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from idempotency_contract import Clock, Effect, IdempotencyContract

from lean_lambda.aws import AwsError
from lean_lambda.errors import PermanentError, TransientError
from lean_lambda.idempotency import (
    DynamoIdempotency,
    InProgress,
    KeyReused,
    derived_id,
    fingerprint_of,
    once,
)
from lean_lambda.testing.aws import FakeAws
from lean_lambda.testing.idempotency import MemoryIdempotency


class TestMemoryIdempotency(IdempotencyContract):
    @pytest.fixture
    def store(self, clock: Clock) -> MemoryIdempotency:
        return MemoryIdempotency(ttl_s=3600, clock=clock)


def condition_failed(**item: str) -> AwsError:
    found = {name: {"S": value} for name, value in item.items()}
    return AwsError("ConditionalCheckFailedException", status=400, detail={"Item": found})


class Overtaken(FakeAws):
    """DynamoDB whose reply to the first write got lost: the client's retry meets its own item."""

    def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        super().call(service, operation, payload)
        if operation == "PutItem":
            raise AwsError("ConditionalCheckFailedException", detail={"Item": payload["Item"]})
        return {}


def dynamo(aws: FakeAws) -> DynamoIdempotency:
    return DynamoIdempotency(aws, "records", ttl_s=3600, clock=Clock())


class TestDynamoIdempotency:
    def test_writes_the_record_before_the_effect_and_the_result_after(self) -> None:
        aws = FakeAws(PutItem={}, UpdateItem={})
        assert once(dynamo(aws), "key", Effect("1"), fingerprint="f", lock_s=30) == "1"

        (put,) = aws.asked("PutItem")
        owner = put["Item"].pop("owner")["S"]
        assert put["TableName"] == "records"
        assert put["Item"] == {
            "id": {"S": "key"},
            "status": {"S": "INPROGRESS"},
            "validation": {"S": "f"},
            "in_progress_expiration": {"N": "1767225630000"},
            "expiration": {"N": "1767229200"},
        }
        (update,) = aws.asked("UpdateItem")
        assert update["Key"] == {"id": {"S": "key"}}
        assert update["ExpressionAttributeValues"][":owner"] == {"S": owner}
        assert update["ExpressionAttributeValues"][":data"] == {"S": "1"}

    def test_a_lost_reply_does_not_lock_the_owner_out(self) -> None:
        effect = Effect("1")
        aws = Overtaken(PutItem={}, UpdateItem={})
        assert once(dynamo(aws), "key", effect) == "1"
        assert effect.runs == 1

    def test_each_call_has_an_owner_of_its_own(self) -> None:
        aws = FakeAws(PutItem={}, UpdateItem={})
        once(dynamo(aws), "a", Effect("1"))
        once(dynamo(aws), "b", Effect("1"))
        owners = {put["Item"]["owner"]["S"] for put in aws.asked("PutItem")}
        assert len(owners) == 2

    @pytest.mark.parametrize(
        ("stored", "expected"),
        [
            ({"status": "INPROGRESS", "validation": "f"}, InProgress),
            ({"status": "INPROGRESS", "validation": "g"}, KeyReused),
            ({"status": "COMPLETED", "validation": "g", "data": "1"}, KeyReused),
        ],
    )
    def test_a_record_in_the_way(self, stored: dict[str, str], expected: type[Exception]) -> None:
        aws = FakeAws(PutItem=condition_failed(owner="other", **stored))
        effect = Effect()
        with pytest.raises(expected):
            once(dynamo(aws), "key", effect, fingerprint="f")
        assert effect.runs == 0

    def test_a_stored_result(self) -> None:
        stored = condition_failed(owner="other", status="COMPLETED", fingerprint="", data="1")
        assert once(dynamo(FakeAws(PutItem=stored)), "key", Effect()) == "1"

    def test_without_a_record_the_effect_does_not_run(self) -> None:
        effect = Effect()
        aws = FakeAws(PutItem=AwsError("ThrottlingException", retryable=True))
        with pytest.raises(AwsError, match="Throttling"):
            once(dynamo(aws), "key", effect)
        assert effect.runs == 0

    def test_the_effect_s_failure_is_what_the_caller_sees(self) -> None:
        aws = FakeAws(PutItem={}, UpdateItem=AwsError("InternalServerError", retryable=True))
        with pytest.raises(OSError, match="away") as caught:
            once(dynamo(aws), "key", Effect(OSError("away")), lock_s=30)
        assert "stays locked for 30 s" in caught.value.__notes__[0]

    def test_who_lost_the_key_still_gives_the_result(self) -> None:
        aws = FakeAws(PutItem={}, UpdateItem=condition_failed())
        assert once(dynamo(aws), "key", Effect("1")) == "1"

    def test_a_result_that_cannot_be_kept_is_an_error(self) -> None:
        aws = FakeAws(PutItem={}, UpdateItem=AwsError("ValidationException"))
        with pytest.raises(AwsError, match="ValidationException"):
            once(dynamo(aws), "key", Effect("1"))


def test_kinds_of_failure() -> None:
    assert issubclass(InProgress, TransientError)
    assert issubclass(KeyReused, PermanentError)


parts = st.lists(st.text(), max_size=4)


@given(parts, parts)
def test_derived_identifiers_are_equal_when_their_parts_are_and_only_then(
    some: list[str], others: list[str]
) -> None:
    assert (derived_id("ord", *some) == derived_id("ord", *others)) == (some == others)


@pytest.mark.parametrize(
    ("some", "others"),
    [(["a", "bc"], ["ab", "c"]), (["a#b"], ["a", "b"]), (["1:a", ""], ["1", "a"]), ([""], [])],
)
def test_derived_identifiers_tell_where_a_part_ends(some: list[str], others: list[str]) -> None:
    assert derived_id("ord", *some) != derived_id("ord", *others)


def test_derived_identifiers_are_of_one_form() -> None:
    assert re.fullmatch("ord-[0-9a-f]{32}", derived_id("ord", "alice", "key"))


def test_fingerprints_of_text_and_bytes_agree() -> None:
    assert fingerprint_of("Łódź") == fingerprint_of("Łódź".encode())
