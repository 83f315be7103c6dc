"""Deploy what `make package ARGS=--local` built to the emulator.

    workbench deploy-local

Needs a running emulator (`make run`, or `workbench emulator start`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import botocore.exceptions
import click

from lambda_workbench.cloudformation import documents
from lambda_workbench.cloudformation.documents import Template
from lambda_workbench.errors import ToolError
from lambda_workbench.local.emulator import shared_endpoint
from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.local.local_identity import local_identity
from lambda_workbench.local.localise import leave_out, localise
from lambda_workbench.operate.change_set import as_text
from lambda_workbench.operate.depot import Depot
from lambda_workbench.operate.releases import Release, record
from lambda_workbench.operate.stack import Stack
from lambda_workbench.operate.stages import LOCAL, stage_parameters
from lambda_workbench.operate.target import Target, local_target, only
from lambda_workbench.operate.upload import point_to, seal
from lambda_workbench.project import LOCAL_DIST, project

_PLACEHOLDERS = {
    "AWS::EC2::VPC::Id": "vpc-00000000",
    "List<AWS::EC2::Subnet::Id>": "subnet-00000000,subnet-11111111",
    "AWS::EC2::SecurityGroup::Id": "sg-00000000",
    "List<AWS::EC2::SecurityGroup::Id>": "sg-00000000",
}
_UNKNOWN_TYPES = re.compile(r"Unrecognized resource types: \[([^\]]*)\]")


def deploy(
    endpoint: str,
    dist: Path = LOCAL_DIST,
    *,
    parameters: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda _line: None,
) -> Stack:
    """Create or update the stack and return it once it stands.

    The parameters replace those of the template and of samconfig.toml.
    """
    source = documents.read(_built(dist))
    values = _parameters(source, endpoint, parameters or {})
    target = local_target(endpoint)
    _make_bucket(target.depot)
    content = json.loads((dist / "manifest.json").read_text(encoding="utf-8"))
    for entry in content["functions"].values():
        _run_as_zip(source["Resources"][entry["logical_id"]]["Properties"], entry)
    point_to(target.depot, source, content, dist)
    plain = localise(seal(source, values, content), values)
    try:
        _apply(target, plain, values, say)
    except ToolError as error:
        unknown = _UNKNOWN_TYPES.search(str(error))
        if unknown is None:
            raise
        kinds = unknown.group(1).split(", ")
        print(f"left out, because the emulator does not know them: {', '.join(kinds)}")
        names = [n for n, body in plain["Resources"].items() if body["Type"] in kinds]
        _apply(target, leave_out(plain, names), values, say)
    return target.stack


def _built(dist: Path) -> Path:
    path = dist / "template.yaml"
    if not path.exists():
        raise ToolError("nothing is built for this machine: `make package ARGS=--local`")
    return path


def _parameters(source: Template, endpoint: str, own: Mapping[str, str]) -> dict[str, str]:
    """A value for every parameter of the template."""
    given = {**stage_parameters(LOCAL), **local_identity(source, endpoint), **own}
    values = {}
    for name, body in (source.get("Parameters") or {}).items():
        if name in given:
            values[name] = given[name]
        elif "Default" in body and body["Default"] != "":
            values[name] = str(body["Default"])
        else:
            values[name] = _PLACEHOLDERS.get(body.get("Type", ""), "")
    return values


def _run_as_zip(properties: dict[str, Any], entry: dict[str, Any]) -> None:
    """On this machine the code of an image runs from a zip."""
    if properties.pop("ImageUri", None) is not None:
        properties.pop("PackageType", None)
        properties.pop("ImageConfig", None)
        properties |= {"Handler": entry["handler"], "Runtime": entry["runtime"]}


def _make_bucket(depot: Depot) -> None:
    try:
        depot.s3.head_bucket(Bucket=depot.bucket)
    except botocore.exceptions.ClientError:
        region = project().region
        place = {"LocationConstraint": region}
        extra = {} if region == "us-east-1" else {"CreateBucketConfiguration": place}
        depot.s3.create_bucket(Bucket=depot.bucket, **extra)


def _apply(
    target: Target, plain: Template, values: Mapping[str, str], say: Callable[[str], None]
) -> None:
    """Create or update the stack, in the way that a stage on AWS is."""
    given = only(plain.get("Parameters") or {}, values)
    key = target.depot.put_template(as_text(plain))
    release = Release(values["ServiceVersion"], key, given)
    target.bring_to(release, yes=True, say=say)
    record(target.depot, release)


@click.command()
def command() -> None:
    """Deploy and print the outputs."""
    enter_local_environment()
    stack = deploy(shared_endpoint())
    print(f"{stack.name} is deployed")
    for name, value in sorted(stack.outputs().items()):
        print(f"  {name}: {value}")
