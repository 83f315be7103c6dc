"""Documents: what is not of the form expected is refused, saying where."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from lean_lambda.documents import (
    DamagedDocumentError,
    InvalidDocumentError,
    convert,
    decode,
    encode,
    restore,
)


class Part(Struct, frozen=True):
    """A document in a document."""

    name: str
    number: int


class Parcel(Struct, frozen=True):
    """A document with a list and a time in it."""

    parcel_id: str
    parts: tuple[Part, ...]
    packed_at: datetime
    note: str = ""


class Strict(Struct, forbid_unknown_fields=True):
    """A document that takes no other fields."""


PARCEL = Parcel("parcel-1", (Part("key", 2),), datetime(2026, 3, 1, 12, tzinfo=UTC), "fragile")


def test_a_document_survives_being_written_and_read() -> None:
    assert decode(Parcel, encode(PARCEL)) == PARCEL


def test_the_message_says_where_the_document_is_wrong() -> None:
    text = encode(PARCEL).replace('"number":2', '"number":"two"')
    with pytest.raises(InvalidDocumentError, match=r"Expected `int`.*\$\.parts\[0\]\.number"):
        decode(Parcel, text)


@given(st.binary())
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    with pytest.raises(InvalidDocumentError):
        decode(Parcel, body)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, '{"parcel_id": "\\ud800"}', '"\ud800"', b"\xff"]
)
@pytest.mark.parametrize("schema", [Parcel, dict[str, Any], Any])
def test_neither_depth_nor_half_a_character_does_more(schema: Any, text: str | bytes) -> None:
    with pytest.raises(InvalidDocumentError):
        decode(schema, text)


@pytest.mark.parametrize("read", [decode, restore])
def test_the_message_repeats_little_of_the_document_and_nothing_unprintable(
    read: Callable[..., Any],
) -> None:
    text = encode({"x\x1b[2J\n" * 10_000: 1})
    with pytest.raises((InvalidDocumentError, DamagedDocumentError)) as raised:
        read(Strict, text)
    assert len(str(raised.value)) < 400
    assert str(raised.value).isprintable()
    assert "unknown field" in str(raised.value)
    assert raised.value.__cause__ is None


@given(st.binary())
def test_what_was_stored_and_is_damaged_is_nobody_elses_fault(body: bytes) -> None:
    with pytest.raises(DamagedDocumentError):
        restore(Parcel, body)
    assert not issubclass(DamagedDocumentError, InvalidDocumentError)


def test_what_was_stored_is_read_again() -> None:
    assert restore(Parcel, encode(PARCEL)) == PARCEL


def test_an_object_is_checked_like_a_text() -> None:
    with pytest.raises(InvalidDocumentError, match="missing required field"):
        convert(Parcel, {"parcel_id": "parcel-1"})
    with pytest.raises(InvalidDocumentError):
        convert(Parcel, {"\ud800": 1})
