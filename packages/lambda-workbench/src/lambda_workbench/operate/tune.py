"""Find the memory size of a function: `make tune STAGE=dev FUNCTION=api`.

Runs AWS Lambda Power Tuning, a state machine that invokes the function with several memory sizes,
and prints what each took and cost. The invocations are real: docs/operations.md says what to mind.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from lambda_workbench.cloudformation.project_template import merged_template
from lambda_workbench.errors import ToolError
from lambda_workbench.operate.asking import PROD, confirm, function_of, service_of
from lambda_workbench.operate.change_set import Wanted, apply, as_text
from lambda_workbench.operate.service import Service
from lambda_workbench.operate.sources import remove_object, sample_object
from lambda_workbench.operate.stack import Stack
from lambda_workbench.operate.tuning_input import (
    LONGEST,
    MARK,
    execution_input,
    sample_payload,
    stack_template,
)
from lambda_workbench.packaging.functions import Function, functions_of
from lambda_workbench.project import LOCAL_STATE, ROOT, project

_TARGET = "tune"
_SIZES = "128,256,512,1024,1769"  # the last is a whole processor
_STRATEGIES = ("balanced", "cost", "speed")
_POLL_SECONDS = 2.0
_FOLDER = LOCAL_STATE / "power-tuning"


@dataclass(frozen=True)
class Asked:
    """How to measure: megabytes, invocations of each size (0: by the timeout), and what counts."""

    sizes: Sequence[int]
    times: int
    strategy: str
    state_machine: str = ""
    yes: bool = False


@click.command()
@click.argument("stage", default="")
@click.option("--function", "short_name", default="")
@click.option("--sizes", default=_SIZES, help="megabytes, commas between")
@click.option("--times", default=0, help="invocations of each size, 5 or more")
@click.option("--strategy", type=click.Choice(_STRATEGIES), default="balanced")
@click.option("--state-machine", default="", help="name or ARN of one that is there")
@click.option("--input-only", is_flag=True, help="write the input, run nothing")
@click.option("--yes", is_flag=True, help="do not ask")
def command(
    stage: str,
    short_name: str,
    sizes: str,
    times: int,
    strategy: str,
    state_machine: str,
    input_only: bool,
    yes: bool,
) -> None:
    """Write the input, and run it unless only the input is asked for."""
    given = Asked(_sizes(sizes), times, strategy, state_machine, yes)
    if times and times < 5:
        raise ToolError("fewer than 5 invocations of a size say nothing")
    if input_only:
        _write_inputs(stage, short_name, given)
    else:
        _measure(stage, short_name, given)


def _write_inputs(stage: str, short_name: str, given: Asked) -> None:
    for function in _declared(stage, short_name):
        full = Service(stage or "dev").function(function.name)
        arn = f"arn:aws:lambda:{project().region}:123456789012:function:{full}"
        path = _write(function, _input(function, arn, sample_payload(function.name), given))
        print(path.relative_to(ROOT))


def _measure(stage: str, short_name: str, given: Asked) -> None:
    if stage == PROD:
        raise ToolError("it invokes the function for real, and changes it meanwhile: not in prod")
    service = service_of(stage, _TARGET)
    name = function_of(service, short_name, _TARGET)
    function = _declared(stage, name)[0]
    machine, renew = _machine(service, given)
    payload, tidy_key = _payload(service, name)
    try:
        request = _input(function, _arn(service, name), payload, given, renew)
        if not renew:
            print("note: without the function that renews ids, repeated events may be cut short")
            request = json.loads(json.dumps(request).replace(MARK, str(uuid.uuid4())))
        path = _write(function, request)
        calls = request["num"] * len(request["powerValues"])
        confirm(
            f"Invoke {service.function(name)} {calls} times, for real, with "
            f"{path.relative_to(ROOT)}?",
            yes=given.yes,
        )
        result = _execute(service, machine, request)
    finally:
        if tidy_key:
            remove_object(service, tidy_key)
    current = int(service.settings(name)["MemorySize"])
    print("\n".join(report(result, current)))
    best = int(result["power"])
    if best != current:
        print(f"\nTo take it: {_parameter(function)}={best} under [{stage}.deploy.parameters]")
        print("in samconfig.toml, in parameter_overrides; then deploy. Other stages: as well.")


def report(result: dict[str, Any], current: int) -> list[str]:
    """The table of an execution's result, smallest memory first."""
    lines = ["   memory     time per call   price of a million"]
    for row in sorted(result["stats"], key=lambda row: int(row["value"])):
        size = int(row["value"])
        notes = [
            note
            for note, holds in (("now", size == current), ("best", size == int(result["power"])))
            if holds
        ]
        price = row["averagePrice"] * 1_000_000
        lines.append(
            f"{size:6} MB {row['averageDuration']:14.1f} ms {price:16.2f} $   {', '.join(notes)}"
        )
    if visual := (result.get("stateMachine") or {}).get("visualization"):
        lines.append(f"\nas a chart: {visual}")
    return lines


