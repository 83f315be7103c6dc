"""What every store of idempotency records keeps to. Each store's tests inherit these."""

import threading
from uuid import uuid4

import pytest

from lean_lambda import deadline
from lean_lambda.idempotency import (
    COMPLETED,
    GRACE_S,
    IdempotencyStore,
    InProgress,
    KeyReused,
    once,
)


class Clock:
    now = 1_767_225_600.0

    def __call__(self) -> float:
        return self.now


class Effect:
    def __init__(self, *outcomes: str | Exception) -> None:
        self.outcomes = list(outcomes)
        self.runs = 0

    def __call__(self) -> str:
        self.runs += 1
        outcome = self.outcomes.pop(0) if self.outcomes else f'"run {self.runs}"'
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class IdempotencyContract:
    """A subclass gives the fixture `store`, on the fixture `clock` and with `ttl_s` of an hour."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def key(self) -> str:
        return f"test#{uuid4()}"

    def test_the_effect_runs_once_and_its_result_is_kept(
        self, store: IdempotencyStore, key: str
    ) -> None:
        effect = Effect('{"name": "Łódź", "empty": ""}')
        first = once(store, key, effect)
        assert first == '{"name": "Łódź", "empty": ""}'
        assert once(store, key, effect) == first
        assert effect.runs == 1

    def test_an_empty_result_is_a_result(self, store: IdempotencyStore, key: str) -> None:
        effect = Effect("")
        assert once(store, key, effect) == ""
        assert once(store, key, effect) == ""
        assert effect.runs == 1

    def test_keys_are_independent(self, store: IdempotencyStore, key: str) -> None:
        effect = Effect()
        assert once(store, key, effect) == '"run 1"'
        assert once(store, f"{key}/2", effect) == '"run 2"'

    def test_a_duplicate_during_the_effect_is_told_to_come_back(
        self, store: IdempotencyStore, key: str
    ) -> None:
        def effect() -> str:
            with pytest.raises(InProgress):
                once(store, key, Effect())
            return '"outer"'

        assert once(store, key, effect) == '"outer"'
        assert once(store, key, Effect()) == '"outer"'

    def test_a_key_with_another_payload_is_refused(self, store: IdempotencyStore, key: str) -> None:
        def effect() -> str:
            with pytest.raises(KeyReused):
                once(store, key, Effect(), fingerprint="b")
            return '"a"'

        once(store, key, effect, fingerprint="a")
        with pytest.raises(KeyReused):
            once(store, key, Effect(), fingerprint="b")
        assert once(store, key, Effect(), fingerprint="a") == '"a"'

    def test_a_failed_effect_may_be_repeated_at_once_with_its_payload_and_no_other(
        self, store: IdempotencyStore, key: str
    ) -> None:
        effect = Effect(OSError("away"))
        with pytest.raises(OSError, match="away"):
            once(store, key, effect, fingerprint="a")
        with pytest.raises(KeyReused):
            once(store, key, effect, fingerprint="b")
        assert once(store, key, effect, fingerprint="a") == '"run 2"'

    def test_a_key_is_locked_until_its_invocation_has_surely_ended(
        self, store: IdempotencyStore, key: str, clock: Clock
    ) -> None:
        def effect() -> str:
            clock.now += 20 + GRACE_S - 0.5
            with pytest.raises(InProgress):
                once(store, key, Effect())
            clock.now += 1
            return once(store, key, Effect())

        deadline.begin(20)
        try:
            assert once(store, key, effect) == '"run 1"'
        finally:
            deadline.forget()

    def test_who_lost_the_key_gives_the_result_that_is_kept(
        self, store: IdempotencyStore, key: str, clock: Clock
    ) -> None:
        def effect() -> str:
            clock.now += 31
            assert once(store, key, Effect('"kept"')) == '"kept"'
            return '"lost"'

        assert once(store, key, effect, lock_s=30) == '"kept"'
        assert once(store, key, Effect()) == '"kept"'

    def test_after_a_crash_the_lock_lapses_and_the_effect_runs_again(
        self, store: IdempotencyStore, key: str, clock: Clock
    ) -> None:
        assert store.save_inprogress(key, "crashed", "a", lock_s=30) is None
        clock.now += 29
        with pytest.raises(InProgress):
            once(store, key, Effect(), fingerprint="a")
        clock.now += 1
        assert once(store, key, Effect(), fingerprint="a") == '"run 1"'

    def test_after_a_crash_the_key_still_stands_for_the_same_payload(
        self, store: IdempotencyStore, key: str, clock: Clock
    ) -> None:
        store.save_inprogress(key, "crashed", "a", lock_s=30)
        clock.now += 31
        with pytest.raises(KeyReused):
            once(store, key, Effect(), fingerprint="b")

    def test_a_result_outlives_the_lock_and_not_the_time_to_live(
        self, store: IdempotencyStore, key: str, clock: Clock
    ) -> None:
        effect = Effect()
        once(store, key, effect, lock_s=30)
        clock.now += 3599
        assert once(store, key, effect) == '"run 1"'
        clock.now += 1
        assert once(store, key, effect, fingerprint="new") == '"run 2"'

    def test_who_lost_the_key_changes_nothing(
        self, store: IdempotencyStore, key: str, clock: Clock
    ) -> None:
        store.save_inprogress(key, "slow", "", lock_s=30)
        clock.now += 31
        assert store.save_inprogress(key, "next", "", lock_s=30) is None
        assert store.save_success(key, "slow", '"slow"') == '"slow"'
        store.release(key, "slow")
        with pytest.raises(InProgress):
            once(store, key, Effect())
        assert store.save_success(key, "next", '"next"') == '"next"'
        store.release(key, "slow")
        assert once(store, key, Effect()) == '"next"'

    def test_a_record_that_is_not_there_is_not_made(
        self, store: IdempotencyStore, key: str
    ) -> None:
        store.release(key, "nobody")
        store.save_success(key, "nobody", "1")
        assert once(store, key, Effect()) == '"run 1"'

    def test_of_many_at_once_one_runs(self, store: IdempotencyStore, key: str) -> None:
        effect = Effect()
        outcomes: list[str] = []
        start = threading.Barrier(8)

        def caller() -> None:
            start.wait()
            try:
                outcomes.append(once(store, key, effect))
            except InProgress:
                outcomes.append("in progress")

        threads = [threading.Thread(target=caller) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert effect.runs == 1
        assert len(outcomes) == 8
        assert set(outcomes) <= {'"run 1"', "in progress"}
        record = store.save_inprogress(key, "late", "", lock_s=30)
        assert record is not None
        assert (record.status, record.data) == (COMPLETED, '"run 1"')
