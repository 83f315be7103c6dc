import json
import os
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import boto3
import msgspec
from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver
from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

logger = Logger()
metrics = Metrics()
app = APIGatewayHttpResolver()
client = boto3.client("dynamodb")

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Line(msgspec.Struct):
    sku: Identifier
    quantity: Annotated[int, msgspec.Meta(ge=1, le=999)]
    unit_price_cents: Annotated[int, msgspec.Meta(ge=0)]


class NewOrder(msgspec.Struct):
    customer_id: Identifier
    lines: Annotated[list[Line], msgspec.Meta(min_length=1, max_length=100)]


@app.post("/orders")
def place_order():
    new = msgspec.json.decode(app.current_event.body, type=NewOrder)
    client.put_item(
        TableName=os.environ["IDEMPOTENCY_TABLE"],
        Item={"id": {"S": app.current_event.headers["idempotency-key"]}},
        ConditionExpression="attribute_not_exists(id)",
    )
    view = {
        "order_id": f"ord-{uuid4()}",
        "customer_id": new.customer_id,
        "status": "placed",
        "total_cents": sum(line.quantity * line.unit_price_cents for line in new.lines),
        "placed_at": datetime.now(UTC).isoformat(),
    }
    client.put_item(
        TableName=os.environ["ORDERS_TABLE"],
        Item={
            "order_id": {"S": view["order_id"]},
            "document": {"S": json.dumps({**view, "lines": msgspec.to_builtins(new.lines)})},
        },
    )
    logger.info("order placed", extra={"order_id": view["order_id"]})
    metrics.add_metric(name="OrdersPlaced", unit=MetricUnit.Count, value=1)
    return view, 201


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    return app.resolve(event, context)
