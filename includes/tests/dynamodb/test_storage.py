"""The file importer: a whole file once, or nothing of it."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lean_lambda.documents import InvalidDocumentError, encode
from lean_lambda.errors import KeyReused
from lean_lambda.testing.context import FakeContext
from lean_lambda.testing.crash import Ended, Life
from lean_lambda.testing.hostile import bodies
from lean_lambda.testing.idempotency import MemoryIdempotency
from lean_lambda.testing.metrics import counts

from {{ package_name }}.domain.orders import Status

from tests.fakes.orders import MemoryOrders, an_order
{% if 'queue' in triggers %}
from tests.fakes.queue import MemoryQueue
{% endif %}
from tests.unit.conftest import StartFunction

KEY = "incoming/spring orders.jsonl"
{% if 'queue' in triggers %}
MORTAL = ("deliveries", "orders", "queue")
{% else %}
MORTAL = ("deliveries", "orders")
{% endif %}


class MemoryFiles:
    """Files by their key."""

    def __init__(self, **files: bytes) -> None:
        self.files = {KEY: files["content"]}

    def lines(self, bucket: str, key: str) -> Iterator[bytes]:
        assert bucket == "partners"
        return iter(self.files[key].splitlines())


@pytest.fixture
def importer(start_function: StartFunction) -> Any:
    module = start_function(
        "storage",
        ORDERS_TABLE="orders",
        IDEMPOTENCY_TABLE="idempotency",
{% if 'queue' in triggers %}
        ORDERS_QUEUE_URL="https://sqs.test/orders",
{% endif %}
    )
    module.orders = MemoryOrders()
    module.deliveries = MemoryIdempotency()
{% if 'queue' in triggers %}
    module.queue = MemoryQueue()
{% endif %}
    return module


def announce(importer: Any, content: str | bytes, sequencer: str = "1") -> None:
    importer.files = MemoryFiles(content=content.encode() if isinstance(content, str) else content)
    created = {
        "bucket": {"name": "partners"},
        "object": {"key": "incoming/spring+orders.jsonl", "sequencer": sequencer},
    }
    event: dict[str, Any] = {"Records": [{"s3": created}]}
    importer.handler(event, FakeContext())


def test_every_order_of_the_file_is_placed(importer: Any) -> None:
    announce(importer, "\n".join([encode(an_order("ord-1")), "", encode(an_order("ord-2"))]))
    assert set(importer.orders.kept) == {"ord-1", "ord-2"}
{% if 'queue' in triggers %}
    assert [order.order_id for order in importer.queue.sent] == ["ord-1", "ord-2"]
{% endif %}


def test_a_file_announced_twice_is_imported_once(importer: Any) -> None:
    announce(importer, encode(an_order("ord-1")))
    announce(importer, encode(an_order("ord-2")))
    assert set(importer.orders.kept) == {"ord-1"}
    announce(importer, encode(an_order("ord-2")), sequencer="2")
    assert set(importer.orders.kept) == {"ord-1", "ord-2"}


def test_orders_that_are_known_are_not_counted_again(
    importer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    content = "\n".join([encode(an_order("ord-1")), encode(an_order("ord-2"))])
    announce(importer, encode(an_order("ord-1")))
    announce(importer, content, sequencer="2")
    assert counts(capsys) == {"OrdersImported": 2}


def test_an_id_of_another_order_fails_when_all_others_are_placed(importer: Any) -> None:
    importer.orders = MemoryOrders(an_order("ord-1", status=Status.FULFILLED))
    other = an_order("ord-1", customer_id="cus-2")
    with pytest.raises(KeyReused, match="ord-1"):
        announce(importer, "\n".join([encode(other), encode(an_order("ord-2"))]))
    assert importer.orders.kept["ord-1"] == an_order("ord-1", status=Status.FULFILLED)
    assert importer.orders.kept["ord-2"] == an_order("ord-2")


@pytest.mark.parametrize("calls", range(8))
def test_a_function_that_is_ended_anywhere_leaves_nothing_half_done(
    importer: Any, calls: int
) -> None:
    content = "\n".join([encode(an_order("ord-1")), encode(an_order("ord-2"))])
    life = Life(calls)
    whole = {name: getattr(importer, name) for name in MORTAL}
    for name, port in whole.items():
        setattr(importer, name, life.of(port))
    with suppress(Ended):
        announce(importer, content)
    for name, port in whole.items():
        setattr(importer, name, port)
{% if 'queue' in triggers %}
    assert {*importer.orders.kept} <= {order.order_id for order in importer.queue.sent}
{% endif %}
    importer.deliveries = MemoryIdempotency()  # the lock has lapsed when Lambda tries again
    announce(importer, content)
    placed = [Status.PLACED]
    assert importer.orders.history == {"ord-1": placed, "ord-2": placed}


def test_a_file_with_a_bad_line_changes_nothing_and_the_line_is_named(
    importer: Any,
) -> None:
    with pytest.raises(InvalidDocumentError, match=r"^line 3: "):
        announce(importer, "\n".join([encode(an_order("ord-1")), "", "not an order"]))
    assert importer.orders.kept == {}


@given(line=st.binary() | bodies.map(lambda text: text.encode(errors="surrogatepass")))
def test_whatever_a_line_says_nothing_of_its_file_is_placed(importer: Any, line: bytes) -> None:
    with pytest.raises(InvalidDocumentError, match=r"^line [0-9]+: "):
        announce(importer, encode(an_order()).encode() + b"\n" + line + b"\n{")
    assert importer.orders.kept == {}
