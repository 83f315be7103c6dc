"""Fulfils the orders that the queue delivers."""

from ..adapters.dynamodb_orders import DynamoOrders
from ..config import Settings
from ..domain.fulfilling import fulfil
from ..domain.orders import Order, Orders
from ..runtime import metrics, sqs
from ..runtime.aws import connect
from ..runtime.batch import BatchResponse, Record, process
from ..runtime.documents import decode, encode
from ..runtime.idempotency import DynamoIdempotency, IdempotencyStore, once
from ..runtime.invocation import Context, Event, invocation, start
from ..runtime.parameters import Parameters
from ..runtime.settings import ParameterPath, TableName


class QueueSettings(Settings, frozen=True, kw_only=True):
    """What the worker reads from its environment."""

    orders_table: TableName
    idempotency_table: TableName
    parameters_path: ParameterPath


settings = start(QueueSettings)
aws = connect()
orders: Orders = DynamoOrders(aws, settings.orders_table)
deliveries: IdempotencyStore = DynamoIdempotency(aws, settings.idempotency_table)
parameters = Parameters(aws, settings.parameters_path)


@invocation(settings)
def handler(event: Event, context: Context) -> BatchResponse:
    """Answer with the messages to be delivered again."""
    return process(sqs.records(event), fulfil_message, context)


def fulfil_message(message: Record) -> None:
    """Fulfil the order in the message, once however often it is delivered."""
    order = decode(Order, message.body)

    def effect() -> str:
        fulfilled = fulfil(order, parameters.get("fulfilment/warehouse"), orders)
        metrics.add("OrdersFulfilled")
        return encode(fulfilled)

    once(deliveries, f"fulfil#{order.order_id}", effect)
