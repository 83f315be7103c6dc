"""What a release is deployed to: a stage's stack, and the depot with its packages."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lambda_workbench.errors import ToolError
from lambda_workbench.local.emulator import shared_endpoint
from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.operate.asking import confirm
from lambda_workbench.operate.change_set import Wanted, apply
from lambda_workbench.operate.changes import Change
from lambda_workbench.operate.depot import Depot, foundation
from lambda_workbench.operate.releases import Release
from lambda_workbench.operate.stack import Stack, client
from lambda_workbench.operate.stages import (
    LOCAL,
    stack_name,
    stage_capabilities,
    stage_names,
    stage_region,
    stage_tags,
)
from lambda_workbench.project import project

LOCAL_BUCKET = "local-artifacts"
# Parameters that say how to deploy and not what, with the value that they usually have.
# A table that is protected from the start could not be removed when creating the stack fails, and
# CodeDeploy lets nothing pass, the way back included, while an alarm is on.
HOW = {"ProtectData": "true", "WatchAlarms": "true"}
WHILE_NEW = {"ProtectData": "false"}
IGNORING_ALARMS = {"WatchAlarms": "false"}


@dataclass(frozen=True)
class Target:
    """One stage. `role` is what CloudFormation acts as, `boundary` limits the functions' roles."""

    stage: str
    stack: Stack
    depot: Depot
    role: str = ""
    boundary: str = ""
    composition: str = ""  # of the bootstrap stack
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: Sequence[str] = ("CAPABILITY_AUTO_EXPAND", "CAPABILITY_NAMED_IAM")

    def bring_to(
        self,
        release: Release,
        parameters: Mapping[str, str] | None = None,
        *,
        yes: bool = False,
        say: Callable[[str], None] = print,
    ) -> bool:
        """Change the stack to a release whose packages are in the depot; False when it is there.

        The parameters replace those of the release, this once. `yes` asks nobody.
        """
        wanted = Wanted(
            template=self.depot.address(release.template),
            parameters={**release.parameters, **only(release.parameters, parameters or {})},
            while_new=only(release.parameters, WHILE_NEW),
            tags=self.tags,
            role=self.role,
            capabilities=self.capabilities,
        )
        return apply(
            self.stack,
            wanted,
            approve=lambda changes: expect_no_loss(self.stack, changes, yes=yes),
            say=say,
        )


def target_of(stage: str, target: str) -> Target:
    """The target of a stage; `local` is the emulator that `make run` holds.

    `target` is the make target that asks, for the message when there is no such stage.
    """
    if stage == LOCAL:
        enter_local_environment()
        return local_target(shared_endpoint())
    if stage not in stage_names():
        raise ToolError(f"name a stage: make {target} STAGE={'|'.join(stage_names())}")
    base = foundation(stage)
    return Target(
        stage=stage,
        stack=Stack(stack_name(stage), region=stage_region(stage)),
        depot=Depot(
            client("s3", None, stage_region(stage)),
            base.bucket,
            f"{project().slug}/{stage}/",
            base.account,
        ),
        role=base.role,
        boundary=base.boundary,
        composition=base.composition,
        tags=stage_tags(stage),
        capabilities=stage_capabilities(stage),
    )


def local_target(endpoint: str) -> Target:
    """The stage of an emulator."""
    depot = Depot(client("s3", endpoint), LOCAL_BUCKET, "")
    return Target(LOCAL, Stack(f"{project().slug}-{LOCAL}", endpoint), depot)


def expect_no_loss(stack: Stack, changes: Sequence[Change], *, yes: bool) -> None:
    """Ask a person before data goes; in a pipeline nobody could answer, so say it there."""
    losing = [change for change in changes if change.loses_data]
    if not losing or yes:
        return
    lost = ", ".join(f"{change.name} ({change.kind})" for change in losing)
    if sys.stdin.isatty():
        confirm(f"{stack.name} loses what these hold: {lost}. Go on?", yes=False)
    elif os.environ.get("GITHUB_ACTIONS"):
        print(f"::warning::{stack.name} loses what these hold: {lost}")


def only(declared: Mapping[str, object], values: Mapping[str, str]) -> dict[str, str]:
    """The values of parameters that a template has."""
    return {name: value for name, value in values.items() if name in declared}
