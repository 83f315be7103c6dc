"""Orders in a DynamoDB table: the document as JSON, beside the attributes that queries need."""

import os
from datetime import UTC, datetime
from typing import Any

from lean_lambda.aws import Aws, AwsError
from lean_lambda.documents import encode, restore
from lean_lambda.log import correlation_id, logger

from ..domain.orders import Order


class DynamoOrders:
    """Keeps orders. Every write says which status it replaces, and the table checks it."""

    def __init__(self, aws: Aws, table: str) -> None:
        self._aws = aws
        self._table = table

    def get(self, order_id: str) -> Order | None:
        """The order as last written, or None."""
        key = {"order_id": {"S": order_id}}
        request = {"TableName": self._table, "Key": key, "ConsistentRead": True}
        item = self._aws.call("dynamodb", "GetItem", request).get("Item")
        return restore(Order, item["document"]["S"]) if item else None

    def put(self, order: Order, *, replacing: Order | None) -> bool:
        """Put the order, if the table has it at the status of `replacing` (None: not at all)."""
        item = {**_item(order), "written_by": {"S": os.urandom(16).hex()}}
        request = {
            "TableName": self._table,
            "Item": item,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **_condition(replacing),
        }
        try:
            self._aws.call("dynamodb", "PutItem", request)
        except AwsError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            # A retry inside the client may meet what its own first try wrote.
            if error.detail.get("Item", {}).get("written_by") != item["written_by"]:
                return False
        logger.info(
            "order recorded", extra={"order_id": order.order_id, "status": order.status.value}
        )
        return True


def sortable(moment: datetime) -> str:
    """A moment as text that sorts as moments do: all in UTC, and of one length."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def listing(customer_id: str, caller: str) -> str:
    """The key of what one caller ordered for one customer; no customer's id has a `#` in it."""
    return f"{customer_id}#{caller}"


def _condition(replacing: Order | None) -> dict[str, Any]:
    if replacing is None:
        return {"ConditionExpression": "attribute_not_exists(order_id)"}
    return {
        "ConditionExpression": "#status = :replaced",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":replaced": {"S": replacing.status.value}},
    }


def _item(order: Order) -> dict[str, Any]:
    return {
        "order_id": {"S": order.order_id},
        "customer_id": {"S": order.customer_id},
        "listing": {"S": listing(order.customer_id, order.placed_by)},
        "placed_at": {"S": sortable(order.placed_at)},
        "status": {"S": order.status.value},
        "correlation_id": {"S": correlation_id()},
        "document": {"S": encode(order)},
    }
