"""Settings: a bad environment is named, variable by variable, before any event is taken."""

import os

import pytest
from msgspec import Struct

from lean_lambda.settings import (
    QueueUrl,
    ServiceSettings,
    SettingsError,
    TableName,
    load,
)

GOOD = {
    "SERVICE_NAME": "orders",
    "STAGE": "test",
    "SERVICE_VERSION": "1",
    "METRICS_NAMESPACE": "orders",
}


class Settings(ServiceSettings, frozen=True, kw_only=True):
    orders_table: TableName
    queue_url: QueueUrl
    limit: int = 10


GOOD_SETTINGS = {**GOOD, "ORDERS_TABLE": "orders", "QUEUE_URL": "https://queue/1"}


def test_values_take_their_type_and_what_is_not_set_its_default() -> None:
    settings = load(Settings, {**GOOD_SETTINGS, "LOG_SAMPLE_RATE": "0.25"})
    assert settings.orders_table == "orders"
    assert settings.limit == 10
    assert settings.log_level == "INFO"
    assert settings.log_sample_rate == 0.25


@pytest.mark.parametrize("variable", GOOD_SETTINGS)
def test_a_missing_variable_is_named_with_what_is_expected(variable: str) -> None:
    environment = {name: value for name, value in GOOD_SETTINGS.items() if name != variable}
    with pytest.raises(SettingsError, match=f"^{variable} is missing: expected "):
        load(Settings, environment)


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("ORDERS_TABLE", "a b", "the name of a DynamoDB table"),
        ("QUEUE_URL", "queue-1", "the URL of an SQS queue"),
        ("LIMIT", "ten", "int"),
        ("LOG_LEVEL", "LOUD", "one of DEBUG, INFO, WARNING, ERROR"),
        ("LOG_SAMPLE_RATE", "2", "a number from 0 to 1"),
        ("SERVICE_NAME", "", "1 to 128 characters"),
    ],
)
def test_a_bad_variable_is_named_with_what_is_expected(
    variable: str, value: str, expected: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} is not valid: expected {expected}$"):
        load(Settings, {**GOOD_SETTINGS, variable: value})


def test_every_fault_is_told_at_once_and_no_value_is_repeated() -> None:
    with pytest.raises(SettingsError) as raised:
        load(Settings, {**GOOD, "ORDERS_TABLE": "hush hush"})
    assert "ORDERS_TABLE is not valid" in str(raised.value)
    assert "QUEUE_URL is missing" in str(raised.value)
    assert "hush" not in str(raised.value)


def test_an_optional_variable_may_be_missing_in_the_environment_of_the_process() -> None:
    class Optional(Struct):
        page_limit_of_the_test: int = 20

    assert load(Optional, os.environ).page_limit_of_the_test == 20


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"SERVICE_NAME": "ours"}, "ours"),
        ({"POWERTOOLS_SERVICE_NAME": "theirs"}, "theirs"),
        ({"SERVICE_NAME": "ours", "POWERTOOLS_SERVICE_NAME": "theirs"}, "ours"),
    ],
)
def test_a_variable_may_have_its_name_in_powertools(environ: dict[str, str], expected: str) -> None:
    class Named(Struct):
        service_name: str

    assert load(Named, environ).service_name == expected
