"""Records of a Kinesis event."""

from base64 import b64decode
from collections.abc import Iterator

from .batch import Record
from .invocation import Event


def records(event: Event) -> Iterator[Record]:
    """Yield the event's records in order; their id is the sequence number that Lambda expects back.

    All are of one group: a shard is read again from the first record that failed.
    """
    for record in event["Records"]:
        yield Record(
            id=record["kinesis"]["sequenceNumber"],
            body=b64decode(record["kinesis"]["data"]),
            correlation_id=record["eventID"],
            group="shard",
        )
