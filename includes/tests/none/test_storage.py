"""The file importer: a whole file, or nothing of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lean_lambda.documents import InvalidDocumentError, encode
from lean_lambda.testing.context import FakeContext
from lean_lambda.testing.hostile import bodies

from tests.fakes.orders import MemoryOrders, an_order
{% if 'queue' in triggers %}
from tests.fakes.queue import MemoryQueue
{% endif %}
from tests.unit.conftest import StartFunction

KEY = "incoming/spring orders.jsonl"


class MemoryFiles:
    """Files by their key."""

    def __init__(self, **files: bytes) -> None:
        self.files = {KEY: files["content"]}

    def lines(self, bucket: str, key: str) -> Iterator[bytes]:
        assert bucket == "partners"
        return iter(self.files[key].splitlines())


@pytest.fixture
def importer(start_function: StartFunction) -> Any:
{% if 'queue' in triggers %}
    module = start_function("storage", ORDERS_QUEUE_URL="https://sqs.test/orders")
    module.queue = MemoryQueue()
{% else %}
    module = start_function("storage")
{% endif %}
    module.orders = MemoryOrders()
    return module


def announce(importer: Any, content: str | bytes) -> None:
    importer.files = MemoryFiles(content=content.encode() if isinstance(content, str) else content)
    created = {
        "bucket": {"name": "partners"},
        "object": {"key": "incoming/spring+orders.jsonl", "sequencer": "1"},
    }
    event: dict[str, Any] = {"Records": [{"s3": created}]}
    importer.handler(event, FakeContext())


def test_every_order_of_the_file_is_placed(importer: Any) -> None:
    announce(importer, "\n".join([encode(an_order("ord-1")), "", encode(an_order("ord-2"))]))
    assert set(importer.orders.kept) == {"ord-1", "ord-2"}
{% if 'queue' in triggers %}
    assert [order.order_id for order in importer.queue.sent] == ["ord-1", "ord-2"]
{% endif %}


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
