"""Change a CloudFormation stack: create a change set, show it, execute it, follow what happens.

This module knows stacks and templates, and nothing about what is in them or what wrote them.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import botocore.exceptions

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.changes import Change, report
from lambda_workbench.operate.stack import Stack
from lambda_workbench.operate.stack_events import Event, Follower, advice, first_failure

# What a failed creation leaves behind. A stack in one of these can only be deleted:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_ONLY_TO_DELETE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
_NEW = ("", "DELETE_COMPLETE", "REVIEW_IN_PROGRESS")
# How CloudFormation says that there is nothing to do.
_NOTHING = ("didn't contain changes", "No updates are to be performed")
_READY_SECONDS = 600.0
_PREPARING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")


@dataclass(frozen=True)
class Wanted:
    """What a stack should become.

    `template` is the address of a template in S3, or its text, which may have 51,200 bytes.
    `role` is what CloudFormation acts as; without it, it acts as whoever asks.
    """

    template: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    # Parameters that keep the value they have.
    kept: Sequence[str] = ()
    # Values for the time in which the stack is created, such as of what could not be removed again.
    while_new: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    capabilities: Sequence[str] = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")


@dataclass(frozen=True)
class Pace:
    """How long to wait, in seconds: between two looks, and in all."""

    look: float = 5.0
    patience: float = 8400.0


AWS, EMULATOR = Pace(), Pace(look=0.25, patience=180.0)


def apply(
    stack: Stack,
    wanted: Wanted,
    *,
    approve: Callable[[Sequence[Change]], None] | None = None,
    say: Callable[[str], None] = print,
) -> bool:
    """Bring a stack to what is wanted; False when there was nothing to change.

    `approve` sees the changes before they are made, and raises ToolError to leave the stack as it
    is. A stack that an earlier operation left half-way is brought into order first. What fails
    raises ToolError with the first reason and what to do.
    """
    exists = settle(stack, wanted.role, say=say)
    if exists or not wanted.while_new:
        return _change(stack, wanted, approve, say, exists=exists)
    new = replace(wanted, parameters={**wanted.parameters, **wanted.while_new})
    _change(stack, new, approve, say, exists=False)
    say(f"{stack.name} stands: now {', '.join(wanted.while_new)} as it should be")
    _change(stack, wanted, approve, say, exists=True)
    return True


def _change(
    stack: Stack,
    wanted: Wanted,
    approve: Callable[[Sequence[Change]], None] | None,
    say: Callable[[str], None],
    *,
    exists: bool,
) -> bool:
    pace = pace_of(stack)
    name = f"deploy-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:6]}"
    stack_id, reason = _create(stack, wanted, name, exists=exists)
    if reason:
        _discard(stack, name)
        if any(known in reason for known in _NOTHING):
            say(f"{stack.name}: no changes")
            return False
        raise ToolError(f"CloudFormation refused the change set: {reason}{advice(reason)}")
    changes = _changes(stack, name)
    say(report(stack.name, changes))
    try:
        if approve:
            approve(changes)
    except BaseException:
        _discard(stack, name)
        raise
    follower = Follower(stack, stack_id, pace.look, pace.patience, say)
    stack.client("cloudformation").execute_change_set(
        StackName=stack.name,
        ChangeSetName=name,
        ClientRequestToken=uuid.uuid4().hex,
        DisableRollback=False,
        # What a failed operation has made is removed, even where it is otherwise retained.
        RetainExceptOnCreate=True,
    )
    end = follower.follow()
    stack.refresh()
    if end.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise ToolError(_failure(stack, end, follower.seen))
    return True


def pace_of(stack: Stack) -> Pace:
    """How long to wait for a stack."""
    return EMULATOR if stack.endpoint or "AWS_ENDPOINT_URL" in os.environ else AWS


def settle(stack: Stack, role: str = "", *, say: Callable[[str], None] = print) -> bool:
    """Bring a stack out of what an earlier operation left it in; whether it exists afterwards."""
    pace = pace_of(stack)
    status = stack.status()
    if status.endswith("_IN_PROGRESS") and status not in _NEW:
        say(f"{stack.name} is {status}: waiting for that to end")
        status = _wait(stack, pace)
    if status == "UPDATE_ROLLBACK_FAILED":
        say(f"{stack.name}: the last update was not rolled back completely; continuing with that")
        status = _continue_rollback(stack, role, pace, say)
    if status in _ONLY_TO_DELETE:
        say(f"{stack.name} is {status}, left by a creation that failed: deleting it first")
        status = delete(stack, role, say=say)
    return status not in _NEW


def delete(stack: Stack, role: str = "", *, say: Callable[[str], None] = print) -> str:
    """Delete a stack and return DELETE_COMPLETE; what has a policy to be retained stays."""
    pace = pace_of(stack)
    stack_id = stack.stack_id()
    follower = Follower(stack, stack_id, pace.look, pace.patience, say)
    stack.client("cloudformation").delete_stack(StackName=stack_id, **_as_role(role))
    end = follower.follow()
    stack.refresh()
    if end.status != "DELETE_COMPLETE":
        raise ToolError(_failure(stack, end, follower.seen))
    return end.status


def cancel(stack: Stack, *, say: Callable[[str], None] = print) -> None:
    """Cancel the update that is under way, and wait until the stack is as it was before."""
    pace = pace_of(stack)
    follower = Follower(stack, stack.stack_id(), pace.look, pace.patience, say)
    stack.client("cloudformation").cancel_update_stack(StackName=stack.name)
    end = follower.follow()
    stack.refresh()
    if end.status == "UPDATE_COMPLETE":
        raise ToolError(f"{stack.name}: the update was complete before it could be cancelled")
    if end.status != "UPDATE_ROLLBACK_COMPLETE":
        raise ToolError(_failure(stack, end, follower.seen))


def _create(stack: Stack, wanted: Wanted, name: str, *, exists: bool) -> tuple[str, str]:
    """Create a change set; the id of its stack, and why there is nothing to execute, if so."""
    cloudformation = stack.client("cloudformation")
    is_address = wanted.template.startswith(("https://", "http://"))
    parameters: list[dict[str, Any]] = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in wanted.parameters.items()
    ]
    parameters += [
        {"ParameterKey": key, "UsePreviousValue": True}
        for key in (wanted.kept if exists else ())
        if key not in wanted.parameters
    ]
    try:
        made = cloudformation.create_change_set(
            StackName=stack.name,
            ChangeSetName=name,
            ChangeSetType="UPDATE" if exists else "CREATE",
            Parameters=parameters,
            Tags=[{"Key": key, "Value": value} for key, value in wanted.tags.items()],
            Capabilities=list(wanted.capabilities),
            **{"TemplateURL" if is_address else "TemplateBody": wanted.template},
            **_as_role(wanted.role),
        )
    except botocore.exceptions.ClientError as error:
        message = error.response["Error"]["Message"]
        raise ToolError(f"CloudFormation refused this: {message}{advice(message)}") from error
    pace = pace_of(stack)
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        found = cloudformation.describe_change_set(StackName=stack.name, ChangeSetName=name)
        if found["Status"] not in _PREPARING:
            break
        if time.monotonic() > deadline:
            raise ToolError(f"the change set {name} of {stack.name} does not get ready")
        time.sleep(min(pace.look, 2.0))
    failed = found["Status"] != "CREATE_COMPLETE"
    return made["StackId"], found.get("StatusReason", found["Status"]) if failed else ""


def _changes(stack: Stack, name: str) -> list[Change]:
    pages = stack.client("cloudformation").get_paginator("describe_change_set")
    return [
        Change.read(change["ResourceChange"])
        for page in pages.paginate(StackName=stack.name, ChangeSetName=name)
        for change in page["Changes"]
        if "ResourceChange" in change
    ]


def _discard(stack: Stack, name: str) -> None:
    """Remove a change set; the empty stack that a new one's leaves is taken up by the next."""
    stack.client("cloudformation").delete_change_set(StackName=stack.name, ChangeSetName=name)


