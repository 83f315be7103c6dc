"""What happens to a stack while an operation is under way, and why it failed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.stack import Stack

_STACK = "AWS::CloudFormation::Stack"
_QUIET_SECONDS = 60.0
# What CloudFormation says of resources that failed only because another one had.
_CONSEQUENCES = re.compile(
    r"^Resource (?:creation|update|deletion) cancelled|^The following resource\(s\) failed to "
)
# What to do about a reason, in the words of these commands. The first that fits is shown.
_ADVICE = {
    r"role .* (?:is invalid|cannot be assumed)": (
        "The role that CloudFormation acts as is gone: make bootstrap STAGE=… makes it."
    ),
    r"is not authorized to perform|AccessDenied|UnauthorizedOperation": (
        "A role lacks a permission. make bootstrap STAGE=… brings what is new since it was made. "
        "For a type of resource that it has nothing for: ExtraPolicyArn, see docs/delivery.md."
    ),
    r"codedeploy.*(?:fail|stopp|roll)|one or more alarms|ALARM_ACTIVE": (
        "An alarm took the new version back, or was on before. docs/runbook.md says how to "
        "deploy while an alarm is on: IGNORE_ALARMS=1."
    ),
    r"already exists": (
        "Something outside of the stack has that name, perhaps kept when an earlier stack was "
        "deleted. Delete it, or import it into the stack."
    ),
    r"protected against deletion|not empty": (
        "It holds data, so it is not deleted. make delete STAGE=… says what can be done."
    ),
    r"rate exceeded|throttl": ("AWS was busy: deploy again."),
    r"unreserved.*concurren": (
        "The account has too little concurrency for what is reserved: ask for a higher limit, "
        "or leave it unreserved: the parameter ReserveConcurrency."
    ),
    r"security token.*expired|ExpiredToken": (
        "The credentials have expired. CloudFormation goes on: deploy again to see its end."
    ),
}


@dataclass(frozen=True)
class Event:
    """One thing that happened to a resource, or to the stack as a whole."""

    id: str
    time: str
    name: str
    kind: str
    physical: str
    status: str
    reason: str
    of_stack: bool

    @classmethod
    def read(cls, described: Mapping[str, Any]) -> Self:
        """A StackEvent, as CloudFormation describes it."""
        physical = described.get("PhysicalResourceId", "")
        return cls(
            id=described["EventId"],
            time=described["Timestamp"].strftime("%H:%M:%S"),
            name=described["LogicalResourceId"],
            kind=described["ResourceType"],
            physical=physical,
            status=described.get("ResourceStatus", ""),
            reason=described.get("ResourceStatusReason", ""),
            of_stack=described["ResourceType"] == _STACK and physical == described["StackId"],
        )

    @property
    def failed(self) -> bool:
        """Whether it says that something failed."""
        return self.status.endswith("FAILED")

    @property
    def ends(self) -> bool:
        """Whether the operation on the stack is over with it."""
        return self.of_stack and not self.status.endswith("_IN_PROGRESS")

    @property
    def line(self) -> str:
        """The event in a line."""
        reason = f"  {self.reason}" if self.reason and self.failed else ""
        return f"{self.time}  {self.status:28} {self.kind:36} {self.name}{reason}"


class Follower:
    """Shows what happens to a stack from the moment this was made.

    `look` is the time between two looks and `patience` the most to wait, in seconds.
    """

    def __init__(
        self,
        stack: Stack,
        stack_id: str,
        look: float,
        patience: float,
        say: Callable[[str], None] = print,
    ) -> None:
        self._stack, self._id = stack, stack_id
        self._look, self._patience, self._say = look, patience, say
        self._known = next(iter(self._events()), None)
        self.seen: list[Event] = []

    def follow(self) -> Event:
        """Wait for the operation to end, and return the event that says how."""
        deadline = time.monotonic() + self._patience
        quiet_since = time.monotonic()
        while True:
            for event in self._news():
                self.seen.append(event)
                if event.failed or event.status.endswith("_COMPLETE"):
                    self._say(event.line)
                    quiet_since = time.monotonic()
                if event.ends:
                    return event
            if time.monotonic() > deadline:
                raise ToolError(
                    f"{self._stack.name} is not done after {self._patience / 60:.0f} minutes. "
                    "CloudFormation goes on: run the command again to see its end."
                )
            if time.monotonic() - quiet_since > _QUIET_SECONDS:
                self._say(f"          waiting for {', '.join(self._unfinished()) or 'the stack'}")
                quiet_since = time.monotonic()
            time.sleep(self._look)

    def _news(self) -> list[Event]:
        """What has happened since the last look, oldest first."""
        newest = self.seen[-1].id if self.seen else self._known and self._known.id
        news = []
        for event in self._events():
            if event.id == newest:
                break
            news.append(event)
        return news[::-1]

    def _events(self) -> Iterable[Event]:
        """Every event of the stack, newest first."""
        pages = self._stack.client("cloudformation").get_paginator("describe_stack_events")
        for page in pages.paginate(StackName=self._id):
            yield from map(Event.read, page["StackEvents"])

    def _unfinished(self) -> list[str]:
        last = {event.name: event for event in self.seen if not event.of_stack}
        return [name for name, event in last.items() if event.status.endswith("_IN_PROGRESS")]


def first_failure(events: Iterable[Event]) -> Event | None:
    """The first resource that failed for a reason of its own."""
    for event in events:
        if event.failed and not event.of_stack and not _CONSEQUENCES.match(event.reason):
            return event
    return None


def advice(reason: str) -> str:
    """What to do about a reason, as a line of its own; empty when nothing is known."""
    for pattern, said in _ADVICE.items():
        if re.search(pattern, reason, re.IGNORECASE):
            return f"\n{said}"
    return ""
