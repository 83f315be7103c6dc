"""The HTTP API of the service."""

from datetime import UTC, datetime
from typing import Any

from lean_lambda import metrics
from lean_lambda.api import Api
from lean_lambda.aws import connect
from lean_lambda.documents import encode
{% if feature_flags == 'appconfig' %}
from lean_lambda.flags import TTL_S, FlagsPath, connect_flags
{% endif %}
from lean_lambda.idempotency import (
    DynamoIdempotency,
    IdempotencyStore,
    derived_id,
    fingerprint_of,
    once,
)
from lean_lambda.invocation import Context, Event, invocation, start
from lean_lambda.parameters import Parameters, Secret
from lean_lambda.request import Request, Response
{% if 'queue' in triggers %}
from lean_lambda.settings import ParameterPath, QueueUrl, SecretId, TableName
{% else %}
from lean_lambda.settings import ParameterPath, SecretId, TableName
{% endif %}
from msgspec import Struct

from ..adapters.dynamodb_order_reader import DynamoOrderReader
from ..adapters.dynamodb_orders import DynamoOrders
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
from ..domain.orders import Identifier, Order, Orders, Status
from ..domain.placing import place
from ..domain.reading import OrderNotFoundError, OrderReader, read_order
{% if feature_flags == 'appconfig' %}
from ..domain.switches import Switches
{% endif %}
from ..gateway import gateway
from .cursors import InvalidCursorError, open_cursor, seal_cursor


class ApiSettings(Settings, frozen=True, kw_only=True):
    """What the API reads from its environment."""

    orders_table: TableName
    idempotency_table: TableName
    parameters_path: ParameterPath
    cursor_secret: SecretId
{% if feature_flags == 'appconfig' %}
    flags: FlagsPath
    flags_ttl: float = TTL_S
{% endif %}
{% if 'queue' in triggers %}
    orders_queue_url: QueueUrl
{% endif %}


class OrderView(Struct):
    """An order as a caller sees it."""

    order_id: str
    customer_id: str
    status: Status
    total_cents: int
    placed_at: datetime


class OrderPage(Struct):
    """Some orders; `cursor` asks for the next ones and is empty when there are none."""

    orders: list[OrderView]
    cursor: str


class OrdersOf(Struct, forbid_unknown_fields=True):
    """Whose orders to list, and from where on."""

    customer_id: Identifier
    cursor: str = ""


settings = start(ApiSettings)
aws = connect()
orders: Orders = DynamoOrders(aws, settings.orders_table)
reader: OrderReader = DynamoOrderReader(aws, settings.orders_table)
requests: IdempotencyStore = DynamoIdempotency(aws, settings.idempotency_table)
{% if 'queue' in triggers %}
queue: FulfilmentQueue = SqsFulfilmentQueue(aws, settings.orders_queue_url)
{% endif %}
parameters = Parameters(aws, settings.parameters_path)
cursor_key = Secret(aws, settings.cursor_secret)
{% if feature_flags == 'appconfig' %}
flags: Switches = connect_flags(settings.flags, settings.flags_ttl)
{% endif %}

api = Api(
    settings.service_name,
    settings.service_version,
    gateway,
{% if feature_flags == 'appconfig' %}
    problems={OrderNotFoundError: 404, InvalidCursorError: 400, ClosedError: 503},
{% else %}
    problems={OrderNotFoundError: 404, InvalidCursorError: 400},
{% endif %}
)


@invocation(settings)
def handler(event: Event, context: Context) -> dict[str, Any]:
    """Answer one HTTP request."""
    return api.handle(event, context)


{% if 'queue' in triggers %}
@api.post("/orders", status=202, returns=OrderView, requires=("idempotency-key",))
{% else %}
@api.post("/orders", status=201, returns=OrderView, requires=("idempotency-key",))
{% endif %}
def place_order(request: Request, new: NewOrder) -> Response:
    """Place an order; a repeated Idempotency-Key gives the first answer again."""
    order_id = derived_id("ord", request.caller, request.headers["idempotency-key"])

    def effect() -> str:
{% if feature_flags == 'appconfig' %}
        expect_open(flags)
{% endif %}
{% if 'queue' in triggers %}
        placed = place(new.placed(order_id, request.caller, datetime.now(UTC)), orders, queue)
{% else %}
        placed = place(new.placed(order_id, request.caller, datetime.now(UTC)), orders)
{% endif %}
        metrics.add("OrdersPlaced")
        return encode(_view(placed.order))

    body = once(requests, f"place#{order_id}", effect, fingerprint=fingerprint_of(request.body))
    headers = {"content-type": "application/json", "location": request.below(order_id)}
{% if 'queue' in triggers %}
    return Response(202, body, headers)
{% else %}
    return Response(201, body, headers)
{% endif %}


@api.get("/orders/{order_id}")
def get_order(request: Request, order_id: Identifier) -> OrderView:
    """Read an order that you placed."""
    return _view(read_order(order_id, request.caller, orders))


@api.get("/orders")
def list_orders(request: Request, query: OrdersOf) -> OrderPage:
    """List what you ordered for a customer, newest first."""
    whose = f"{query.customer_id}#{request.caller}"
    start_at = open_cursor(query.cursor, whose, cursor_key)
    size = int(parameters.get("orders/page-size"))
    page = reader.of_customer(query.customer_id, request.caller, size, start_at)
    return OrderPage(
        [_view(order) for order in page.orders],
        seal_cursor(page.next_start, whose, cursor_key),
    )


def _view(order: Order) -> OrderView:
    return OrderView(
        order.order_id, order.customer_id, order.status, order.total_cents, order.placed_at
    )
