"""The names that Powertools for AWS Lambda (Python) writes and reads: ours are the same.

People bring dashboards, saved queries and alarms that were made for them. Powertools' own output is
the judge: https://docs.powertools.aws.dev/lambda/python/latest/
"""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from lean_lambda import log, metrics
from lean_lambda.idempotency import COMPLETED, INPROGRESS, DynamoIdempotency
from lean_lambda.invocation import Context, Event, invocation, start
from lean_lambda.settings import ServiceSettings
from lean_lambda.testing.aws import FakeAws
from lean_lambda.testing.context import FakeContext

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
ENVIRONMENT = {
    "POWERTOOLS_SERVICE_NAME": "orders",
    "POWERTOOLS_METRICS_NAMESPACE": "shop",
    "POWERTOOLS_LOG_LEVEL": "DEBUG",
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "_X_AMZN_TRACE_ID": f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1",
    "STAGE": "test",
    "SERVICE_VERSION": "7",
}
# A stack trace as objects: the text is in `exception`, at a third of the size.
LEFT_OUT = {"stack_trace"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What our own code logs, with logging put back afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    root.handlers[:] = [logging.StreamHandler(stream)]
    yield stream
    root.handlers[:], root.level = before


def documents(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def lines_of_powertools() -> list[dict[str, Any]]:
    stream = io.StringIO()
    logging.Logger.manager.loggerDict.pop("orders", None)  # of an earlier test
    logger = Logger(stream=stream, logger_handler=logging.StreamHandler(stream))

    @logger.inject_lambda_context(correlation_id_path="id")
    def handler(event: Event, context: Context) -> None:  # noqa: ARG001
        talk(logger)

    handler({"id": "c-1"}, FakeContext())
    return documents(stream)


def our_lines(written: io.StringIO) -> list[dict[str, Any]]:
    settings = start(ServiceSettings)

    @invocation(settings)
    def handler(event: Event, context: Context) -> None:  # noqa: ARG001
        log.correlate(event["id"], "")
        del logging.getLogger().handlers[1:]  # pytest's own
        talk(log.logger)

    handler({"id": "c-1"}, FakeContext())
    return documents(written)


def talk(logger: Any) -> None:
    logger.info("recorded", extra={"order_id": "ord-1"})
    try:
        raise LookupError("no order")
    except LookupError:
        logger.exception("failed")


@pytest.mark.parametrize("index", [0, 1], ids=["a line", "the line of an exception"])
def test_a_line_has_every_field_with_the_same_meaning(written: io.StringIO, index: int) -> None:
    theirs, ours = lines_of_powertools()[index], our_lines(written)[index]
    assert set(theirs) - set(ours) == LEFT_OUT & set(theirs)
    same = set(theirs) - LEFT_OUT - {"timestamp", "location", "exception", "cold_start"}
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
    assert ours["location"].startswith("talk:")
    assert ours["xray_trace_id"] == TRACE
    if index:
        assert ours["exception"].endswith("LookupError: no order")


def test_without_a_trace_there_is_no_field(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    assert "xray_trace_id" not in our_lines(written)[0]


@pytest.mark.usefixtures("written")
def test_metrics_have_the_same_dimensions(capsys: pytest.CaptureFixture[str]) -> None:
    theirs = Metrics()
    theirs.add_metric(name="Orders", unit=MetricUnit.Count, value=1)
    theirs.add_dimension(name="function_name", value="function")
    document: dict[str, Any] = {**theirs.serialize_metric_set()}
    expected = {
        name for names in document["_aws"]["CloudWatchMetrics"][0]["Dimensions"] for name in names
    }

    start(ServiceSettings)
    metrics.add("Orders")
    metrics.flush()
    ours = json.loads(capsys.readouterr().out)
    (directive,) = ours["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == document["_aws"]["CloudWatchMetrics"][0]["Namespace"]
    assert expected <= set(directive["Dimensions"][0])
    assert all(ours[name] == document[name] for name in expected)


def test_the_same_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_SAMPLE_RATE", "0.5")
    settings = start(ServiceSettings)
    assert (settings.service_name, settings.metrics_namespace) == ("orders", "shop")
    assert (settings.log_level, settings.log_sample_rate) == ("DEBUG", 0.5)


def test_idempotency_records_have_the_same_attributes() -> None:
    aws = FakeAws(PutItem={}, UpdateItem={})
    store = DynamoIdempotency(aws, "table")
    store.save_inprogress("key", "owner", "fingerprint", 30)
    store.save_success("key", "owner", "1")
    item = aws.asked("PutItem")[0]["Item"]
    names = set(aws.asked("UpdateItem")[0]["ExpressionAttributeNames"].values())

    theirs = DynamoDBPersistenceLayer(table_name="table", boto3_client=object())
    assert {
        theirs.key_attr,
        theirs.expiry_attr,
        theirs.in_progress_expiry_attr,
        theirs.status_attr,
        theirs.data_attr,
        theirs.validation_key_attr,
    } <= set(item) | names
    assert (INPROGRESS, COMPLETED) == ("INPROGRESS", "COMPLETED")
