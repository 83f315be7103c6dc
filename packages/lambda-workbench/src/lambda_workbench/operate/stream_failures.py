"""Batches of a stream's records that could not be processed, as Lambda keeps them in a bucket.

Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html, and
services-dynamodb-errors.html beside it.
"""

from __future__ import annotations

import json
from typing import Any

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.service import Service

FOLDER = "aws/lambda/"


def keys(service: Service, bucket: str, prefix: str = FOLDER) -> list[str]:
    """The names of the objects, those of a shard in the order in which they failed."""
    listed = service.pages("s3", "list_objects_v2", "Contents", Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for entry in listed]


def failed_event(service: Service, bucket: str, key: str) -> dict[str, Any]:
    """The event that the function got, with all records of the batch."""
    found = service.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    try:
        event: dict[str, Any] = json.loads(json.loads(found)["payload"])
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError(f"{key} is not what Lambda keeps of a failed batch") from error
    return event


def forget(service: Service, bucket: str, key: str) -> None:
    """Remove a batch that is done."""
    service.client("s3").delete_object(Bucket=bucket, Key=key)
