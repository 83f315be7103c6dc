"""What each customer ordered, in a DynamoDB table."""

import os
import time
from collections.abc import Callable
from typing import Final

from lean_lambda.aws import Aws, AwsError
from lean_lambda.log import logger

from ..domain.orders import Order

_REMEMBERED_S: Final = 7 * 24 * 3600


class DynamoSummaries:
    """Counts orders per customer.

    The count and the mark that the order was counted are one transaction, so that neither a
    repeated record nor a crash between the two can count an order twice. The mark is kept in the
    idempotency table for a week, as long as a stream can hold a record.
    """

    def __init__(
        self, aws: Aws, table: str, idempotency_table: str, now: Callable[[], float] = time.time
    ) -> None:
        self._aws = aws
        self._table = table
        self._marks = idempotency_table
        self._now = now

    def add(self, order: Order) -> bool:
        """Add the order to its customer's count and total; return whether it was new."""
        mark = {
            "TableName": self._marks,
            "Item": {
                "id": {"S": f"summary#{order.order_id}"},
                "expiration": {"N": str(int(self._now()) + _REMEMBERED_S)},
            },
            "ConditionExpression": "attribute_not_exists(id)",
        }
        count = {
            "TableName": self._table,
            "Key": {"customer_id": {"S": order.customer_id}},
            "UpdateExpression": "ADD orders :one, total_cents :total",
            "ExpressionAttributeValues": {
                ":one": {"N": "1"},
                ":total": {"N": str(order.total_cents)},
            },
        }
        try:
            self._aws.call(
                "dynamodb",
                "TransactWriteItems",
                {
                    "TransactItems": [{"Put": mark}, {"Update": count}],
                    # A retry inside the client is answered as its first try was.
                    "ClientRequestToken": os.urandom(16).hex(),
                },
            )
        except AwsError as error:
            if not _already_marked(error):
                raise
            return False
        logger.info("summary recorded", extra={"order_id": order.order_id})
        return True


def _already_marked(error: AwsError) -> bool:
    reasons = error.detail.get("CancellationReasons") or [{}]
    return (
        error.code == "TransactionCanceledException"
        and reasons[0].get("Code") == "ConditionalCheckFailed"
    )
