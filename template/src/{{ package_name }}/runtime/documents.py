# Managed by the template: see docs/updating.md.
"""Documents from outside, turned into the domain's types or refused."""

from typing import Any

import msgspec

from .errors import PermanentError


class InvalidDocumentError(PermanentError):
    """The document is not of the form expected; to deliver it again would not help."""


def decode[T](schema: type[T], body: bytes | str) -> T:
    """Decode a JSON text, or raise `InvalidDocumentError` saying where it is wrong."""
    try:
        return msgspec.json.decode(body, type=schema)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidDocumentError(str(error)) from error


def convert[T](schema: type[T], document: Any, *, strict: bool = True) -> T:
    """The same for what is already a Python object; `strict=False` reads numbers out of strings."""
    try:
        return msgspec.convert(document, schema, strict=strict)
    except msgspec.ValidationError as error:
        raise InvalidDocumentError(str(error)) from error


def encode(document: Any) -> str:
    """Encode as compact JSON text."""
    return msgspec.json.encode(document).decode()
