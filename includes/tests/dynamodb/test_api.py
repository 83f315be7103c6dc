"""The API: orders in and out, each effect once."""

import json
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import given
from lean_lambda.documents import convert
from lean_lambda.parameters import Parameters, Secret
from lean_lambda.request import Request
from lean_lambda.testing.aws import FakeAws
from lean_lambda.testing.context import FakeContext
from lean_lambda.testing.crash import Ended, Life
{% if feature_flags == 'appconfig' %}
from lean_lambda.testing.flags import FakeFlags
{% endif %}
from lean_lambda.testing.hostile import problem_or_success, requests
from lean_lambda.testing.idempotency import MemoryIdempotency
from msgspec.structs import replace
from openapi_spec_validator import validate

from {{ package_name }}.adapters.dynamodb_order_reader import (
    DynamoOrderReader,
)
from {{ package_name }}.adapters.dynamodb_orders import DynamoOrders
from {{ package_name }}.domain.ordering import NewOrder
from {{ package_name }}.domain.orders import Status
from {{ package_name }}.domain.reading import Page
from {{ package_name }}.gateway import gateway
from {{ package_name }}.handlers.cursors import seal_cursor

from tests.fakes.http import request_event
from tests.fakes.orders import FailingOrders, MemoryOrders, an_order
{% if 'queue' in triggers %}
from tests.fakes.queue import MemoryQueue
{% endif %}
from tests.unit.conftest import StartFunction

NEW_ORDER = {
    "customer_id": "cus-1",
    "lines": [{"sku": "KB-1", "quantity": 2, "unit_price_cents": 4999}],
}
CALLER = gateway.read(request_event("GET", "/")).caller
OTHER_ORDER = {**NEW_ORDER, "lines": [{"sku": "KB-1", "quantity": 3, "unit_price_cents": 4999}]}
{% if 'queue' in triggers %}
ACCEPTED = 202
MORTAL = ("orders", "queue", "requests")
{% else %}
CREATED = 201
MORTAL = ("orders", "requests")
{% endif %}


class Clock:
    """What time it is, for the records of keys."""

    now = 1_767_225_600.0

    def __call__(self) -> float:
        return self.now


class MemoryReader:
    """Finds the orders of a `MemoryOrders`, a page at a time."""

    def __init__(self, orders: MemoryOrders) -> None:
        self.orders = orders

    def of_customer(self, customer_id: str, caller: str, limit: int, start: str) -> Page:
        found = [
            order
            for order in self.orders.kept.values()
            if (order.customer_id, order.placed_by) == (customer_id, caller)
        ]
        first = int(start or 0)
        after = first + limit
        return Page(found[first:after], str(after) if after < len(found) else "")


@pytest.fixture
def api(start_function: StartFunction) -> Any:
    module = start_function(
        "api",
        ORDERS_TABLE="orders",
        IDEMPOTENCY_TABLE="idempotency",
        PARAMETERS_PATH="/orders/test",
        CURSOR_SECRET="cursor-key",
{% if feature_flags == 'appconfig' %}
        FLAGS="app/env/flags",
{% endif %}
{% if 'queue' in triggers %}
        ORDERS_QUEUE_URL="https://sqs.test/orders",
{% endif %}
    )
    aws = FakeAws(
        GetParameter={"Parameter": {"Value": "2"}}, GetSecretValue={"SecretString": "key"}
    )
{% if feature_flags == 'appconfig' %}
    module.flags = FakeFlags()
{% endif %}
    module.orders = MemoryOrders()
    module.reader = MemoryReader(module.orders)
    module.requests = MemoryIdempotency()
    module.parameters = Parameters(aws, "/orders/test")
    module.cursor_key = Secret(aws, "cursor-key")
{% if 'queue' in triggers %}
    module.queue = MemoryQueue()
{% endif %}
    return module


def call(api: Any, method: str, path: str, **parts: Any) -> tuple[int, Any, dict[str, str]]:
    answer = api.handler(request_event(method, path, **parts), FakeContext())
    return answer["statusCode"], json.loads(answer["body"]), answer["headers"]


def place(api: Any, key: str = "k-1", body: Any = None) -> tuple[int, Any, dict[str, str]]:
    return call(
        api,
        "POST",
        "/orders",
        headers={"Idempotency-Key": key},
        body=json.dumps(body or NEW_ORDER),
    )


def located(headers: dict[str, str], base: str = "https://shop.test") -> str:
    """Where a caller looks for the order that was placed with `POST <base>/orders`."""
    return urljoin(f"{base}/orders", headers["location"])


{% if 'queue' in triggers %}
def test_an_order_is_accepted_kept_and_queued(api: Any) -> None:
    status, body, headers = place(api)
    assert status == ACCEPTED
    assert (body["status"], body["total_cents"]) == ("placed", 9998)
    assert located(headers) == f"https://shop.test/orders/{body['order_id']}"
    (kept,) = api.orders.kept.values()
    assert kept.status == Status.PLACED
    assert api.queue.sent == [kept]
{% else %}
def test_an_order_is_created_and_kept(api: Any) -> None:
    status, body, headers = place(api)
    assert status == CREATED
    assert (body["status"], body["total_cents"]) == ("placed", 9998)
    assert located(headers) == f"https://shop.test/orders/{body['order_id']}"
    (kept,) = api.orders.kept.values()
    assert kept.status == Status.PLACED
{% endif %}


