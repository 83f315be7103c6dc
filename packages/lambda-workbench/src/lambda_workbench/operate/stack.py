"""A deployed stack, on the emulator or on AWS: its resources, outputs and clients."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

from lambda_workbench.project import project

_CONFIG = botocore.config.Config(
    connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3}
)


@dataclass(frozen=True)
class Stack:
    """One deployed stack; `endpoint` is None on AWS."""

    name: str
    endpoint: str | None = None
    region: str = ""

    def client(self, service: str) -> Any:
        """A boto3 client for the place where the stack is."""
        return client(service, self.endpoint, self.region)

    def pages(self, service: str, operation: str, key: str, **request: Any) -> list[Any]:
        """What all pages of a listing have under a key."""
        found = self.client(service).get_paginator(operation).paginate(**request)
        return [entry for page in found for entry in page.get(key, [])]

    def of_type(self, kind: str) -> list[str]:
        """The physical ids of the resources of one type: table names, topic ARNs, …"""
        return [physical for found, physical in _resources(self) if found == kind]

    def outputs(self) -> dict[str, str]:
        """Every output of the stack."""
        described = self.client("cloudformation").describe_stacks(StackName=self.name)
        outputs = described["Stacks"][0].get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    def refresh(self) -> None:
        """Forget the resources read so far, after a deployment."""
        _resources.cache_clear()

    def status(self) -> str:
        """CREATE_COMPLETE and the like; empty when there is no such stack."""
        return str((self.describe() or {"StackStatus": ""})["StackStatus"])

    def stack_id(self) -> str:
        """The ARN, by which a stack can be found even when it is deleted."""
        return str((self.describe() or {"StackId": self.name})["StackId"])

    def describe(self) -> dict[str, Any] | None:
        """What CloudFormation says of the stack; None when there is no such stack."""
        try:
            described = self.client("cloudformation").describe_stacks(StackName=self.name)
        except botocore.exceptions.ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise
        return dict(described["Stacks"][0])


@functools.cache
def client(service: str, endpoint: str | None, region: str = "") -> Any:
    """A boto3 client, made once per service and place."""
    region = region or project().region
    connect: Any = boto3.client  # whose types know services by their literal names
    return connect(service, endpoint_url=endpoint, region_name=region, config=_CONFIG)


@functools.cache
def _resources(stack: Stack) -> list[tuple[str, str]]:
    listed = stack.pages(
        "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack.name
    )
    return [(found["ResourceType"], found.get("PhysicalResourceId", "")) for found in listed]
