"""Fulfils the orders that the queue delivers."""

from ..adapters.log_orders import LogOrders
from ..config import Settings
from ..domain.fulfilling import fulfil
from ..domain.orders import Order, Orders
from ..runtime import metrics, sqs
from ..runtime.aws import connect
from ..runtime.batch import BatchResponse, Record, process
from ..runtime.documents import decode
from ..runtime.invocation import Context, Event, invocation, start
from ..runtime.parameters import Parameters
from ..runtime.settings import ParameterPath


class QueueSettings(Settings, frozen=True, kw_only=True):
    """What the worker reads from its environment."""

    parameters_path: ParameterPath


settings = start(QueueSettings)
orders: Orders = LogOrders()
parameters = Parameters(connect(), settings.parameters_path)


@invocation(settings)
def handler(event: Event, context: Context) -> BatchResponse:
    """Answer with the messages to be delivered again."""
    return process(sqs.records(event), fulfil_message, context)


def fulfil_message(message: Record) -> None:
    """Fulfil the order in the message; a message may come more than once."""
    order = decode(Order, message.body)
    fulfil(order, parameters.get("fulfilment/warehouse"), orders)
    metrics.add("OrdersFulfilled")
