"""The API: orders in."""

import json
from typing import Any

import pytest
from hypothesis import given
from lean_lambda.testing.context import FakeContext
{% if feature_flags == 'appconfig' %}
from lean_lambda.testing.flags import FakeFlags
{% endif %}
from lean_lambda.testing.hostile import problem_or_success, requests
from openapi_spec_validator import validate

from tests.fakes.http import request_event
from tests.fakes.orders import MemoryOrders
{% if 'queue' in triggers %}
from tests.fakes.queue import MemoryQueue
{% endif %}
from tests.unit.conftest import StartFunction

NEW_ORDER = {
    "customer_id": "cus-1",
    "lines": [{"sku": "KB-1", "quantity": 2, "unit_price_cents": 4999}],
}


@pytest.fixture
def api(start_function: StartFunction) -> Any:
{% if 'queue' in triggers and feature_flags == 'appconfig' %}
    module = start_function(
        "api", ORDERS_QUEUE_URL="https://sqs.test/orders", FLAGS="app/env/flags"
    )
{% elif 'queue' in triggers %}
    module = start_function("api", ORDERS_QUEUE_URL="https://sqs.test/orders")
{% elif feature_flags == 'appconfig' %}
    module = start_function("api", FLAGS="app/env/flags")
{% else %}
    module = start_function("api")
{% endif %}
{% if 'queue' in triggers %}
    module.queue = MemoryQueue()
{% endif %}
{% if feature_flags == 'appconfig' %}
    module.flags = FakeFlags()
{% endif %}
    module.orders = MemoryOrders()
    return module


def place(api: Any, body: Any) -> tuple[int, Any]:
    event = request_event("POST", "/orders", body=json.dumps(body))
    answer = api.handler(event, FakeContext())
    return answer["statusCode"], json.loads(answer["body"])


{% if 'queue' in triggers %}
def test_an_order_is_accepted_recorded_and_queued(api: Any) -> None:
    status, body = place(api, NEW_ORDER)
    assert status == 202
    assert (body["status"], body["total_cents"]) == ("placed", 9998)
    assert api.queue.sent == list(api.orders.kept.values())
{% else %}
def test_an_order_is_created_and_recorded(api: Any) -> None:
    status, body = place(api, NEW_ORDER)
    assert status == 201
    assert (body["status"], body["total_cents"]) == ("placed", 9998)
    assert list(api.orders.kept) == [body["order_id"]]
{% endif %}


{% if feature_flags == 'appconfig' %}
def test_no_order_is_taken_while_that_is_switched_off(api: Any) -> None:
    api.flags = FakeFlags(take_orders=False)
    status, body = place(api, NEW_ORDER)
    assert (status, body["detail"]) == (503, "no orders are taken at the moment")
    assert not api.orders.kept


{% endif %}
def test_each_request_is_an_order_of_its_own(api: Any) -> None:
    assert place(api, NEW_ORDER)[1]["order_id"] != place(api, NEW_ORDER)[1]["order_id"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"customer_id": "cus-1"}, "lines"),
        ({**NEW_ORDER, "lines": []}, "length >= 1"),
        ({**NEW_ORDER, "customer_id": "no spaces"}, "customer_id"),
        ({**NEW_ORDER, "gift": True}, "unknown field `gift`"),
    ],
)
def test_an_order_of_the_wrong_form_is_refused_with_the_field(
    api: Any, body: Any, detail: str
) -> None:
    status, problem = place(api, body)
    assert status == 400
    assert detail in problem["detail"]
    assert api.orders.kept == {}


@given(event=requests(request_event, "/orders"))
def test_no_request_is_ever_an_internal_error(api: Any, event: dict[str, Any]) -> None:
    answer = api.handler(event, FakeContext())
    assert answer["statusCode"] < 500
    assert problem_or_success(answer)


def test_the_openapi_document_is_valid_and_has_every_route(api: Any) -> None:
    document = api.api.openapi()
    validate(document)
    assert set(document["paths"]) == {"/orders"}
