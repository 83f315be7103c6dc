"""Cancels the orders whose withdrawal is broadcast on the topic."""

from lean_lambda import metrics
from lean_lambda.aws import connect
from lean_lambda.documents import decode, encode
from lean_lambda.idempotency import DynamoIdempotency, IdempotencyStore, once
from lean_lambda.invocation import Context, Event, invocation, start
from lean_lambda.settings import TableName

from ..adapters.dynamodb_orders import DynamoOrders
from ..config import Settings
from ..domain.cancelling import Cancellation, cancel
from ..domain.orders import Orders, Outcome


class TopicSettings(Settings, frozen=True, kw_only=True):
    """What the subscriber reads from its environment."""

    orders_table: TableName
    idempotency_table: TableName


settings = start(TopicSettings)
aws = connect()
orders: Orders = DynamoOrders(aws, settings.orders_table)
deliveries: IdempotencyStore = DynamoIdempotency(aws, settings.idempotency_table)


@invocation(settings)
def handler(event: Event, context: Context) -> None:
    """Cancel the order in each notification, once however often it is delivered."""
    for record in event["Records"]:
        cancel_order(record["Sns"]["Message"])


def cancel_order(message: str) -> None:
    """Cancel the order in the message."""
    cancellation = decode(Cancellation, message)

    def effect() -> str:
        outcome = cancel(cancellation, orders)
        metrics.add("OrdersCancelled" if outcome is Outcome.DONE else f"Cancellations{outcome}")
        return encode(outcome)

    once(deliveries, f"cancel#{cancellation.order.order_id}", effect)
