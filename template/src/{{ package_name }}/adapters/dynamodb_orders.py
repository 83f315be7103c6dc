"""Orders in a DynamoDB table: the document as JSON, beside the attributes that queries need."""

from typing import Any

from ..domain.orders import Order
from ..runtime.aws import Aws, AwsError
from ..runtime.documents import encode
from ..runtime.log import correlation_id, logger


class DynamoOrders:
    """Keeps orders. A status never moves back: the condition is on the item itself."""

    def __init__(self, aws: Aws, table: str) -> None:
        self._aws = aws
        self._table = table

    def save(self, order: Order) -> bool:
        """Put the order, unless the table has it at this status or one further on."""
        try:
            self._aws.call(
                "dynamodb",
                "PutItem",
                {
                    "TableName": self._table,
                    "Item": _item(order),
                    "ConditionExpression": "attribute_not_exists(order_id) OR status_rank < :rank",
                    "ExpressionAttributeValues": {":rank": {"N": str(order.status.rank)}},
                },
            )
        except AwsError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            return False
        logger.info(
            "order recorded", extra={"order_id": order.order_id, "status": order.status.value}
        )
        return True


def _item(order: Order) -> dict[str, Any]:
    return {
        "order_id": {"S": order.order_id},
        "customer_id": {"S": order.customer_id},
        "placed_at": {"S": order.placed_at.isoformat()},
        "status": {"S": order.status.value},
        "status_rank": {"N": str(order.status.rank)},
        "correlation_id": {"S": correlation_id()},
        "document": {"S": encode(order)},
    }
