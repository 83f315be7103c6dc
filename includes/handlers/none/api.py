"""The HTTP API of the service."""

import os
from datetime import UTC, datetime
from typing import Any

from lean_lambda import metrics
from lean_lambda.api import Api
{% if 'queue' in triggers %}
from lean_lambda.aws import connect
{% endif %}
{% if feature_flags == 'appconfig' %}
from lean_lambda.flags import TTL_S, FlagsPath, connect_flags
{% endif %}
from lean_lambda.invocation import Context, Event, invocation, start
from lean_lambda.request import Request
{% if 'queue' in triggers %}
from lean_lambda.settings import QueueUrl
{% endif %}
from msgspec import Struct

from ..adapters.log_orders import LogOrders
{% if 'queue' in triggers %}
from ..adapters.sqs_fulfilment_queue import SqsFulfilmentQueue
{% endif %}
from ..config import Settings
{% if 'queue' in triggers %}
from ..domain.fulfilling import FulfilmentQueue
{% endif %}
{% if feature_flags == 'appconfig' %}
from ..domain.intake import ClosedError, expect_open
{% endif %}
from ..domain.ordering import NewOrder
from ..domain.orders import Orders, Status
from ..domain.placing import place
{% if feature_flags == 'appconfig' %}
from ..domain.switches import Switches
{% endif %}
from ..gateway import gateway
{% if 'queue' in triggers or feature_flags == 'appconfig' %}


class ApiSettings(Settings, frozen=True, kw_only=True):
    """What the API reads from its environment."""

{% if 'queue' in triggers %}
    orders_queue_url: QueueUrl
{% endif %}
{% if feature_flags == 'appconfig' %}
    flags: FlagsPath
    flags_ttl: float = TTL_S
{% endif %}
{% endif %}


class OrderView(Struct):
    """An order as a caller sees it."""

    order_id: str
    customer_id: str
    status: Status
    total_cents: int
    placed_at: datetime


{% if 'queue' in triggers or feature_flags == 'appconfig' %}
settings = start(ApiSettings)
{% else %}
settings = start(Settings)
{% endif %}
{% if 'queue' in triggers %}
queue: FulfilmentQueue = SqsFulfilmentQueue(connect(), settings.orders_queue_url)
{% endif %}
orders: Orders = LogOrders()
{% if feature_flags == 'appconfig' %}
flags: Switches = connect_flags(settings.flags, settings.flags_ttl)
{% endif %}

{% if feature_flags == 'appconfig' %}
api = Api(settings.service_name, settings.service_version, gateway, problems={ClosedError: 503})
{% else %}
api = Api(settings.service_name, settings.service_version, gateway)
{% endif %}


@invocation(settings)
def handler(event: Event, context: Context) -> dict[str, Any]:
    """Answer one HTTP request."""
    return api.handle(event, context)


{% if 'queue' in triggers %}
@api.post("/orders", status=202)
def place_order(request: Request, new: NewOrder) -> OrderView:
    """Place an order; it is fulfilled later. Sent twice, it is two orders."""
{% if feature_flags == 'appconfig' %}
    expect_open(flags)
{% endif %}
    new_order = new.placed(f"ord-{os.urandom(16).hex()}", request.caller, datetime.now(UTC))
    order = place(new_order, orders, queue).order
{% else %}
@api.post("/orders", status=201)
def place_order(request: Request, new: NewOrder) -> OrderView:
    """Place an order. Sent twice, it is two orders."""
{% if feature_flags == 'appconfig' %}
    expect_open(flags)
{% endif %}
    new_order = new.placed(f"ord-{os.urandom(16).hex()}", request.caller, datetime.now(UTC))
    order = place(new_order, orders).order
{% endif %}
    metrics.add("OrdersPlaced")
    return OrderView(
        order.order_id, order.customer_id, order.status, order.total_cents, order.placed_at
    )
