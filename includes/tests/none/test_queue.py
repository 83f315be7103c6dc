"""The queue worker: orders are fulfilled, and a bad message comes back alone."""

from typing import Any

import pytest
from hypothesis import given
from lean_lambda.batch import BatchFailedError
from lean_lambda.documents import encode
from lean_lambda.parameters import Parameters
from lean_lambda.testing.aws import FakeAws
from lean_lambda.testing.context import FakeContext
{% if feature_flags == 'appconfig' %}
from lean_lambda.testing.flags import FakeFlags
{% endif %}
from lean_lambda.testing.hostile import bodies, texts

from {{ package_name }}.domain.orders import (
{% if feature_flags == 'appconfig' %}
    Line,
{% endif %}
    Order,
    Status,
)

from tests.fakes.orders import FailingOrders, MemoryOrders, an_order
from tests.unit.conftest import StartFunction


@pytest.fixture
def worker(start_function: StartFunction) -> Any:
{% if feature_flags == 'appconfig' %}
    module = start_function("queue", PARAMETERS_PATH="/orders/test", FLAGS="app/env/flags")
{% else %}
    module = start_function("queue", PARAMETERS_PATH="/orders/test")
{% endif %}
{% if feature_flags == 'appconfig' %}
    module.flags = FakeFlags()
{% endif %}
    module.orders = MemoryOrders()
    module.parameters = Parameters(
        FakeAws(GetParameter={"Parameter": {"Value": "north"}}), "/orders/test"
    )
    return module


def a_message(body: str, message_id: str = "m-1") -> dict[str, Any]:
    return {
        "messageId": message_id,
        "body": body,
{% if queue_type == 'fifo' %}
        "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:orders.fifo",
{% else %}
        "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:orders",
{% endif %}
        "attributes": {"MessageGroupId": message_id},
        "messageAttributes": {},
    }


def deliver(worker: Any, *messages: dict[str, Any]) -> list[str]:
    answer = worker.handler({"Records": list(messages)}, FakeContext())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


{% if feature_flags == 'appconfig' %}
def test_large_orders_have_their_own_warehouse_while_that_is_switched_on(worker: Any) -> None:
    worker.flags = FakeFlags(large_orders_apart=True)
    line = Line("KB-1", 100, 4999)
    deliver(worker, a_message(encode(an_order(lines=(line,)))))
    (kept,) = worker.orders.kept.values()
    assert kept.warehouse == "north-large"


{% endif %}
def test_an_order_is_fulfilled_from_the_warehouse_that_is_set(worker: Any) -> None:
    assert deliver(worker, a_message(encode(an_order()))) == []
    order: Order = worker.orders.kept["ord-1"]
    assert (order.status, order.warehouse) == (Status.FULFILLED, "north")


@pytest.mark.parametrize("poison", ["not json", "{}", encode(an_order())[:-20]])
def test_a_poison_message_comes_back_and_the_others_are_done(worker: Any, poison: str) -> None:
    messages = [
        a_message(encode(an_order("ord-1")), "m-1"),
        a_message(poison, "m-2"),
        a_message(encode(an_order("ord-3")), "m-3"),
    ]
    assert deliver(worker, *messages) == ["m-2"]
    assert set(worker.orders.kept) == {"ord-1", "ord-3"}


@given(body=bodies, correlation_id=texts)
def test_whatever_a_message_says_it_comes_back_alone(
    worker: Any, body: str, correlation_id: str
) -> None:
    attribute = {"correlation_id": {"dataType": "String", "stringValue": correlation_id}}
    poison = {**a_message(body, "m-1"), "messageAttributes": attribute}
    assert deliver(worker, poison, a_message(encode(an_order()), "m-2")) == ["m-1"]


def test_an_order_that_could_not_be_recorded_comes_back(worker: Any) -> None:
    worker.orders = FailingOrders()
    with pytest.raises(BatchFailedError):
        deliver(worker, a_message(encode(an_order())))
