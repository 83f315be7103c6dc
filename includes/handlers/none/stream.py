"""Counts what each customer ordered, as orders come along the stream."""

from lean_lambda import kinesis, metrics
from lean_lambda.batch import BatchResponse, Record, process
from lean_lambda.documents import decode
from lean_lambda.invocation import Context, Event, invocation, start

from ..adapters.log_summaries import LogSummaries
from ..config import Settings
from ..domain.orders import Order, Outcome
from ..domain.summarising import Summaries, summarise

settings = start(Settings)
summaries: Summaries = LogSummaries()


@invocation(settings)
def handler(event: Event, context: Context) -> BatchResponse:
    """Answer with the records to be delivered again."""
    return process(kinesis.records(event), count_record, context)


def count_record(record: Record) -> None:
    """Count the order in the record; a record may come more than once."""
    if summarise(decode(Order, record.body), summaries) is Outcome.DONE:
        metrics.add("OrdersSummarised")
