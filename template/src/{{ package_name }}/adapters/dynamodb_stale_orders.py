"""Finding orders that got no further than being placed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from lean_lambda.aws import Aws
from lean_lambda.documents import restore

from ..domain.orders import Order, Status
from .dynamodb_orders import sortable


class DynamoStaleOrders:
    """Finds orders by status and age through the index `by_status`."""

    def __init__(self, aws: Aws, table: str) -> None:
        self._aws = aws
        self._table = table

    def placed_before(self, moment: datetime) -> Iterator[Order]:
        """The orders still `placed`, oldest first, one page of the index at a time."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "by_status",
            "KeyConditionExpression": "#status = :placed AND placed_at < :moment",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":placed": {"S": Status.PLACED.value},
                ":moment": {"S": sortable(moment)},
            },
        }
        while True:
            reply = self._aws.call("dynamodb", "Query", query)
            for item in reply["Items"]:
                yield restore(Order, item["document"]["S"])
            if "LastEvaluatedKey" not in reply:
                return
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]
