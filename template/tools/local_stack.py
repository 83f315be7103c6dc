# Managed by the template: see docs/updating.md.
"""Deploy what `make package ARGS=--local` built to the emulator.

    python -m tools.local_stack

Needs a running emulator (`make run`, or `python -m tools.emulator start`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import botocore.exceptions

from tools import template
from tools.emulator import shared_endpoint
from tools.local_env import enter_local_environment
from tools.local_identity import local_identity
from tools.localise import leave_out, localise
from tools.project import LOCAL_DIST, ToolError, project
from tools.stack import Stack, client
from tools.stages import LOCAL, stage_parameters
from tools.template import Template

_BUCKET = "local-artifacts"
_PLACEHOLDERS = {
    "AWS::EC2::VPC::Id": "vpc-00000000",
    "List<AWS::EC2::Subnet::Id>": "subnet-00000000,subnet-11111111",
    "AWS::EC2::SecurityGroup::Id": "sg-00000000",
    "List<AWS::EC2::SecurityGroup::Id>": "sg-00000000",
}
_UNKNOWN_TYPES = re.compile(r"Unrecognized resource types: \[([^\]]*)\]")


def deploy(endpoint: str, dist: Path = LOCAL_DIST) -> Stack:
    """Create or update the stack and return it once it stands."""
    source = template.load(_built(dist))
    parameters = _parameters(source, endpoint)
    _upload(source, dist, endpoint)
    plain = localise(source, parameters)
    stack = Stack(f"{project().slug}-{LOCAL}", endpoint)
    try:
        _apply(stack, plain, parameters)
    except botocore.exceptions.ClientError as error:
        unknown = _UNKNOWN_TYPES.search(str(error))
        if unknown is None:
            raise ToolError(f"the emulator refused the template: {error}") from error
        kinds = unknown.group(1).split(", ")
        print(f"left out, because the emulator does not know them: {', '.join(kinds)}")
        names = [n for n, body in plain["Resources"].items() if body["Type"] in kinds]
        _apply(stack, leave_out(plain, names), parameters)
    stack.refresh()
    return stack


def _built(dist: Path) -> Path:
    path = dist / "template.yaml"
    if not path.exists():
        raise ToolError("nothing is built for this machine: `make package ARGS=--local`")
    return path


def _parameters(source: Template, endpoint: str) -> dict[str, str]:
    """A value for every parameter of the template."""
    given = {**stage_parameters(LOCAL), **local_identity(source, endpoint)}
    values = {}
    for name, body in (source.get("Parameters") or {}).items():
        if name in given:
            values[name] = given[name]
        elif "Default" in body and body["Default"] != "":
            values[name] = str(body["Default"])
        else:
            values[name] = _PLACEHOLDERS.get(body.get("Type", ""), "")
    return values


def _upload(source: Template, dist: Path, endpoint: str) -> None:
    """Put the zips where the emulator looks for code; equal code keeps its key."""
    s3 = client("s3", endpoint)
    _make_bucket(s3)
    content = json.loads((dist / "manifest.json").read_text(encoding="utf-8"))
    for entry in content["functions"].values():
        function = source["Resources"][entry["logical_id"]]
        _run_as_zip(function["Properties"], entry)
        function["Properties"]["CodeUri"] = _uploaded(s3, dist, entry)
    if layer := content.get("layer"):
        properties = source["Resources"][layer["logical_id"]]["Properties"]
        properties["ContentUri"] = _uploaded(s3, dist, layer)


def _uploaded(s3: Any, dist: Path, entry: dict[str, Any]) -> str:
    key = f"{entry['sha256']}.zip"
    s3.upload_file(str(dist / entry["zip"]), _BUCKET, key)
    return f"s3://{_BUCKET}/{key}"


def _run_as_zip(properties: dict[str, Any], entry: dict[str, Any]) -> None:
    """On this machine the code of an image runs from a zip."""
    if properties.pop("ImageUri", None) is not None:
        properties.pop("PackageType", None)
        properties.pop("ImageConfig", None)
        properties |= {"Handler": entry["handler"], "Runtime": entry["runtime"]}


def _make_bucket(s3: Any) -> None:
    try:
        s3.head_bucket(Bucket=_BUCKET)
    except botocore.exceptions.ClientError:
        region = project().region
        place = {"LocationConstraint": region}
        extra = {} if region == "us-east-1" else {"CreateBucketConfiguration": place}
        s3.create_bucket(Bucket=_BUCKET, **extra)


def _apply(stack: Stack, plain: Template, parameters: dict[str, str]) -> None:
    """Create or update, and wait; on failure say which resource failed and why."""
    cloudformation = stack.client("cloudformation")
    key = f"{stack.name}.json"
    stack.client("s3").put_object(Bucket=_BUCKET, Key=key, Body=json.dumps(plain).encode())
    request = {
        "StackName": stack.name,
        "TemplateURL": f"{stack.endpoint}/{_BUCKET}/{key}",
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in parameters.items()
            if name in (plain.get("Parameters") or {})
        ],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    exists = _can_be_updated(stack)
    try:
        if exists:
            cloudformation.update_stack(**request)
        else:
            cloudformation.create_stack(**request)
    except botocore.exceptions.ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise
    waiter = cloudformation.get_waiter(f"stack_{'update' if exists else 'create'}_complete")
    try:
        waiter.wait(StackName=stack.name, WaiterConfig={"Delay": 0.25, "MaxAttempts": 480})
    except botocore.exceptions.WaiterError as error:
        raise ToolError(f"the stack failed:\n{_failures(stack)}") from error


def _can_be_updated(stack: Stack) -> bool:
    """Whether the stack is there; what is left of a failed creation is removed."""
    status = stack.status()
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
        cloudformation = stack.client("cloudformation")
        cloudformation.delete_stack(StackName=stack.name)
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=stack.name, WaiterConfig={"Delay": 0.25, "MaxAttempts": 120})
        return False
    return status not in ("", "DELETE_COMPLETE")


def _failures(stack: Stack) -> str:
    events = stack.pages(
        "cloudformation", "describe_stack_events", "StackEvents", StackName=stack.name
    )
    return "\n".join(
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    )


def main() -> None:
    """Deploy and print the outputs."""
    enter_local_environment()
    stack = deploy(shared_endpoint())
    print(f"{stack.name} is deployed")
    for name, value in sorted(stack.outputs().items()):
        print(f"  {name}: {value}")


if __name__ == "__main__":
    from tools.cli import guarded

    guarded(main)
