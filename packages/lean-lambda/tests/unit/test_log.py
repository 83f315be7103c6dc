"""Logs: one JSON object a line, with the ids that tie lines together and without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_lambda import log
from lean_lambda.settings import ServiceSettings

SETTINGS = ServiceSettings(
    service_name="orders", stage="test", service_version="7", metrics_namespace="orders"
)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, with logging set up as in a function and put back afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    root.handlers[:] = [logging.StreamHandler(stream)]
    log.configure(SETTINGS)
    log.begin_invocation(SETTINGS, function_request_id="r-1", correlation_id="c-1", cold_start=True)
    yield stream
    root.handlers[:], root.level = before


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_carries_service_request_and_its_own_fields(written: io.StringIO) -> None:
    log.logger.info("order recorded", extra={"order_id": "ord-1"})
    (line,) = lines(written)
    assert line.pop("timestamp").endswith("+00:00")
    assert line.pop("location").startswith(
        "test_a_line_carries_service_request_and_its_own_fields:"
    )
    assert line == {
        "level": "INFO",
        "message": "order recorded",
        "logger": "service",
        "service": "orders",
        "stage": "test",
        "version": "7",
        "function_request_id": "r-1",
        "correlation_id": "c-1",
        "cold_start": True,
        "order_id": "ord-1",
    }


def test_an_error_is_one_line_with_its_type_and_stack(written: io.StringIO) -> None:
    try:
        int("no number")
    except ValueError:
        log.logger.exception("failed")
    (line,) = lines(written)
    assert line["exception_name"] == "ValueError"
    assert "Traceback" in line["exception"]


def test_a_correlation_id_that_is_taken_over_is_logged_and_passed_on(written: io.StringIO) -> None:
    log.correlate("from-outside", "own")
    log.logger.info("hello")
    assert lines(written)[0]["correlation_id"] == "from-outside"
    assert log.correlation_id() == "from-outside"


@pytest.mark.parametrize(
    "given_id", ["", "x" * 129, "two\nlines", "a b", "<b>", 'a"b', "\x1b[2J", "é", "\ud800"]
)
def test_an_id_that_could_harm_whoever_reads_it_is_not_taken_over(given_id: str) -> None:
    log.correlate("one before", "request-1")
    log.correlate(given_id, "request-1")
    assert log.correlation_id() == "request-1"


def test_a_long_text_is_cut_in_its_middle(written: io.StringIO) -> None:
    error = ValueError("begin" + "x" * 1_000_000 + "end")
    log.logger.error("failed", exc_info=error, extra={"detail": "y" * 1_000_000})
    (line,) = lines(written)
    assert len(json.dumps(line)) < 3 * log.LONGEST
    assert line["exception"].startswith("ValueError: begin")
    assert line["exception"].endswith("end")


def test_half_a_character_costs_no_line(written: io.StringIO) -> None:
    del logging.getLogger().handlers[1:]  # pytest's, which would hand it on between processes
    log.logger.info("hello \ud800", extra={"id": "\udfff"})
    (line,) = lines(written)
    assert (line["message"], line["id"]) == ("hello ?", "?")


@given(st.text())
def test_what_is_readable_is_one_short_printable_line(text: str) -> None:
    assert log.readable(text * 50).isprintable()
    assert len(log.readable(text * 50)) <= 310


def test_one_invocation_leaves_nothing_in_the_next(written: io.StringIO) -> None:
    log.begin_invocation(SETTINGS, function_request_id="r-2")
    log.logger.info("hello")
    assert "correlation_id" not in lines(written)[0]


def test_values_that_are_no_json_are_written_as_they_print(written: io.StringIO) -> None:
    log.logger.info("hello", extra={"value": Ellipsis})
    assert lines(written)[0]["value"] == "Ellipsis"


def test_without_a_handler_lines_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    root.handlers[:] = []
    log.configure(SETTINGS)
    log.logger.info("hello")
    root.handlers[:], root.level = before
    assert json.loads(capsys.readouterr().out)["message"] == "hello"


@given(
    st.recursive(
        st.dictionaries(
            st.sampled_from([*sorted(log.SENSITIVE), "Authorization", "Token"]),
            st.just("hush"),
        ),
        lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner),
    )
)
def test_sensitive_fields_are_masked_at_any_depth(value: object) -> None:
    assert "hush" not in json.dumps(log.redact(value))


@pytest.mark.parametrize(("rate", "level"), [(0.0, logging.INFO), (1.0, logging.DEBUG)])
def test_a_sampled_invocation_logs_at_debug(rate: float, level: int) -> None:
    settings = ServiceSettings(
        service_name="orders",
        stage="test",
        service_version="7",
        metrics_namespace="orders",
        log_sample_rate=rate,
    )
    log.begin_invocation(settings)
    assert log.logger.level == level
