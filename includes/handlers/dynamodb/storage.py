"""Takes over the files of orders that partners leave in the bucket."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from lean_lambda import metrics
from lean_lambda.aws import connect
from lean_lambda.documents import InvalidDocumentError, decode, encode
from lean_lambda.errors import KeyReused
from lean_lambda.idempotency import DynamoIdempotency, IdempotencyStore, once
from lean_lambda.invocation import Context, Event, invocation, start
from lean_lambda.sdk import boto3_client
{% if 'queue' in triggers %}
from lean_lambda.settings import QueueUrl, TableName
{% else %}
from lean_lambda.settings import TableName
{% endif %}

from ..adapters.dynamodb_orders import DynamoOrders
from ..adapters.s3_order_files import S3OrderFiles
{% if 'queue' in triggers %}
from ..adapters.sqs_fulfilment_queue import SqsFulfilmentQueue
{% endif %}
from ..config import Settings
{% if 'queue' in triggers %}
from ..domain.fulfilling import FulfilmentQueue
{% endif %}
from ..domain.importing import import_orders
from ..domain.orders import Order, Orders
from ..domain.placing import place


class StorageSettings(Settings, frozen=True, kw_only=True):
    """What the importer reads from its environment."""

    orders_table: TableName
    idempotency_table: TableName
{% if 'queue' in triggers %}
    orders_queue_url: QueueUrl
{% endif %}


settings = start(StorageSettings)
aws = connect()
files = S3OrderFiles(boto3_client("s3"))
orders: Orders = DynamoOrders(aws, settings.orders_table)
deliveries: IdempotencyStore = DynamoIdempotency(aws, settings.idempotency_table)
{% if 'queue' in triggers %}
queue: FulfilmentQueue = SqsFulfilmentQueue(aws, settings.orders_queue_url)
{% endif %}


@invocation(settings)
def handler(event: Event, context: Context) -> None:
    """Import each file, once however often its event is delivered."""
    for record in event["Records"]:
        import_file(record["s3"])


def import_file(created: dict[str, Any]) -> None:
    """Place every order of the file, or none when one of its lines is not an order.

    Raises `KeyReused`, when all others are placed, for ids that are those of other orders.
    """
    bucket, key = created["bucket"]["name"], unquote_plus(created["object"]["key"])
    found = list(read_orders(bucket, key))

    def effect() -> str:
{% if 'queue' in triggers %}
        imported = import_orders(found, lambda order: place(order, orders, queue))
{% else %}
        imported = import_orders(found, lambda order: place(order, orders))
{% endif %}
        metrics.add("OrdersImported", imported.new)
        if imported.refused:
            raise KeyReused(f"{key}: ids of other orders: {', '.join(imported.refused)}")
        return encode(imported.new)

    version = created["object"].get("sequencer", created["object"].get("eTag", ""))
    once(deliveries, f"file#{bucket}/{key}#{version}", effect)


def read_orders(bucket: str, key: str) -> Iterator[Order]:
    """Yield the file's orders; raises `InvalidDocumentError` naming the line that is none."""
    for number, line in enumerate(files.lines(bucket, key), start=1):
        if not line.strip():
            continue
        try:
            yield decode(Order, line)
        except InvalidDocumentError as error:
            raise InvalidDocumentError(f"line {number}: {error}") from error
