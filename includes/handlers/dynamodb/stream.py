{% set source = 'kinesis' if stream_source == 'kinesis' else 'dynamodb_stream' %}
{# Others write to Kinesis; what is in the table, this service has written itself. #}
{% set read = 'decode' if stream_source == 'kinesis' else 'restore' %}
"""Counts what each customer ordered, as orders come along the stream."""

from lean_lambda import {{ source }}, metrics
from lean_lambda.aws import connect
from lean_lambda.batch import BatchResponse, Record, process
from lean_lambda.documents import {{ read }}
from lean_lambda.invocation import Context, Event, invocation, start
from lean_lambda.settings import TableName

from ..adapters.dynamodb_summaries import DynamoSummaries
from ..config import Settings
from ..domain.orders import Order, Outcome
from ..domain.summarising import Summaries, summarise


class StreamSettings(Settings, frozen=True, kw_only=True):
    """What the consumer reads from its environment."""

    summaries_table: TableName
    idempotency_table: TableName


settings = start(StreamSettings)
summaries: Summaries = DynamoSummaries(
    connect(), settings.summaries_table, settings.idempotency_table
)


@invocation(settings)
def handler(event: Event, context: Context) -> BatchResponse:
    """Answer with the records to be delivered again."""
{% if stream_source == 'kinesis' %}
    return process(kinesis.records(event), count_record, context)
{% else %}
    return process(dynamodb_stream.inserted(event, "document"), count_record, context)
{% endif %}


def count_record(record: Record) -> None:
    """Count the order in the record, once however often it is delivered."""
    if summarise({{ read }}(Order, record.body), summaries) is Outcome.DONE:
        metrics.add("OrdersSummarised")
