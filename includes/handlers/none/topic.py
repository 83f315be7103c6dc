"""Cancels the orders whose withdrawal is broadcast on the topic."""

from lean_lambda import metrics
from lean_lambda.documents import decode
from lean_lambda.invocation import Context, Event, invocation, start

from ..adapters.log_orders import LogOrders
from ..config import Settings
from ..domain.cancelling import Cancellation, cancel
from ..domain.orders import Orders, Outcome

settings = start(Settings)
orders: Orders = LogOrders()


@invocation(settings)
def handler(event: Event, context: Context) -> None:
    """Cancel the order in each notification; one may come more than once."""
    for record in event["Records"]:
        outcome = cancel(decode(Cancellation, record["Sns"]["Message"]), orders)
        metrics.add("OrdersCancelled" if outcome is Outcome.DONE else f"Cancellations{outcome}")
