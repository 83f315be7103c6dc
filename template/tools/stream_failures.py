# Managed by the template: see docs/updating.md.
"""What a stream's consumer could not process: the records behind its on-failure messages.

Lambda sends a queue or topic only where in the stream the records are; a bucket also gets them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tools.service import Service
from tools.sources import sqs_bodies
from tools.streams import Record, dynamodb_event, kinesis_event, wanted

# Pages of a stream can be empty; a batch is found within a few.
_MOST_PAGES = 50


def failed_record(service: Service) -> str:
    """The text of the next record set aside, taken off its destination, or nothing."""
    mapping = service.mapping("stream")
    destination = mapping["DestinationConfig"]["OnFailure"]["Destination"]
    if destination.split(":")[2] == "s3":
        return _from_bucket(service, destination.rsplit(":", 1)[-1])
    for body in sqs_bodies(service, service.queue_url(destination)):
        message = json.loads(body)
        if batch := message.get("KinesisBatchInfo"):
            return _from_kinesis(service, batch)
        if batch := message.get("DDBStreamBatchInfo"):
            return _from_dynamodb(service, batch)
    return ""


def records_behind(service: Service, message: dict[str, Any]) -> list[Record]:
    """All records that a message stands for, as a function receives them.

    Empty when the stream has dropped the first of them already.
    """
    found: list[Record] = []
    if batch := message.get("KinesisBatchInfo"):
        found = _kinesis_records(service, batch)
    elif batch := message.get("DDBStreamBatchInfo"):
        found = _dynamodb_records(service, batch)
    mapping = service.mapping("stream")
    return [record for record in found if wanted(mapping, record)]


def _kinesis_records(service: Service, batch: dict[str, Any]) -> list[Record]:
    kinesis, arn = service.client("kinesis"), batch["streamArn"]
    shard = batch["shardId"].rsplit(":", 1)[-1]
    iterator = kinesis.get_shard_iterator(
        StreamARN=arn,
        ShardId=shard,
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=batch["startSequenceNumber"],
    )["ShardIterator"]

    def read(position: str) -> tuple[list[Record], str | None]:
        page = kinesis.get_records(ShardIterator=position, StreamARN=arn)
        return page["Records"], page.get("NextShardIterator")

    found = _read_batch(read, iterator, batch, lambda record: record["SequenceNumber"])
    return [kinesis_event(arn, shard, record) for record in found]


def _dynamodb_records(service: Service, batch: dict[str, Any]) -> list[Record]:
    streams, arn = service.client("dynamodbstreams"), batch["streamArn"]
    try:
        iterator = streams.get_shard_iterator(
            StreamArn=arn,
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch["startSequenceNumber"],
        )["ShardIterator"]
    except (
        streams.exceptions.TrimmedDataAccessException,
        streams.exceptions.ResourceNotFoundException,
    ):
        return []

    def read(position: str) -> tuple[list[Record], str | None]:
        page = streams.get_records(ShardIterator=position)
        return page["Records"], page.get("NextShardIterator")

    found = _read_batch(read, iterator, batch, lambda record: record["dynamodb"]["SequenceNumber"])
    return [dynamodb_event(arn, record) for record in found]


def _read_batch(
    read: Callable[[str], tuple[list[Record], str | None]],
    iterator: str | None,
    batch: dict[str, Any],
    number: Callable[[Record], str],
) -> list[Record]:
    """The records from the first to the last of a batch; none when the first is gone."""
    found: list[Record] = []
    last = int(batch["endSequenceNumber"])
    for _ in range(_MOST_PAGES):
        if iterator is None or (found and int(number(found[-1])) >= last):
            break
        page, iterator = read(iterator)
        found += page
    if not found or number(found[0]) != batch["startSequenceNumber"]:
        return []
    return [record for record in found if int(number(record)) <= last]


def _from_bucket(service: Service, bucket: str) -> str:
    s3 = service.client("s3")
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix="aws/lambda/").get("Contents", []):
        text = str(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().decode())
        s3.delete_object(Bucket=bucket, Key=entry["Key"])
        return text
    return ""


def _from_kinesis(service: Service, batch: dict[str, Any]) -> str:
    kinesis = service.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamARN=batch["streamArn"],
        ShardId=batch["shardId"].rsplit(":", 1)[-1],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=batch["startSequenceNumber"],
    )["ShardIterator"]
    page = kinesis.get_records(ShardIterator=iterator, StreamARN=batch["streamArn"])
    return str(page["Records"][0]["Data"].decode())


def _from_dynamodb(service: Service, batch: dict[str, Any]) -> str:
    streams = service.client("dynamodbstreams")
    iterator = streams.get_shard_iterator(
        StreamArn=batch["streamArn"],
        ShardId=batch["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=batch["startSequenceNumber"],
    )["ShardIterator"]
    page = streams.get_records(ShardIterator=iterator)
    return json.dumps(page["Records"][0]["dynamodb"]["NewImage"])