def _sizes(listed: str) -> list[int]:
    try:
        sizes = sorted({int(size) for size in listed.split(",")})
    except ValueError as error:
        raise ToolError("sizes are megabytes with commas between: 128,512,1024") from error
    if not all(128 <= size <= 10240 for size in sizes) or len(sizes) < 2:
        raise ToolError("give two sizes or more, from 128 to 10240")
    return sizes


def _declared(stage: str, name: str) -> list[Function]:
    """The function as the template declares it, or all of them."""
    found = functions_of(merged_template(), stage or "dev")
    chosen = [function for function in found if name in {"", function.name}]
    if not chosen:
        names = "|".join(function.name for function in found)
        raise ToolError(f"name a function: make tune FUNCTION={names}")
    return chosen


def _input(
    function: Function, arn: str, payload: Any, given: Asked, renew: str = ""
) -> dict[str, Any]:
    times = given.times or (20 if function.timeout * 20 <= LONGEST else 5)
    return execution_input(
        function,
        arn,
        payload,
        sizes=given.sizes,
        times=times,
        strategy=given.strategy,
        renew=renew,
    )


def _write(function: Function, request: dict[str, Any]) -> Any:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    path = _FOLDER / f"{function.name}.json"
    path.write_text(json.dumps(request, indent=2) + "\n", encoding="utf-8")
    return path


def _payload(service: Service, name: str) -> tuple[Any, str]:
    """The event, and the key of the file that it names if there had to be one."""
    payload = sample_payload(name)
    if name != "storage":
        return payload, ""
    key = sample_object(service)
    for record in payload["Records"]:
        record["s3"]["bucket"]["name"] = service.bucket()
        record["s3"]["object"]["key"] = key
    return payload, key


def _arn(service: Service, name: str) -> str:
    """The function's ARN without the alias."""
    arn = str(service.settings(name)["FunctionArn"])
    return ":".join(arn.split(":")[:7])


def _machine(service: Service, given: Asked) -> tuple[str, str]:
    """The state machine's ARN, and that of the function that renews ids, if there is one."""
    if given.state_machine:
        return _named(service, given.state_machine), ""
    stack = Stack(f"{project().slug}-power-tuning", service.endpoint, service.stack.region)
    if stack.status() not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        if service.is_local:
            raise ToolError("the emulator cannot install it: name a state machine")
        _install(stack, yes=given.yes)
    outputs = stack.outputs()
    return outputs["StateMachine"], outputs["Renew"]


def _named(service: Service, name: str) -> str:
    if name.startswith("arn:"):
        return name
    pages = service.client("stepfunctions").get_paginator("list_state_machines").paginate()
    for page in pages:
        for machine in page["stateMachines"]:
            if machine["name"] == name:
                return str(machine["stateMachineArn"])
    raise ToolError(f"there is no state machine called {name}")


def _install(stack: Stack, *, yes: bool) -> None:
    confirm(
        f"AWS Lambda Power Tuning is not in this account yet. Create the stack {stack.name}?",
        yes=yes,
    )
    apply(stack, Wanted(as_text(stack_template())))


def _execute(service: Service, machine: str, request: dict[str, Any]) -> dict[str, Any]:
    steps = service.client("stepfunctions")
    started = steps.start_execution(stateMachineArn=machine, input=json.dumps(request))
    print(started["executionArn"])
    print("Ctrl-C stops waiting, not the execution, which puts the memory back at its end")
    while True:
        found = steps.describe_execution(executionArn=started["executionArn"])
        if found["status"] == "SUCCEEDED":
            output = json.loads(found["output"])
            return dict(output.get("results", output))
        if found["status"] != "RUNNING":
            cause = found.get("cause") or found.get("error") or "no reason given"
            raise ToolError(f"the execution ended as {found['status']}: {cause}")
        time.sleep(_POLL_SECONDS)


def _parameter(function: Function) -> str:
    """The parameter that sets the function's memory."""
    properties = merged_template()["Resources"][function.logical_id]["Properties"]
    memory = properties.get("MemorySize")
    return str(memory["Ref"]) if isinstance(memory, dict) and "Ref" in memory else "MemorySize"
