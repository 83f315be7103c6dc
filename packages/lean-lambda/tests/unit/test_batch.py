"""Batches: every record is done or given back; none is lost, none of a group overtakes another."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lean_lambda import log, metrics
from lean_lambda.batch import (
    BatchFailedError,
    Record,
    process,
)
from lean_lambda.deadline import LONGEST_CALL_S
from lean_lambda.testing.context import FakeContext


def a_record(number: int, group: str | None = None) -> Record:
    return Record(f"id-{number}", b"", f"correlation-{number}", group)


def given_back(answer: object) -> list[str]:
    assert isinstance(answer, dict)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def fail(record: Record) -> None:
    raise ValueError(record)


@given(st.lists(st.booleans(), max_size=30))
def test_the_records_that_fail_come_back_and_the_others_are_done_once(fails: list[bool]) -> None:
    assume(not fails or not all(fails))
    done: list[str] = []

    def handle(record: Record) -> None:
        if fails[int(record.id[3:])]:
            raise ValueError(record)
        done.append(record.id)

    answer = process([a_record(number) for number in range(len(fails))], handle, FakeContext())
    assert given_back(answer) == [f"id-{n}" for n, failing in enumerate(fails) if failing]
    assert done == [f"id-{n}" for n, failing in enumerate(fails) if not failing]


@given(st.integers(1, 30), st.sampled_from([None, "shard"]))
def test_a_batch_of_which_nothing_is_done_is_an_error(size: int, group: str | None) -> None:
    batch = [a_record(number, group) for number in range(size)]
    with pytest.raises(BatchFailedError, match=f"none of {size} records"):
        process(batch, fail, FakeContext())


def test_a_batch_without_records_is_none() -> None:
    assert given_back(process([], fail, FakeContext())) == []


@pytest.mark.parametrize(
    ("fails", "group", "tried", "failed"),
    [
        ("", None, 2, None),
        ("ab", None, 2, 2),
        ("b", None, 2, 1),
        ("a", "shard", 1, 1),  # the second is held back, which says nothing of it
    ],
)
def test_what_was_tried_and_what_failed_is_counted(
    fails: str, group: str | None, tried: int, failed: int | None, capsys: Any
) -> None:
    def handle(record: Record) -> None:
        if record.id in fails:
            raise ValueError(record)

    metrics.flush()
    capsys.readouterr()
    batch = [Record(name, b"", "", group) for name in "ab"]
    try:
        process(batch, handle, FakeContext())
    except BatchFailedError:
        assert fails
    metrics.flush()
    (line,) = (json.loads(one) for one in capsys.readouterr().out.splitlines() if "_aws" in one)
    assert line["RecordsTried"] == tried
    assert line.get("RecordsFailed") == failed


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30))
def test_after_a_failure_nothing_of_its_group_is_started(records: list[tuple[str, bool]]) -> None:
    records = [("done", False), *records]
    started: list[int] = []

    def handle(record: Record) -> None:
        number = int(record.id[3:])
        started.append(number)
        if records[number][1]:
            raise ValueError(record)

    batch = [a_record(number, group) for number, (group, _) in enumerate(records)]
    back = given_back(process(batch, handle, FakeContext()))
    for group in "abc":
        numbers = [n for n, (owner, _) in enumerate(records) if owner == group]
        failing = [n for n in numbers if records[n][1]]
        begun = [n for n in numbers if not failing or n <= failing[0]]
        assert [n for n in started if n in numbers] == begun
        assert [f"id-{n}" for n in numbers if n >= (failing or [10**9])[0]] == [
            record for record in back if int(record[3:]) in numbers
        ]


@pytest.mark.parametrize(("given_id", "taken"), [("c-1", "c-1"), ("two\nlines", "id-1")])
def test_a_record_brings_its_correlation_id_or_is_correlated_by_its_own(
    given_id: str, taken: str
) -> None:
    ids: list[str] = []
    records = [Record("id-0", b"", "c-0"), Record("id-1", b"", given_id)]
    process(records, lambda _: ids.append(log.correlation_id()), FakeContext())
    assert ids == ["c-0", taken]


@given(st.integers(0, 20), st.integers(1, 20))
def test_with_little_time_left_the_rest_is_given_back_unstarted(size: int, in_time: int) -> None:
    done: list[str] = []
    context = FakeContext((1 + in_time) * 1_000 + 999, each_look_takes_ms=1_000)
    records = [a_record(number) for number in range(size)]
    answer = process(records, lambda record: done.append(record.id), context, reserve_ms=500)
    assert done == [record.id for record in records[:in_time]]
    assert given_back(answer) == [record.id for record in records[in_time:]]


@given(st.integers(500, 30_000))
def test_however_short_the_timeout_a_record_is_started(timeout_ms: int) -> None:
    done: list[str] = []
    context = FakeContext(timeout_ms)
    answer = process([a_record(1)], lambda record: done.append(record.id), context)
    assert (done, given_back(answer)) == (["id-1"], [])


def test_the_time_kept_is_that_of_the_longest_aws_call() -> None:
    started: list[str] = []
    context = FakeContext(60_000)

    def handle(record: Record) -> None:
        started.append(record.id)
        context.remaining_ms = int(LONGEST_CALL_S * 1_000)

    answer = process([a_record(1), a_record(2)], handle, context)
    assert (started, given_back(answer)) == (["id-1"], ["id-2"])
