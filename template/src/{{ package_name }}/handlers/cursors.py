"""Cursors of the order list: signed, so that a caller cannot make one up.

A cursor holds for one list, which `whose` names: what one caller ordered for one customer. The key
is a secret that may be rotated at any time: one that does not fit is read again once before the
cursor is refused.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from lean_lambda.parameters import Secret

_DIGEST_BYTES: Final = 16


class InvalidCursorError(Exception):
    """The cursor was not given out for this list, or its key is gone."""

    def __init__(self) -> None:
        super().__init__("the cursor is not valid; begin again without one")


def seal_cursor(position: str, whose: str, key: Secret) -> str:
    """The cursor for a position in the list; empty for an empty position."""
    if not position:
        return ""
    content = position.encode()
    return urlsafe_b64encode(_digest(content, whose, key.value()) + content).decode()


def open_cursor(cursor: str, whose: str, key: Secret) -> str:
    """The position that was sealed, or raise `InvalidCursorError`."""
    if not cursor:
        return ""
    try:
        raw = urlsafe_b64decode(cursor)
    except ValueError:
        raise InvalidCursorError from None
    digest, content = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
    fits = key.use(
        lambda secret: hmac.compare_digest(digest, _digest(content, whose, secret)),
        rejected=lambda fitting: not fitting,
    )
    if not fits:
        raise InvalidCursorError
    return content.decode()


def _digest(content: bytes, whose: str, secret: str) -> bytes:
    message = whose.encode() + b"\0" + content
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()[:_DIGEST_BYTES]
