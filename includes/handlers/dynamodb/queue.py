"""Fulfils the orders that the queue delivers."""

from lean_lambda import metrics, sqs
from lean_lambda.aws import connect
from lean_lambda.batch import BatchResponse, Record, process
from lean_lambda.documents import decode, encode
{% if feature_flags == 'appconfig' %}
from lean_lambda.flags import TTL_S, FlagsPath, connect_flags
{% endif %}
from lean_lambda.idempotency import DynamoIdempotency, IdempotencyStore, once
from lean_lambda.invocation import Context, Event, invocation, start
from lean_lambda.parameters import Parameters
from lean_lambda.settings import ParameterPath, TableName

from ..adapters.dynamodb_orders import DynamoOrders
from ..config import Settings
{% if feature_flags == 'appconfig' %}
from ..domain.dispatch import warehouse_for
{% endif %}
from ..domain.fulfilling import fulfil
from ..domain.orders import Order, Orders, Outcome
{% if feature_flags == 'appconfig' %}
from ..domain.switches import Switches
{% endif %}


class QueueSettings(Settings, frozen=True, kw_only=True):
    """What the worker reads from its environment."""

    orders_table: TableName
    idempotency_table: TableName
    parameters_path: ParameterPath
{% if feature_flags == 'appconfig' %}
    flags: FlagsPath
    flags_ttl: float = TTL_S
{% endif %}


settings = start(QueueSettings)
aws = connect()
orders: Orders = DynamoOrders(aws, settings.orders_table)
deliveries: IdempotencyStore = DynamoIdempotency(aws, settings.idempotency_table)
parameters = Parameters(aws, settings.parameters_path)
{% if feature_flags == 'appconfig' %}
flags: Switches = connect_flags(settings.flags, settings.flags_ttl)
{% endif %}


@invocation(settings)
def handler(event: Event, context: Context) -> BatchResponse:
    """Answer with the messages to be delivered again."""
    return process(sqs.records(event), fulfil_message, context)


def fulfil_message(message: Record) -> None:
    """Fulfil the order in the message, once however often it is delivered."""
    order = decode(Order, message.body)

    def effect() -> str:
{% if feature_flags == 'appconfig' %}
        warehouse = warehouse_for(order, parameters.get("fulfilment/warehouse"), flags)
        outcome = fulfil(order, warehouse, orders)
{% else %}
        outcome = fulfil(order, parameters.get("fulfilment/warehouse"), orders)
{% endif %}
        metrics.add("OrdersFulfilled" if outcome is Outcome.DONE else f"Fulfilments{outcome}")
        return encode(outcome)

    once(deliveries, f"fulfil#{order.order_id}", effect)
