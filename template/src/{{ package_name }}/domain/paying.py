"""Recording that an order was paid for."""

from msgspec import Struct

from .orders import Identifier, Order, Orders, Outcome, Step, move


class PaymentReceived(Struct, frozen=True):
    """What the shop's payments service announces."""

    payment_id: Identifier
    order: Order


def record_payment(payment: PaymentReceived, orders: Orders) -> Outcome:
    """Keep the payment with its order, early or late; refused if another one was kept before."""
    return move(payment.order, Step.PAY, orders, payment_id=payment.payment_id)
