"""Read Kinesis and DynamoDB streams for the local functions, by Lambda's rules.

The emulator's own poller ignores partial failures and drops the records that failed, so
`localise` disables it and this driver applies what the mapping says instead: partial batch
responses, bisecting, the number of retries, the age of a record, and the on-failure destination.
"""

from __future__ import annotations

import base64
import datetime
import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import botocore.exceptions

from lambda_workbench.local.filters import matches
from lambda_workbench.operate.stack import client

_PAUSE_SECONDS = 0.2
_BACKOFF_SECONDS = 0.2
Record = dict[str, Any]


class Source(Protocol):
    """A stream as the driver sees it."""

    def shards(self) -> list[str]:
        """The ids of its shards."""
        ...

    def iterator(self, shard: str, start: str) -> str:
        """Where to begin reading a shard: TRIM_HORIZON or LATEST."""
        ...

    def read(self, iterator: str) -> tuple[list[Record], str | None]:
        """The records from there as a function receives them, and where to go on."""
        ...


@dataclass
class Kinesis:
    """A Kinesis stream."""

    endpoint: str
    arn: str

    def shards(self) -> list[str]:
        """The ids of its shards."""
        pages = self._client().get_paginator("list_shards").paginate(StreamARN=self.arn)
        return [shard["ShardId"] for page in pages for shard in page["Shards"]]

    def iterator(self, shard: str, start: str) -> str:
        """Where to begin reading a shard."""
        found = self._client().get_shard_iterator(
            StreamARN=self.arn, ShardId=shard, ShardIteratorType=start
        )
        return f"{shard}|{found['ShardIterator']}"

    def read(self, iterator: str) -> tuple[list[Record], str | None]:
        """The next records of a shard."""
        shard, _, position = iterator.partition("|")
        page = self._client().get_records(ShardIterator=position, StreamARN=self.arn)
        after = page.get("NextShardIterator")
        records = [kinesis_event(self.arn, shard, record) for record in page["Records"]]
        return records, f"{shard}|{after}" if after else None

    def _client(self) -> Any:
        return client("kinesis", self.endpoint)


@dataclass
class DynamoDb:
    """A DynamoDB table's stream."""

    endpoint: str
    arn: str

    def shards(self) -> list[str]:
        """The ids of its shards."""
        found: list[str] = []
        after: dict[str, str] = {}
        while True:
            answer = self._client().describe_stream(StreamArn=self.arn, **after)
            described = answer["StreamDescription"]
            found += [shard["ShardId"] for shard in described["Shards"]]
            if not described.get("LastEvaluatedShardId"):
                return found
            after = {"ExclusiveStartShardId": described["LastEvaluatedShardId"]}

    def iterator(self, shard: str, start: str) -> str:
        """Where to begin reading a shard."""
        found = self._client().get_shard_iterator(
            StreamArn=self.arn, ShardId=shard, ShardIteratorType=start
        )
        return str(found["ShardIterator"])

    def read(self, iterator: str) -> tuple[list[Record], str | None]:
        """The next records of a shard."""
        page = self._client().get_records(ShardIterator=iterator)
        records = [dynamodb_event(self.arn, record) for record in page["Records"]]
        return records, page.get("NextShardIterator")

    def _client(self) -> Any:
        return client("dynamodbstreams", self.endpoint)


def kinesis_event(arn: str, shard: str, record: Record) -> Record:
    """A record that was read from Kinesis, as a function receives it."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode("ascii"),
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "awsRegion": arn.split(":")[3],
        "eventSourceARN": arn,
    }


def dynamodb_event(arn: str, record: Record) -> Record:
    """A record that was read from a table's stream, as a function receives it."""
    return {**_plain(record), "eventSourceARN": arn}


def wanted(mapping: dict[str, Any], record: Record) -> bool:
    """Whether a mapping's filters let a record through."""
    criteria = (mapping.get("FilterCriteria") or {}).get("Filters") or []
    patterns = [json.loads(one["Pattern"]) for one in criteria]
    return not patterns or any(matches(pattern, _filtered(record)) for pattern in patterns)


