"""Recording that an order was paid for."""

from msgspec import Struct

from .orders import Identifier, Order, Orders, Status


class PaymentReceived(Struct, frozen=True):
    """What the shop's payments service announces."""

    payment_id: Identifier
    order: Order


def record_payment(payment: PaymentReceived, orders: Orders) -> Order:
    """Keep the order as paid."""
    paid = payment.order.moved(Status.PAID)
    orders.save(paid)
    return paid