def _wait(stack: Stack, pace: Pace) -> str:
    """Wait for an operation that somebody else started, and return the status it ends with."""
    deadline = time.monotonic() + pace.patience
    while (status := stack.status()).endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise ToolError(f"{stack.name} stays {status}: look at its events in CloudFormation")
        time.sleep(pace.look)
    return status


def _continue_rollback(stack: Stack, role: str, pace: Pace, say: Callable[[str], None]) -> str:
    follower = Follower(stack, stack.stack_id(), pace.look, pace.patience, say)
    stack.client("cloudformation").continue_update_rollback(StackName=stack.name, **_as_role(role))
    end = follower.follow()
    if end.status == "UPDATE_ROLLBACK_COMPLETE":
        return end.status
    stuck = sorted({event.name for event in follower.seen if event.failed and not event.of_stack})
    raise ToolError(
        f"{_failure(stack, end, follower.seen)}\n"
        "Put right what the reason names and deploy again, or leave these as they are:\n"
        f"  aws cloudformation continue-update-rollback --stack-name {stack.name} "
        f"--resources-to-skip {' '.join(stuck)}"
    )


def _failure(stack: Stack, end: Event, events: Iterable[Event]) -> str:
    """What went wrong, in the words of the first resource that failed."""
    first = first_failure(events)
    said = f"{stack.name} is {end.status}"
    if first is None:
        return f"{said}: {end.reason or 'CloudFormation gives no reason'}"
    return (
        f"{said}, because of {first.name} ({first.kind}):\n  {first.reason}{advice(first.reason)}"
    )


def _as_role(role: str) -> dict[str, str]:
    return {"RoleARN": role} if role else {}


def as_text(template: Mapping[str, Any]) -> str:
    """A template as text with nothing superfluous."""
    return json.dumps(template, separators=(",", ":"))
