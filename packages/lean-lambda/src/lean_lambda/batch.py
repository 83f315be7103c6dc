"""Batches of records, answered record by record.

Lambda delivers queue messages and stream records in batches. A batch is answered with the ids of
the records to be delivered again (`ReportBatchItemFailures`); the others are done.

A batch of which nothing is done is an error of the invocation instead. All of it is delivered again
either way, but only an error counts in Lambda's metric `Errors`, and only an error has a stream's
batch split in two, which corners the record that fails.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypedDict

from . import log, metrics
from .invocation import RESERVE_MS, Context, time_guard


class BatchFailedError(Exception):
    """Nothing of a batch was done."""


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

    Raises `BatchFailedError` when these are all. Counts in metrics how many were tried and failed.

    `reserve_ms` is the time kept to finish the record at hand and to answer: with less left, no
    further record is started. An invocation too short for that starts records in its first half.
    """
    time_is_left = time_guard(context, reserve_ms)
    failed: list[str] = []
    done = errors = 0
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
        except Exception:  # whatever it is, the record comes back
            log.logger.exception("record failed", extra={"record_id": record.id})
            failed.append(record.id)
            errors += 1
            if record.group is not None:
                held_groups.add(record.group)
        else:
            done += 1
    if out_of_time:
        log.logger.warning("out of time", extra={"returned": len(failed)})
    metrics.add("RecordsTried", done + errors)
    if errors:
        metrics.add("RecordsFailed", errors)
    if failed:
        metrics.add("RecordsReturned", len(failed))
    if failed and not done:
        raise BatchFailedError(f"none of {len(failed)} records was done")
    return {"batchItemFailures": [{"itemIdentifier": record_id} for record_id in failed]}
