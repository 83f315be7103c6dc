from collections.abc import Callable

import pytest

from lean_lambda.aws import AwsError
from lean_lambda.parameters import (
    Parameters,
    Secret,
    SecretRejected,
)
from lean_lambda.testing.aws import FakeAws

THROTTLED = AwsError("ThrottlingException", retryable=True)
GONE = AwsError("ParameterNotFound")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def parameter(value: str) -> dict[str, object]:
    return {"Parameter": {"Value": value}}


def secret(value: str) -> dict[str, object]:
    return {"SecretString": value}


class TestParameters:
    def test_reads_below_the_path_once(self, clock: Clock) -> None:
        aws = FakeAws(GetParameter=[parameter("20"), parameter("main")])
        parameters = Parameters(aws, "/orders/dev/", clock=clock)

        assert parameters.get("orders/page-size") == "20"
        assert parameters.get("orders/page-size") == "20"
        assert parameters.get("fulfilment/warehouse") == "main"

        names = [payload["Name"] for payload in aws.asked("GetParameter")]
        assert names == ["/orders/dev/orders/page-size", "/orders/dev/fulfilment/warehouse"]

    def test_reads_again_when_the_value_is_old(self, clock: Clock) -> None:
        aws = FakeAws(GetParameter=[parameter("1"), parameter("2")])
        parameters = Parameters(aws, "/p", ttl=300, clock=clock)
        assert parameters.get("a") == "1"
        clock.now += 299
        assert parameters.get("a") == "1"
        clock.now += 1
        assert parameters.get("a") == "2"

    def test_keeps_the_old_value_while_ssm_is_away(self, clock: Clock) -> None:
        aws = FakeAws(GetParameter=[parameter("1"), THROTTLED, parameter("2")])
        parameters = Parameters(aws, "/p", ttl=300, clock=clock, floor=10)
        parameters.get("a")
        clock.now += 300
        assert parameters.get("a") == "1"
        clock.now += 9
        assert parameters.get("a") == "1"
        assert len(aws.calls) == 2
        clock.now += 1
        assert parameters.get("a") == "2"

    def test_a_parameter_that_was_never_read_has_no_old_value(self, clock: Clock) -> None:
        aws = FakeAws(GetParameter=[THROTTLED, parameter("1")])
        parameters = Parameters(aws, "/p", clock=clock)
        with pytest.raises(AwsError, match="ThrottlingException"):
            parameters.get("a")
        assert parameters.get("a") == "1"

    def test_a_parameter_that_was_removed_is_an_error(self, clock: Clock) -> None:
        aws = FakeAws(GetParameter=[parameter("1"), GONE])
        parameters = Parameters(aws, "/p", ttl=300, clock=clock)
        parameters.get("a")
        clock.now += 300
        with pytest.raises(AwsError, match="ParameterNotFound"):
            parameters.get("a")

    def test_is_not_kept_in_a_snapshot(
        self, clock: Clock, take_snapshot: Callable[[], None]
    ) -> None:
        aws = FakeAws(GetParameter=[parameter("1"), parameter("2")])
        parameters = Parameters(aws, "/p", clock=clock)
        assert parameters.get("a") == "1"
        take_snapshot()
        assert parameters.get("a") == "2"


class TestSecret:
    def test_is_read_once(self, clock: Clock) -> None:
        aws = FakeAws(GetSecretValue=[secret("one")])
        kept = Secret(aws, "arn", clock=clock)
        assert kept.value() == kept.value() == "one"
        assert aws.asked("GetSecretValue") == [{"SecretId": "arn"}]

    def test_does_not_show_itself(self, clock: Clock) -> None:
        kept = Secret(FakeAws(GetSecretValue=[secret("one")]), "arn", clock=clock)
        kept.value()
        assert "one" not in repr(kept)

    def test_is_not_kept_in_a_snapshot(
        self, clock: Clock, take_snapshot: Callable[[], None]
    ) -> None:
        aws = FakeAws(GetSecretValue=[secret("one"), secret("two")])
        kept = Secret(aws, "arn", clock=clock)
        assert kept.value() == "one"
        take_snapshot()
        assert kept.value() == "two"

    def test_is_read_again_at_most_once_in_a_while(self, clock: Clock) -> None:
        aws = FakeAws(GetSecretValue=[secret("one"), secret("two")])
        kept = Secret(aws, "arn", clock=clock, floor=10)
        kept.value()
        clock.now += 9
        assert kept.refresh() == "one"
        clock.now += 1
        assert kept.refresh() == "two"
        assert kept.refresh() == "two"

    def test_use_gives_the_result(self, clock: Clock) -> None:
        kept = Secret(FakeAws(GetSecretValue=[secret("one")]), "arn", clock=clock)
        assert kept.use(str.upper) == "ONE"

    def test_a_rotated_secret_is_taken_up_when_the_old_one_is_rejected(self, clock: Clock) -> None:
        aws = FakeAws(GetSecretValue=[secret("one"), secret("two")])
        kept = Secret(aws, "arn", clock=clock)
        kept.value()
        clock.now += 60
        assert kept.use(str.upper, rejected=lambda result: result == "ONE") == "TWO"

    def test_a_rotated_secret_is_taken_up_when_its_use_raises(self, clock: Clock) -> None:
        def sign_in(password: str) -> str:
            if password == "one":  # noqa: S105
                raise SecretRejected
            return "welcome"

        aws = FakeAws(GetSecretValue=[secret("one"), secret("two")])
        kept = Secret(aws, "arn", clock=clock)
        kept.value()
        clock.now += 60
        assert kept.use(sign_in) == "welcome"

    def test_a_bad_token_stays_bad_and_costs_one_read(self, clock: Clock) -> None:
        used: list[str] = []

        def verify(key: str) -> bool:
            used.append(key)
            return False

        aws = FakeAws(GetSecretValue=[secret("one"), secret("one")])
        kept = Secret(aws, "arn", clock=clock, floor=10)
        kept.value()
        clock.now += 60
        for _ in range(100):
            assert kept.use(verify, rejected=lambda good: not good) is False
        assert len(aws.calls) == 2
        assert len(used) == 100

    def test_a_secret_that_is_still_rejected_is_not_read_for_ever(self, clock: Clock) -> None:
        def sign_in(password: str) -> str:
            raise SecretRejected(password)

        aws = FakeAws(GetSecretValue=[secret("one"), secret("two")])
        kept = Secret(aws, "arn", clock=clock)
        kept.value()
        clock.now += 60
        with pytest.raises(SecretRejected, match="two"):
            kept.use(sign_in)
        with pytest.raises(SecretRejected, match="two"):
            kept.use(sign_in)
        assert len(aws.calls) == 2