{% if feature_flags == 'appconfig' %}
def test_no_order_is_taken_while_that_is_switched_off(api: Any) -> None:
    before = place(api, "k-1")
    api.flags = FakeFlags(take_orders=False)
    status, body, headers = place(api, "k-2")
    assert (status, headers["retry-after"]) == (503, "1")
    assert body["detail"] == "no orders are taken at the moment"
    assert len(api.orders.kept) == 1
    assert place(api, "k-1") == before
    api.flags = FakeFlags(take_orders=True)
    assert place(api, "k-2")[0] == before[0]


{% endif %}
def test_a_repeated_request_gets_the_same_answer_and_has_one_effect(api: Any) -> None:
    assert place(api) == place(api)
    assert list(api.orders.history.values()) == [[Status.PLACED]]
{% if 'queue' in triggers %}
    assert len(api.queue.sent) == 1
{% endif %}


@pytest.mark.parametrize("base", ["https://shop.test/dev", "https://shop.test/orders/v1"])
def test_an_order_is_found_behind_any_stage_or_base_path(api: Any, base: str) -> None:
    _, body, headers = place(api)
    assert located(headers, base) == f"{base}/orders/{body['order_id']}"


def test_other_keys_and_other_callers_make_other_orders(api: Any) -> None:
    assert place(api, "k-1")[1]["order_id"] != place(api, "k-2")[1]["order_id"]
    new = convert(NewOrder, NEW_ORDER)
    same_key = {"idempotency-key": "k-1"}
    carol, bob = (
        api.place_order(Request("POST", "/orders", same_key, {}, b"", caller), new)
        for caller in ("carol", "bob")
    )
    assert carol.headers["location"] != bob.headers["location"]


def test_a_key_used_for_another_order_is_refused(api: Any) -> None:
    place(api)
    assert place(api, body=OTHER_ORDER)[0] == 422


def test_where_the_caller_ends_and_the_key_begins_makes_other_orders(api: Any) -> None:
    new = convert(NewOrder, NEW_ORDER)
    first, second = (
        api.place_order(Request("POST", "/orders", {"idempotency-key": key}, {}, b"", caller), new)
        for caller, key in (("a", "bc"), ("ab", "c"))
    )
    assert first.headers["location"] != second.headers["location"]


def test_a_failed_request_may_be_repeated_with_its_key_and_no_other_body(api: Any) -> None:
    working, api.orders = api.orders, FailingOrders()
    assert place(api)[0] == 500
    api.orders = working
    assert place(api, body=OTHER_ORDER)[0] == 422
{% if 'queue' in triggers %}
    assert place(api)[0] == ACCEPTED
    assert {order.customer_id for order in api.queue.sent} == {"cus-1"}
{% else %}
    assert place(api)[0] == CREATED
{% endif %}


@pytest.mark.parametrize("status", Status)
def test_when_the_key_is_forgotten_the_order_itself_tells(api: Any, status: Status) -> None:
    clock = Clock()
    api.requests = MemoryIdempotency(clock=clock)
    first = place(api)
    (kept,) = api.orders.kept.values()
    api.orders.kept[kept.order_id] = replace(kept, status=status)
    clock.now += 30 * 24 * 3600
    assert place(api, body=OTHER_ORDER)[0] == 422
    clock.now += 30 * 24 * 3600
    assert place(api) == first
    assert api.orders.kept == {kept.order_id: replace(kept, status=status)}


@pytest.mark.parametrize("calls", range(8))
def test_a_function_that_is_ended_anywhere_leaves_nothing_half_done(api: Any, calls: int) -> None:
    clock, life = Clock(), Life(calls)
    whole = {name: getattr(api, name) for name in MORTAL}
    whole["requests"] = MemoryIdempotency(clock=clock)
    for name, port in whole.items():
        setattr(api, name, life.of(port))
    try:
        answers = [place(api)]
    except Ended:
        answers = []
    for name, port in whole.items():
        setattr(api, name, port)

{% if 'queue' in triggers %}
    assert {*api.orders.kept} <= {order.order_id for order in api.queue.sent}
{% endif %}
    if calls and not answers:
        assert place(api)[0] == 409  # the first may still be at it
        clock.now += 60
        assert place(api, body=OTHER_ORDER)[0] == 422
    answers += [place(api), place(api)]
    assert all(answer == answers[0] for answer in answers)
    assert list(api.orders.history.values()) == [[Status.PLACED]]


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
    status, problem, _ = place(api, body=body)
    assert status == 400
    assert detail in problem["detail"]
    assert api.orders.kept == {}


def test_an_order_needs_an_idempotency_key(api: Any) -> None:
    status, problem, _ = call(api, "POST", "/orders", body=json.dumps(NEW_ORDER))
    assert status == 400
    assert "idempotency-key" in problem["detail"]


