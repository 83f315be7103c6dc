# Managed by the template: see docs/updating.md.
"""What a stream's consumer could not process: the records behind its on-failure messages.

Lambda sends a queue or topic only where in the stream the records are; a bucket also gets them.
"""

from __future__ import annotations

import json
from typing import Any

from tools.service import Service
from tools.sources import sqs_bodies


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
