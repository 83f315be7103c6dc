"""Queue messages, as records."""

import pytest

from lean_lambda.documents import (
    InvalidDocumentError,
    decode,
)
from lean_lambda.sqs import records

ARN = "arn:aws:sqs:eu-west-1:111122223333:orders"
MESSAGE = {
    "messageId": "m-1",
    "eventSourceARN": ARN,
    "body": "{}",
    "attributes": {"MessageGroupId": "cus-1"},
    "messageAttributes": {"correlation_id": {"dataType": "String", "stringValue": "c-1"}},
}


def test_a_message_brings_its_correlation_id() -> None:
    (record,) = records({"Records": [MESSAGE]})
    assert (record.id, record.body, record.correlation_id) == ("m-1", b"{}", "c-1")


def test_a_message_without_one_is_correlated_by_its_own_id() -> None:
    (record,) = records({"Records": [{**MESSAGE, "messageAttributes": {}}]})
    assert record.correlation_id == "m-1"


def test_a_body_that_is_no_text_costs_its_neighbours_nothing() -> None:
    half, whole = records({"Records": [{**MESSAGE, "body": '"\ud800"'}, MESSAGE]})
    assert whole.body == b"{}"
    with pytest.raises(InvalidDocumentError):
        decode(str, half.body)


def test_messages_of_one_group_of_a_fifo_queue_belong_together() -> None:
    (record,) = records({"Records": [{**MESSAGE, "eventSourceARN": f"{ARN}.fifo"}]})
    assert record.group == "cus-1"


def test_messages_of_a_standard_queue_do_not_wait_for_each_other() -> None:
    (record,) = records({"Records": [MESSAGE]})
    assert record.group is None