@dataclass
class Consumer:
    """Hands the records of one stream to one function as its mapping asks."""

    endpoint: str
    mapping: dict[str, Any]
    source: Source
    _iterators: dict[str, str | None] = field(default_factory=dict)

    def poll(self) -> None:
        """Deliver what has arrived since the last time."""
        for shard in self.source.shards():
            if shard not in self._iterators:
                start = self.mapping.get("StartingPosition", "LATEST")
                self._iterators[shard] = self.source.iterator(shard, start)
            position = self._iterators[shard]
            if position is None:
                continue
            records, self._iterators[shard] = self.source.read(position)
            chosen = [record for record in records if wanted(self.mapping, record)]
            for batch in _batches(chosen, int(self.mapping.get("BatchSize", 100))):
                self._deliver(shard, batch)

    def _deliver(self, shard: str, batch: list[Record]) -> None:
        """Deliver a batch until nothing of it is left: done, or sent to the destination."""
        work = [batch]
        attempts = 0
        while work:
            records = work.pop(0)
            failed, raised = self._invoke(records)
            if failed is None:
                attempts = 0
                continue
            if failed > 0:
                # What came before the failure is done: go on from there with fresh attempts.
                work.insert(0, records[failed:])
                attempts = 0
                continue
            # When the function answers that the first record failed, the whole batch remains.
            bisects = raised and self.mapping.get("BisectBatchOnFunctionError")
            if bisects and len(records) > 1:
                middle = len(records) // 2
                work[:0] = [records[:middle], records[middle:]]
                attempts = 0
                continue
            attempts += 1
            if reason := self._gives_up(records, attempts):
                failure = self._failure_message(shard, records, reason, attempts)
                if raised:
                    failure["responseContext"]["functionError"] = "Unhandled"
                self._send_to_destination(shard, records, failure)
                attempts = 0
                continue
            time.sleep(_BACKOFF_SECONDS)
            work.insert(0, records)

    def _invoke(self, records: list[Record]) -> tuple[int | None, bool]:
        """The index of the first record that failed, None when all went well; whether it raised."""
        answer = client("lambda", self.endpoint).invoke(
            FunctionName=self.mapping["FunctionArn"],
            Payload=json.dumps({"Records": records}).encode(),
        )
        body = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            return 0, True
        if "ReportBatchItemFailures" not in self.mapping.get("FunctionResponseTypes", []):
            return None, False
        failures = (body or {}).get("batchItemFailures") or []
        named = {failure.get("itemIdentifier") for failure in failures}
        if not named:
            return None, False
        numbers = [_sequence_number(record) for record in records]
        positions = [numbers.index(number) for number in named if number in numbers]
        # A name that is not in the batch makes Lambda retry all of it.
        return (min(positions) if len(positions) == len(named) else 0), False

    def _gives_up(self, records: list[Record], attempts: int) -> str:
        retries = int(self.mapping.get("MaximumRetryAttempts", -1))
        if retries >= 0 and attempts > retries:
            return "RetryAttemptsExhausted"
        age = int(self.mapping.get("MaximumRecordAgeInSeconds", -1))
        if age >= 0 and time.time() - _arrived(records[0]) > age:
            return "RecordAgeExceeded"
        return ""

    def _send_to_destination(
        self, shard: str, records: list[Record], message: dict[str, Any]
    ) -> None:
        configured = (self.mapping.get("DestinationConfig") or {}).get("OnFailure") or {}
        destination = str(configured.get("Destination", ""))
        service = destination.split(":")[2] if destination else ""
        if service == "sqs":
            name = destination.rsplit(":", 1)[-1]
            sqs = client("sqs", self.endpoint)
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message))
        elif service == "sns":
            sns = client("sns", self.endpoint)
            sns.publish(TopicArn=destination, Message=json.dumps(message))
        elif service == "s3":
            # Only a bucket receives the records as well.
            message["payload"] = json.dumps({"Records": records})
            now = datetime.datetime.now(datetime.UTC)
            key = (
                f"aws/lambda/{self.mapping['UUID']}/{shard}/{now:%Y/%m/%d}/"
                f"{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
            )
            client("s3", self.endpoint).put_object(
                Bucket=destination.rsplit(":", 1)[-1], Key=key, Body=json.dumps(message).encode()
            )

    def _failure_message(
        self, shard: str, records: list[Record], reason: str, attempts: int
    ) -> dict[str, Any]:
        kinesis = records[0]["eventSource"] == "aws:kinesis"
        return {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": self.mapping["FunctionArn"],
                "condition": reason,
                "approximateInvokeCount": attempts,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
            "version": "1.0",
            "timestamp": _iso(time.time()),
            ("KinesisBatchInfo" if kinesis else "DDBStreamBatchInfo"): {
                "shardId": shard,
                "startSequenceNumber": _sequence_number(records[0]),
                "endSequenceNumber": _sequence_number(records[-1]),
                "approximateArrivalOfFirstRecord": _iso(_arrived(records[0])),
                "approximateArrivalOfLastRecord": _iso(_arrived(records[-1])),
                "batchSize": len(records),
                "streamArn": self.mapping["EventSourceArn"],
            },
        }


