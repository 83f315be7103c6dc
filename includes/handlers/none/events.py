"""Records the payments that the shop announces on the event bus."""

from ..adapters.log_orders import LogOrders
from ..config import Settings
from ..domain.orders import Orders, Outcome
from ..domain.paying import PaymentReceived, record_payment
from ..runtime import metrics
from ..runtime.documents import convert
from ..runtime.invocation import Context, Event, invocation, start

settings = start(Settings)
orders: Orders = LogOrders()


@invocation(settings)
def handler(event: Event, context: Context) -> None:
    """Record the payment in the event; an event may come more than once."""
    outcome = record_payment(convert(PaymentReceived, event["detail"]), orders)
    metrics.add("PaymentsRecorded" if outcome is Outcome.DONE else f"Payments{outcome}")
