"""JSON logs on the standard library's logging: one object per line.

Every line carries the service, its version, the function, the ids of request, trace and
correlation, and whether the execution environment was new, under the names that Powertools for AWS
Lambda gives them. Fields are given with `extra`:

    logger.info("order recorded", extra={"order_id": order.order_id})

Whole events are never logged, fields with a telling name (see `SENSITIVE`) are masked, and long
texts are cut, since senders choose what an error message repeats.
"""

import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from .settings import ServiceSettings
from .snapshot import chance

SENSITIVE: Final = frozenset(
    {
        "access_token",
        "address",
        "api_key",
        "apikey",
        "authorization",
        "card_number",
        "client_secret",
        "cookie",
        "email",
        "iban",
        "passwd",
        "password",
        "phone",
        "private_key",
        "refresh_token",
        "secret",
        "set-cookie",
        "signature",
        "ssn",
        "token",
        "x-api-key",
    }
)
MASK: Final = "[redacted]"
LONGEST: Final = 8_192
"""Characters of one field: room for a stack trace, and little of CloudWatch's 256 KB per line."""

# What log lines, HTTP headers and message attributes all hold, and no viewer takes for markup.
_CORRELATION_ID: Final = re.compile(r"[A-Za-z0-9._:;=/+@-]{1,128}")

logger = logging.getLogger("service")

_RECORD_FIELDS: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
_service: dict[str, object] = {}
_invocation: dict[str, object] = {}


class JsonFormatter(logging.Formatter):
    """Writes a log record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat("T", "milliseconds"),
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": record.getMessage(),
            "logger": record.name,
            **_service,
            **_invocation,
        }
        line |= {
            name: value
            for name, value in record.__dict__.items()
            if name not in _RECORD_FIELDS and not name.startswith("_")
        }
        if record.exc_info and record.exc_info[0]:
            line["exception_name"] = record.exc_info[0].__name__
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(redact(line), enc_hook=repr).decode()


def redact(value: Any) -> Any:
    """Return `value` with every sensitive field masked and every long text cut, at any depth."""
    if isinstance(value, str):
        # A lone surrogate, which JSON can bring in, cannot be written.
        return _cut(value, LONGEST).encode(errors="replace").decode()
    if isinstance(value, dict):
        return {
            str(name): MASK if str(name).lower() in SENSITIVE else redact(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(inner) for inner in value]
    return value


def readable(text: str, longest: int = 300) -> str:
    """`text` as an answer or a log line may repeat it: one printable line, not too long."""
    text = _cut(text, longest)
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _cut(text: str, longest: int) -> str:
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]} ... {text[-half:]}"


def configure(settings: ServiceSettings) -> None:
    """Send all logging, the libraries' included, through the JSON formatter."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stdout))
    for handler in root.handlers:
        handler.setFormatter(JsonFormatter())
    root.setLevel(logging.WARNING)
    logger.setLevel(settings.log_level)
    _service.update(
        service=settings.service_name,
        stage=settings.stage,
        version=settings.service_version,
    )


def begin_invocation(settings: ServiceSettings, **fields: object) -> None:
    """Forget the last invocation's fields, take this one's, and draw whether it logs at DEBUG."""
    _invocation.clear()
    _invocation.update(fields)
    sampled = settings.log_sample_rate > 0 and chance() < settings.log_sample_rate
    logger.setLevel("DEBUG" if sampled else settings.log_level)


def correlate(given: str, own: str) -> None:
    """Take over the id that came with a request or record, or `own` when it is not a good one.

    The id is passed on with what is emitted, so it must have 1 to 128 characters that are harmless
    everywhere.
    """
    _invocation["correlation_id"] = given if _CORRELATION_ID.fullmatch(given) else own


def correlation_id() -> str:
    """The id to pass on with everything that this invocation emits."""
    return str(_invocation.get("correlation_id", ""))
