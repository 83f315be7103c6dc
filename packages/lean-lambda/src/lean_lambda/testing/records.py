"""Records as streams send them."""

from base64 import b64encode
from typing import Any


def kinesis_record(body: str, number: int = 1) -> dict[str, Any]:
    """A record of Kinesis, with `body` as its data."""
    data = b64encode(body.encode(errors="surrogatepass")).decode()
    return {
        "eventID": f"shard-0:{number}",
        "kinesis": {"sequenceNumber": str(number), "data": data},
    }


def inserted_record(body: str, number: int = 1) -> dict[str, Any]:
    """A record of a table's stream: an item was inserted, with `body` as its document."""
    return {
        "eventID": f"event-{number}",
        "eventName": "INSERT",
        "dynamodb": {"SequenceNumber": str(number), "NewImage": {"document": {"S": body}}},
    }
