"""Reading orders out of the DynamoDB table."""

from typing import Any

from lean_lambda.aws import Aws
from lean_lambda.documents import encode, restore

from ..domain.orders import Order
from ..domain.reading import Page
from .dynamodb_orders import listing


class DynamoOrderReader:
    """Finds what a caller ordered for a customer, through the index `by_listing`."""

    def __init__(self, aws: Aws, table: str) -> None:
        self._aws = aws
        self._table = table

    def of_customer(self, customer_id: str, caller: str, limit: int, start: str) -> Page:
        """The orders, newest first; the index is a moment behind the table.

        The caller is part of the key: no condition that is forgotten can show another's orders.
        """
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "by_listing",
            "KeyConditionExpression": "listing = :listing",
            "ExpressionAttributeValues": {":listing": {"S": listing(customer_id, caller)}},
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
