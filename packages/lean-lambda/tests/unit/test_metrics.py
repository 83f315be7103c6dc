"""Metrics: lines in the embedded metric format."""

import json
from typing import Any

import pytest

from lean_lambda import metrics
from lean_lambda.settings import ServiceSettings

SETTINGS = ServiceSettings(
    service_name="orders", stage="test", service_version="7", metrics_namespace="shop"
)


@pytest.fixture(autouse=True)
def configured(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.flush()
    capsys.readouterr()
    metrics.configure(SETTINGS, "orders-test-api", "12")


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_flush_writes_one_line_that_names_each_metric(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics.add("OrdersPlaced")
    metrics.add("HandlerDuration", 1.5, "Milliseconds")
    metrics.flush()
    (line,) = written(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "shop",
        "Dimensions": [["service", "stage", "function_name"]],
        "Metrics": [
            {"Name": "OrdersPlaced", "Unit": "Count"},
            {"Name": "HandlerDuration", "Unit": "Milliseconds"},
        ],
    }
    assert line["OrdersPlaced"] == 1
    assert line["HandlerDuration"] == 1.5
    assert line["function_name"] == "orders-test-api"
    assert line["executed_version"] == "12"
    assert isinstance(line["_aws"]["Timestamp"], int)


def test_what_takes_a_version_back_is_also_recorded_for_that_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics.add("OrdersPlaced")
    metrics.add("RequestFailed")
    metrics.flush()
    (line,) = written(capsys)
    whole, versioned = line["_aws"]["CloudWatchMetrics"]
    assert [one["Name"] for one in whole["Metrics"]] == ["OrdersPlaced", "RequestFailed"]
    assert versioned == {
        "Namespace": "shop",
        "Dimensions": [["service", "stage", "function_name", "executed_version"]],
        "Metrics": [{"Name": "RequestFailed", "Unit": "Count"}],
    }


def test_several_values_of_one_metric_are_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.add("Weight", 1)
    metrics.add("Weight", 2)
    metrics.flush()
    assert written(capsys)[0]["Weight"] == [1, 2]


def test_no_line_has_more_values_than_the_format_allows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(250):
        metrics.add("Weight", 1)
    metrics.flush()
    assert [len(line["Weight"]) for line in written(capsys)] == [100, 100, 50]


def test_nothing_recorded_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.flush()
    assert written(capsys) == []
