"""What the commands for a deployed stage share: finding it, and asking before they act."""

from __future__ import annotations

import sys

from lambda_workbench.errors import ToolError
from lambda_workbench.local.emulator import shared_endpoint
from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.operate.service import Service
from lambda_workbench.operate.stages import LOCAL, stage_names

PROD = "prod"


def service_of(stage: str, target: str) -> Service:
    """The service in a stage; `local` is the one that `make run` holds.

    `target` is the make target that asks, for the message when there is no such stage.
    """
    if stage == LOCAL:
        enter_local_environment()
        return Service(LOCAL, shared_endpoint())
    if stage not in stage_names():
        known = "|".join([LOCAL, *stage_names()])
        raise ToolError(f"name a stage: make {target} STAGE={known}")
    return Service(stage)


def function_of(service: Service, name: str, target: str) -> str:
    """The short name of a function that is deployed."""
    known = service.functions()
    if name not in known:
        raise ToolError(f"name a function: make {target} FUNCTION={'|'.join(known)}")
    return name


def confirm(question: str, *, yes: bool) -> None:
    """Go on only when a person, or YES=1, says so."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ToolError(f"{question} Nobody is here to answer: YES=1 goes ahead")
    if input(f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
        raise ToolError("nothing was done")
