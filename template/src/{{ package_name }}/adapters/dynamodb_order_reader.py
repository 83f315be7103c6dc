"""Reading orders out of the DynamoDB table."""

from typing import Any

from ..domain.orders import Order
from ..domain.reading import Page
from ..runtime.aws import Aws
from ..runtime.documents import encode, restore


class DynamoOrderReader:
    """Finds orders by id, and by customer through the index `by_customer`."""

    def __init__(self, aws: Aws, table: str) -> None:
        self._aws = aws
        self._table = table

    def get(self, order_id: str) -> Order | None:
        """The order as last written, or None."""
        reply = self._aws.call(
            "dynamodb",
            "GetItem",
            {
                "TableName": self._table,
                "Key": {"order_id": {"S": order_id}},
                "ConsistentRead": True,
            },
        )
        item = reply.get("Item")
        return restore(Order, item["document"]["S"]) if item else None

    def of_customer(self, customer_id: str, limit: int, start: str) -> Page:
        """The customer's orders, newest first; the index is a moment behind the table."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "by_customer",
            "KeyConditionExpression": "customer_id = :customer",
            "ExpressionAttributeValues": {":customer": {"S": customer_id}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if start:
            query["ExclusiveStartKey"] = restore(dict[str, dict[str, str]], start)
        reply = self._aws.call("dynamodb", "Query", query)
        last = reply.get("LastEvaluatedKey")
        return Page(
            [restore(Order, item["document"]["S"]) for item in reply["Items"]],
            encode(last) if last else "",
        )
