"""Delete a stage: `make delete STAGE=dev`.

It shows what holds data, and what becomes of it, and asks. Tables, buckets and whatever else has a
policy to be retained stays, and is named. DATA=1 deletes that as well, and empties buckets; never
in prod. What `make bootstrap` has made stays in any case: other commands stand on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from lambda_workbench.errors import ToolError
from lambda_workbench.local.emulator import shared_endpoint
from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.operate import change_set
from lambda_workbench.operate.asking import PROD, confirm
from lambda_workbench.operate.depot import bootstrap_stack
from lambda_workbench.operate.holdings import BUCKET, LAYER, LOGS, TABLE, Holding, holdings
from lambda_workbench.operate.stack import Stack
from lambda_workbench.operate.stages import LOCAL, stack_name, stage_names, stage_region
from lambda_workbench.project import project

_EACH_TIME = 1000  # what S3 deletes with one request


@click.command()
@click.argument("stage", default="")
@click.option("--data", is_flag=True, help="what is retained as well")
@click.option("--confirm", "confirmed", default="", metavar="STACK", help="for prod: its stack")
@click.option("--yes", is_flag=True, help="do not ask; not enough for prod")
def command(stage: str, data: bool, confirmed: str, yes: bool) -> None:
    """Show what there is, ask, delete, and say what is left."""
    stack = stack_of(stage)
    expect_allowed(stage, stack, confirmed=confirmed, data=data)
    held = holdings(stack)
    print(shown(stack, held, data=data))
    confirm(f"Delete {stack.name}?", yes=yes or confirmed == stack.name)
    left = delete(stack, held, data=data)
    print(f"{stack.name} is deleted")
    if left:
        print("These are left, and cost what they cost:")
        print("\n".join(holding.line for holding in left))
    if stage != LOCAL:
        print(f"{bootstrap_stack(stage).name} is left, with its bucket and roles.")


def stack_of(stage: str) -> Stack:
    """The stack of a stage, which must be there."""
    if stage == LOCAL:
        enter_local_environment()
        stack = Stack(f"{project().slug}-{LOCAL}", shared_endpoint())
    elif stage in stage_names():
        stack = Stack(stack_name(stage), region=stage_region(stage))
    else:
        raise ToolError(f"name a stage: make delete STAGE={'|'.join(stage_names())}")
    if stack.describe() is None:
        raise ToolError(f"there is no stack {stack.name} in {stack.region or project().region}")
    return stack


def expect_allowed(stage: str, stack: Stack, *, confirmed: str, data: bool) -> None:
    """Stop for prod, unless its stack is named, and for a stack that is protected."""
    if stage == PROD and data:
        raise ToolError("no command deletes the data of prod: do that by hand, table by table")
    if stage == PROD and confirmed != stack.name:
        raise ToolError(
            f"this is prod. To delete it: make delete STAGE={PROD} CONFIRM={stack.name}"
        )
    if (stack.describe() or {}).get("EnableTerminationProtection"):
        raise ToolError(
            f"{stack.name} is protected. To allow it: aws cloudformation "
            f"update-termination-protection --no-enable-termination-protection "
            f"--stack-name {stack.name}"
        )


def shown(stack: Stack, held: Sequence[Holding], *, data: bool) -> str:
    """What goes and what stays, in lines."""
    goes = [holding for holding in held if data or not holding.stays]
    stays = [holding for holding in held if holding not in goes]
    lines = [f"{stack.name}: what holds data"]
    for heading, chosen in (("goes, with what it holds:", goes), ("stays:", stays)):
        lines += [heading, *(holding.line for holding in chosen)] if chosen else []
    return "\n".join(lines)


def delete(
    stack: Stack,
    held: Sequence[Holding],
    *,
    data: bool,
    say: Callable[[str], None] = print,
) -> list[Holding]:
    """Delete the stack, and with `data` what it retains; what is left comes back."""
    full = [one for one in held if one.kind == BUCKET and one.content and not one.stays]
    if full and not data:
        names = ", ".join(holding.physical for holding in full)
        raise ToolError(f"{names} is not empty, so it cannot be deleted: DATA=1 empties it first")
    for holding in full:
        say(f"emptying {holding.physical}")
        empty(stack, holding.physical)
    for holding in held:
        if holding.kind == TABLE and not holding.stays:
            _allow_deletion(stack, holding.physical)
    change_set.delete(stack, say=say)
    kept = [holding for holding in held if holding.stays]
    return [one for one in kept if not (data and _delete_kept(stack, one, say))]


def empty(stack: Stack, bucket: str) -> None:
    """Delete every object of a bucket, in every version."""
    s3 = stack.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        for start in range(0, len(keys), _EACH_TIME):
            batch = {"Objects": keys[start : start + _EACH_TIME], "Quiet": True}
            answer = s3.delete_objects(Bucket=bucket, Delete=batch)
            if errors := answer.get("Errors"):
                raise ToolError(f"{bucket}: {errors[0]['Key']} stays: {errors[0]['Message']}")


def _allow_deletion(stack: Stack, table: str) -> None:
    dynamodb = stack.client("dynamodb")
    if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=table)


def _delete_kept(stack: Stack, holding: Holding, say: Callable[[str], None]) -> bool:
    """Delete what outlived its stack; False for a type that this does not know."""
    remove = _REMOVALS.get(holding.kind)
    if remove is None:
        return False
    say(f"deleting {holding.physical}")
    remove(stack, holding.physical)
    return True


def _delete_table(stack: Stack, table: str) -> None:
    _allow_deletion(stack, table)
    stack.client("dynamodb").delete_table(TableName=table)


def _delete_bucket(stack: Stack, bucket: str) -> None:
    empty(stack, bucket)
    stack.client("s3").delete_bucket(Bucket=bucket)


def _delete_layer(stack: Stack, arn: str) -> None:
    name, _, version = arn.rpartition(":")
    stack.client("lambda").delete_layer_version(LayerName=name, VersionNumber=int(version))


_REMOVALS: dict[str, Callable[[Stack, str], None]] = {
    TABLE: _delete_table,
    BUCKET: _delete_bucket,
    LAYER: _delete_layer,
    LOGS: lambda stack, group: stack.client("logs").delete_log_group(logGroupName=group),
}
