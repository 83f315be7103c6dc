import os
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import boto3
from fastapi import FastAPI, Header
from mangum import Mangum
from pydantic import BaseModel, Field

app = FastAPI()
client = boto3.client("dynamodb")


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


@app.post("/orders", status_code=201)
def place_order(new: NewOrder, idempotency_key: Annotated[str, Header()]) -> OrderView:
    client.put_item(
        TableName=os.environ["IDEMPOTENCY_TABLE"],
        Item={"id": {"S": idempotency_key}},
        ConditionExpression="attribute_not_exists(id)",
    )
    view = OrderView(
        order_id=f"ord-{uuid4()}",
        customer_id=new.customer_id,
        status="placed",
        total_cents=sum(line.quantity * line.unit_price_cents for line in new.lines),
        placed_at=datetime.now(UTC),
    )
    client.put_item(
        TableName=os.environ["ORDERS_TABLE"],
        Item={"order_id": {"S": view.order_id}, "document": {"S": view.model_dump_json()}},
    )
    return view


handler = Mangum(app, lifespan="off")
