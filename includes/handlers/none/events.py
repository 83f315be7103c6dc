"""Records the payments that the shop announces on the event bus."""

from lean_lambda import metrics
from lean_lambda.documents import convert
from lean_lambda.invocation import Context, Event, invocation, start

from ..adapters.log_orders import LogOrders
from ..config import Settings
from ..domain.orders import Orders, Outcome
from ..domain.paying import PaymentReceived, record_payment

settings = start(Settings)
orders: Orders = LogOrders()


@invocation(settings)
def handler(event: Event, context: Context) -> None:
    """Record the payment in the event; an event may come more than once."""
    outcome = record_payment(convert(PaymentReceived, event["detail"]), orders)
    metrics.add("PaymentsRecorded" if outcome is Outcome.DONE else f"Payments{outcome}")
