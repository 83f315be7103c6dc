import os
from datetime import UTC, datetime
from uuid import uuid4

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent,
)
from pydantic import BaseModel, Field

logger = Logger()
tracer = Tracer()
metrics = Metrics()
app = APIGatewayHttpResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
config = IdempotencyConfig(event_key_jmespath='headers."idempotency-key"')


class Line(BaseModel):
    sku: str = Field(min_length=1, max_length=64)
    quantity: int = Field(ge=1, le=999)
    unit_price_cents: int = Field(ge=0)


class NewOrder(BaseModel):
    customer_id: str = Field(min_length=1, max_length=64)
    lines: list[Line] = Field(min_length=1, max_length=100)


class OrderView(BaseModel):
    order_id: str
    customer_id: str
    status: str
    total_cents: int
    placed_at: datetime


@app.post("/orders")
@tracer.capture_method
def place_order(new: NewOrder) -> Response[OrderView]:
    view = OrderView(
        order_id=f"ord-{uuid4()}",
        customer_id=new.customer_id,
        status="placed",
        total_cents=sum(line.quantity * line.unit_price_cents for line in new.lines),
        placed_at=datetime.now(UTC),
    )
    table.put_item(Item={**view.model_dump(mode="json"), "lines": new.model_dump()["lines"]})
    logger.info("order placed", order_id=view.order_id)
    metrics.add_metric(name="OrdersPlaced", unit=MetricUnit.Count, value=1)
    return Response(status_code=201, content_type="application/json", body=view)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
@idempotent(persistence_store=persistence, config=config)
def handler(event, context):
    return app.resolve(event, context)
