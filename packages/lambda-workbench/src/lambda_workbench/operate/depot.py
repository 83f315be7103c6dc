"""Where packages and templates are kept in S3, each under its hash.

The bucket, and the role that CloudFormation acts as, come from the stack that `make bootstrap`
makes for a stage.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.exceptions

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.stack import Stack
from lambda_workbench.operate.stages import stage_region
from lambda_workbench.project import project

_MISSING = ("404", "NoSuchKey", "NotFound")


@dataclass(frozen=True)
class Foundation:
    """What `make bootstrap` has made for a stage."""

    bucket: str
    role: str
    boundary: str
    # Which composition of lambda_workbench.bootstrap the stack is; empty for none of them.
    composition: str = ""

    @property
    def account(self) -> str:
        """The number of the account that all of it is in."""
        return self.role.split(":")[4]


def bootstrap_stack(stage: str) -> Stack:
    """The stack that `make bootstrap` makes."""
    return Stack(f"{project().slug}-bootstrap-{stage}", region=stage_region(stage))


def foundation(stage: str) -> Foundation:
    """What a stage stands on, from the outputs of its bootstrap stack."""
    stack = bootstrap_stack(stage)
    described = stack.describe()
    outputs = stack.outputs() if described else {}
    try:
        return Foundation(
            bucket=outputs["ArtefactBucket"],
            role=outputs["CloudFormationRoleArn"],
            boundary=outputs["BoundaryArn"],
            composition=outputs.get("Composition", ""),
        )
    except KeyError:
        raise ToolError(
            f"{stage} has not been prepared in this account and region: make bootstrap "
            f"STAGE={stage}, see docs/delivery.md"
        ) from None


@dataclass(frozen=True)
class Depot:
    """A bucket that belongs to `owner`, an account, and the part of it that is a stage's."""

    s3: Any
    bucket: str
    prefix: str
    owner: str = ""

    def put_file(self, path: Path, sha256: str) -> str:
        """Upload a package, unless it is there, and return its s3:// address.

        S3 refuses it when it does not have this hash, in hexadecimal.
        """
        key = f"{self.prefix}{sha256}{path.suffix}"
        if not self._has(key):
            with path.open("rb") as body:
                self._put(key, body, sha256)
        return f"s3://{self.bucket}/{key}"

    def put_template(self, text: str) -> str:
        """Upload a template, unless it is there, and return its key."""
        body = text.encode()
        sha256 = hashlib.sha256(body).hexdigest()
        key = f"{self.prefix}templates/{sha256}.yaml"
        if not self._has(key):
            self._put(key, body, sha256)
        return key

    def put(self, key: str, body: bytes) -> None:
        """Write an object, over what is there."""
        self._put(self.prefix + key, body, hashlib.sha256(body).hexdigest())

    def get(self, key: str) -> bytes | None:
        """Read an object; None when there is none."""
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=key, **self._owned)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise
        content: bytes = found["Body"].read()
        return content

    def address(self, key: str) -> str:
        """The https address of an object, in the form that CloudFormation takes."""
        return f"{self.s3.meta.endpoint_url}/{self.bucket}/{key}"

    @property
    def _owned(self) -> dict[str, str]:
        """So that nothing goes to a bucket of this name in somebody else's account."""
        return {"ExpectedBucketOwner": self.owner} if self.owner else {}

    def _has(self, key: str) -> bool:
        try:
            self.s3.head_object(Bucket=self.bucket, Key=key, **self._owned)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return False
            raise
        return True

    def _put(self, key: str, body: Any, sha256: str) -> None:
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        self.s3.put_object(
            Bucket=self.bucket, Key=key, Body=body, ChecksumSHA256=checksum, **self._owned
        )
