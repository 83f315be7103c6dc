"""Records of a DynamoDB Streams event."""

from collections.abc import Iterator

from .batch import Record
from .invocation import Event


def inserted(event: Event, attribute: str) -> Iterator[Record]:
    """Yield the items that were inserted, in order: `attribute`, a string, is the record's body.

    The id is the sequence number that Lambda expects back. All are of one group: a shard is read
    again from the first record that failed.
    """
    for record in event["Records"]:
        if record["eventName"] != "INSERT":
            continue
        item = record["dynamodb"]["NewImage"]
        yield Record(
            id=record["dynamodb"]["SequenceNumber"],
            body=item.get(attribute, {}).get("S", "").encode(errors="surrogatepass"),
            correlation_id=item.get("correlation_id", {}).get("S") or record["eventID"],
            group="shard",
        )
