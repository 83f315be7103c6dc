"""Records of an SQS event."""

from collections.abc import Iterator

from .batch import Record
from .invocation import Event


def records(event: Event) -> Iterator[Record]:
    """Yield the event's messages; a `correlation_id` attribute is taken over.

    A FIFO queue, whose name ends in `.fifo`, keeps the order within a message group. In a standard
    queue the group only says who shares fairly with whom, so that no message waits for another:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
    """
    for message in event["Records"]:
        attribute = message.get("messageAttributes", {}).get("correlation_id", {})
        in_order = message["eventSourceARN"].endswith(".fifo")
        yield Record(
            id=message["messageId"],
            body=message["body"].encode(errors="surrogatepass"),
            correlation_id=attribute.get("stringValue") or message["messageId"],
            group=message["attributes"]["MessageGroupId"] if in_order else None,
        )
