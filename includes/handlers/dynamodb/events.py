"""Records the payments that the shop announces on the event bus."""

from lean_lambda import metrics
from lean_lambda.aws import connect
from lean_lambda.documents import convert, encode
from lean_lambda.idempotency import DynamoIdempotency, IdempotencyStore, once
from lean_lambda.invocation import Context, Event, invocation, start
from lean_lambda.settings import TableName

from ..adapters.dynamodb_orders import DynamoOrders
from ..config import Settings
from ..domain.orders import Orders, Outcome
from ..domain.paying import PaymentReceived, record_payment


class EventsSettings(Settings, frozen=True, kw_only=True):
    """What the consumer reads from its environment."""

    orders_table: TableName
    idempotency_table: TableName


settings = start(EventsSettings)
aws = connect()
orders: Orders = DynamoOrders(aws, settings.orders_table)
deliveries: IdempotencyStore = DynamoIdempotency(aws, settings.idempotency_table)


@invocation(settings)
def handler(event: Event, context: Context) -> None:
    """Record the payment in the event, once however often it is delivered."""
    payment = convert(PaymentReceived, event["detail"])

    def effect() -> str:
        outcome = record_payment(payment, orders)
        metrics.add("PaymentsRecorded" if outcome is Outcome.DONE else f"Payments{outcome}")
        return encode(outcome)

    order_id = payment.order.order_id
    once(deliveries, f"payment#{payment.payment_id}", effect, fingerprint=order_id)
