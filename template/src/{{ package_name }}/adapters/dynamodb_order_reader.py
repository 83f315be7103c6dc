"""Reading orders out of the DynamoDB table."""

from typing import Any

from ..domain.orders import Order
from ..domain.reading import Page
from ..runtime.aws import Aws
from ..runtime.documents import decode, encode


class DynamoOrderReader:
    """Finds orders by customer, through the index `by_customer`."""

    def __init__(self, aws: Aws, table: str) -> None:
        self._aws = aws
        self._table = table

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
            query["ExclusiveStartKey"] = decode(dict[str, dict[str, str]], start)
        reply = self._aws.call("dynamodb", "Query", query)
        last = reply.get("LastEvaluatedKey")
        return Page(
            [decode(Order, item["document"]["S"]) for item in reply["Items"]],
            encode(last) if last else "",
        )
