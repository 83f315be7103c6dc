"""Closes, on schedule, orders that got no further than being placed."""

from datetime import UTC, datetime

from lean_lambda import metrics
from lean_lambda.aws import connect
from lean_lambda.invocation import Context, Event, invocation, start, time_guard
from lean_lambda.settings import TableName

from ..adapters.dynamodb_orders import DynamoOrders
from ..adapters.dynamodb_stale_orders import DynamoStaleOrders
from ..config import Settings
from ..domain.expiring import StaleOrders, expire
from ..domain.orders import Orders


class ScheduleSettings(Settings, frozen=True, kw_only=True):
    """What the job reads from its environment."""

    orders_table: TableName


settings = start(ScheduleSettings)
aws = connect()
orders: Orders = DynamoOrders(aws, settings.orders_table)
stale: StaleOrders = DynamoStaleOrders(aws, settings.orders_table)


@invocation(settings)
def handler(event: Event, context: Context) -> dict[str, int]:
    """Expire what is stale, while time is left; a second run of the same hour finds nothing."""
    expired = expire(datetime.now(UTC), stale, orders, time_guard(context))
    metrics.add("OrdersExpired", expired)
    return {"expired": expired}