def test_an_order_can_be_read_and_an_unknown_one_is_not_found(api: Any) -> None:
    order = an_order("ord-1", status=Status.FULFILLED, placed_by=CALLER)
    api.orders = MemoryOrders(order)
    status, body, _ = call(api, "GET", "/orders/ord-1")
    assert (status, body["status"]) == (200, "fulfilled")
    assert "placed_by" not in body
    assert call(api, "GET", "/orders/ord-2")[0] == 404


@pytest.mark.parametrize("owner", ["somebody-else", ""])
def test_an_order_of_somebody_elses_is_not_found_as_if_there_were_none(
    api: Any, owner: str
) -> None:
    unknown = call(api, "GET", "/orders/ord-1")
    api.orders = MemoryOrders(an_order("ord-1", placed_by=owner))
    assert call(api, "GET", "/orders/ord-1") == unknown


def test_an_order_belongs_to_the_caller_that_placed_it(api: Any) -> None:
    order_id = place(api)[1]["order_id"]
    assert api.orders.kept[order_id].placed_by == CALLER
    assert call(api, "GET", f"/orders/{order_id}")[0] == 200


def test_a_list_has_nothing_that_somebody_else_ordered_for_the_customer(api: Any) -> None:
    for number, owner in enumerate([CALLER, "somebody-else", ""]):
        api.orders.put(an_order(f"ord-{number}", placed_by=owner), replacing=None)
    page = call(api, "GET", "/orders", query={"customer_id": "cus-1"})[1]
    assert [order["order_id"] for order in page["orders"]] == ["ord-0"]


def test_a_cursor_of_somebody_elses_is_refused(api: Any) -> None:
    cursor = seal_cursor("2", "cus-1#somebody-else", api.cursor_key)
    status, problem, _ = call(
        api, "GET", "/orders", query={"customer_id": "cus-1", "cursor": cursor}
    )
    assert (status, "cursor" in problem["detail"]) == (400, True)


def test_a_list_goes_on_where_the_cursor_says(api: Any) -> None:
    for number in range(5):
        api.orders.put(an_order(f"ord-{number}", placed_by=CALLER), replacing=None)
    api.orders.put(an_order("o", customer_id="cus-2", placed_by=CALLER), replacing=None)
    seen, cursor = [], ""
    while True:
        query = {"customer_id": "cus-1"} | ({"cursor": cursor} if cursor else {})
        status, page, _ = call(api, "GET", "/orders", query=query)
        assert status == 200
        assert len(page["orders"]) <= 2
        seen += [order["order_id"] for order in page["orders"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert seen == [f"ord-{number}" for number in range(5)]


@pytest.mark.parametrize("cursor", ["made-up", "bm90aGluZyBvZiBvdXJzIGJ1dCBsb25nIGVub3VnaA==", "ü"])
def test_a_cursor_that_was_not_given_out_is_refused(api: Any, cursor: str) -> None:
    status, problem, _ = call(
        api, "GET", "/orders", query={"customer_id": "cus-1", "cursor": cursor}
    )
    assert status == 400
    assert "cursor" in problem["detail"]


@pytest.mark.parametrize("document", ["{", '{"order_id": "ord-1"}', '{"secret": 1}'])
@pytest.mark.parametrize("path", ["/orders/ord-1", "/orders"])
def test_a_stored_order_that_is_damaged_is_no_fault_of_the_callers(
    api: Any, path: str, document: str
) -> None:
    item = {"document": {"S": document}}
    aws = FakeAws(GetItem={"Item": item}, Query={"Items": [item]})
    api.orders, api.reader = DynamoOrders(aws, "orders"), DynamoOrderReader(aws, "orders")
    status, problem, _ = call(api, "GET", path, query={"customer_id": "cus-1"})
    assert status == 500
    assert problem["detail"] == "the request failed; give the id when you report it"


def test_a_parameter_that_is_damaged_is_no_fault_of_the_callers(api: Any) -> None:
    api.parameters = Parameters(FakeAws(GetParameter={"Parameter": {"Value": "two"}}), "/orders")
    assert call(api, "GET", "/orders", query={"customer_id": "cus-1"})[0] == 500


@pytest.mark.parametrize("order_id", ["x" * 65, "x" * 2_049, "a%0Ab", "a\n", "ü", "a b"])
def test_what_can_be_no_order_is_not_found_without_asking_the_table(
    api: Any, order_id: str
) -> None:
    api.orders = None
    assert call(api, "GET", f"/orders/{order_id}")[0] == 404


@given(event=requests(request_event, "/orders", "/orders/ord-1", query=("customer_id", "cursor")))
def test_no_request_is_ever_an_internal_error(api: Any, event: dict[str, Any]) -> None:
    answer = api.handler(event, FakeContext())
    assert answer["statusCode"] < 500
    assert problem_or_success(answer)


def test_the_openapi_document_is_valid_and_has_every_route(api: Any) -> None:
    document = api.api.openapi()
    validate(document)
    assert set(document["paths"]) == {"/orders", "/orders/{order_id}"}