class Driver:
    """Runs a consumer for every stream mapping of an emulator, in a thread."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._consumers: dict[str, Consumer] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)

    def __enter__(self) -> Self:
        self._find_mappings()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            try:
                self._find_mappings()
                for consumer in list(self._consumers.values()):
                    consumer.poll()
            except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
                # A stack that is being replaced; the next round sees the new one.
                if not self._ended.is_set():
                    print(f"streams: {error}")
                    self._ended.wait(1)

    def _find_mappings(self) -> None:
        pages = client("lambda", self._endpoint).get_paginator("list_event_source_mappings")
        found = {}
        for page in pages.paginate():
            for mapping in page["EventSourceMappings"]:
                service = mapping["EventSourceArn"].split(":")[2]
                if service in ("kinesis", "dynamodb"):
                    found[mapping["UUID"]] = mapping
        for name, mapping in found.items():
            if name in self._consumers:
                self._consumers[name].mapping = mapping
            else:
                make = Kinesis if ":kinesis:" in mapping["EventSourceArn"] else DynamoDb
                source = make(self._endpoint, mapping["EventSourceArn"])
                self._consumers[name] = Consumer(self._endpoint, mapping, source)
        for name in set(self._consumers) - set(found):
            del self._consumers[name]


def _batches(records: list[Record], size: int) -> Iterator[list[Record]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]


def _sequence_number(record: Record) -> str:
    part = record.get("kinesis") or record["dynamodb"]
    return str(part.get("sequenceNumber") or part["SequenceNumber"])


def _arrived(record: Record) -> float:
    part = record.get("kinesis") or record["dynamodb"]
    arrived = part.get("approximateArrivalTimestamp") or part["ApproximateCreationDateTime"]
    return float(arrived)


def _filtered(record: Record) -> Record:
    """What a filter sees: a Kinesis record's data is decoded when it is JSON."""
    if "kinesis" not in record:
        return record
    data: Any = base64.b64decode(record["kinesis"]["data"])
    try:
        data = json.loads(data)
    except ValueError:
        data = data.decode("utf-8", "replace")
    return {**record, "data": data}


def _plain(node: Any) -> Any:
    """A boto3 answer as JSON carries it."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, bytes):
        return base64.b64encode(node).decode("ascii")
    if isinstance(node, datetime.datetime):
        return node.timestamp()
    return node


def _iso(moment: float) -> str:
    when = datetime.datetime.fromtimestamp(moment, datetime.UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
