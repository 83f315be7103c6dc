"""Documents turned into the domain's types, or refused; whose fault that is, their origin says.

What comes from outside and is wrong is its sender's fault (`InvalidDocumentError`): an API answers
400, a queue sets the message aside. What this service has stored and cannot read is its own
(`DamagedDocumentError`): an API answers 500, which alarms.
"""

from typing import Any

import msgspec

from .errors import PermanentError
from .log import readable

# A lone surrogate is a UnicodeError; a document nested some hundred levels deep a RecursionError.
_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


class InvalidDocumentError(PermanentError):
    """A document from outside is not of the form expected; to deliver it again would not help."""


class DamagedDocumentError(Exception):
    """A document that this service stored itself is not of the form expected."""


def decode[T](schema: type[T], body: bytes | str) -> T:
    """Decode a JSON text from outside, or raise `InvalidDocumentError` saying where it is wrong."""
    try:
        return msgspec.json.decode(body, type=schema)
    except _UNREADABLE as error:
        # The cause is left out: it repeats what the document says, at any length.
        raise InvalidDocumentError(readable(str(error))) from None


def convert[T](schema: type[T], document: Any, *, strict: bool = True) -> T:
    """The same for what is already a Python object; `strict=False` reads numbers out of strings."""
    try:
        return msgspec.convert(document, schema, strict=strict)
    except _UNREADABLE as error:
        raise InvalidDocumentError(readable(str(error))) from None


def restore[T](schema: type[T], body: bytes | str) -> T:
    """Decode a JSON text that this service stored, or raise `DamagedDocumentError`."""
    try:
        return msgspec.json.decode(body, type=schema)
    except _UNREADABLE as error:
        raise DamagedDocumentError(readable(str(error))) from None


def encode(document: Any) -> str:
    """Encode as compact JSON text."""
    return msgspec.json.encode(document).decode()
