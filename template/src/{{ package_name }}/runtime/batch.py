# Managed by the template: see docs/updating.md.
"""Batches of records, answered record by record.

Lambda delivers queue messages and stream records in batches. A batch is answered with the ids of
the records to be delivered again (`ReportBatchItemFailures`); the others are done.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypedDict

from . import log, metrics
from .invocation import RESERVE_MS, Context, time_guard


class Record(NamedTuple):
    """One message or stream record, whatever its source."""

    id: str
    body: bytes
    correlation_id: str
    group: str | None = None
    """Records of one group are done in order: none is started after one that failed."""


class ItemFailure(TypedDict):
    itemIdentifier: str


class BatchResponse(TypedDict):
    batchItemFailures: list[ItemFailure]


def process(
    records: Iterable[Record],
    handle: Callable[[Record], None],
    context: Context,
    *,
    reserve_ms: int = RESERVE_MS,
) -> BatchResponse:
    """Handle each record; return those that failed, were held back, or that time was too short for.

    `reserve_ms` is the time kept to finish the record at hand and to answer: with less left, no
    further record is started. An invocation too short for that starts records in its first half.
    """
    time_is_left = time_guard(context, reserve_ms)
    failed: list[str] = []
    held_groups: set[str] = set()
    out_of_time = False
    for record in records:
        out_of_time = out_of_time or not time_is_left()
        if out_of_time or record.group in held_groups:
            failed.append(record.id)
            continue
        log.correlate(record.correlation_id, record.id)
        try:
            handle(record)
        except Exception:  # noqa: BLE001 (whatever it is, the record comes back)
            log.logger.exception("record failed", extra={"record_id": record.id})
            failed.append(record.id)
            if record.group is not None:
                held_groups.add(record.group)
    if out_of_time:
        log.logger.warning("out of time", extra={"returned": len(failed)})
    if failed:
        metrics.add("RecordsReturned", len(failed))
    return {"batchItemFailures": [{"itemIdentifier": record_id} for record_id in failed]}
