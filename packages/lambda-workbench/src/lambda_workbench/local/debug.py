"""Call a handler in this process with its sample event, so that a debugger can stop in it.

    workbench debug TRIGGER

It takes the environment of the function that `make run` has deployed, and works on the same data.
"""

from __future__ import annotations

import importlib
import json
import os
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import click

from lambda_workbench.local.emulator import shared_endpoint
from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.operate.service import Service
from lambda_workbench.operate.stages import LOCAL
from lambda_workbench.project import ROOT


@dataclass
class DebugContext:
    """The part of Lambda's context that handlers use. The time left never runs out."""

    function_name: str
    timeout_s: int
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def get_remaining_time_in_millis(self) -> int:
        """The whole timeout, however long one looks at a breakpoint."""
        return self.timeout_s * 1000


def call(trigger: str) -> Any:
    """Call the trigger's handler and return what it returns."""
    event = json.loads((ROOT / "events" / f"{trigger}.json").read_text(encoding="utf-8"))
    endpoint = shared_endpoint()
    service = Service(LOCAL, endpoint)
    name = service.function(trigger)
    function = service.settings(trigger)
    os.environ.update(function.get("Environment", {}).get("Variables", {}))
    os.environ.update(AWS_ENDPOINT_URL=endpoint, AWS_LAMBDA_FUNCTION_NAME=name)
    module, _, attribute = function["Handler"].rpartition(".")
    handler = getattr(importlib.import_module(module), attribute)
    return handler(event, DebugContext(name, function["Timeout"]))


def _triggers() -> list[str]:
    return sorted(path.stem for path in (ROOT / "events").glob("*.json"))


@click.command()
@click.argument("trigger", type=click.Choice(_triggers()))
def command(trigger: str) -> None:
    """Call and print the answer."""
    enter_local_environment()
    started = time.perf_counter()
    answer = call(trigger)
    print(json.dumps(answer, indent=2))
    print(f"{trigger} answered after {time.perf_counter() - started:.3f} s")
