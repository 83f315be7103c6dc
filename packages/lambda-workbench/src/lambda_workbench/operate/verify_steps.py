"""The steps of `make verify`: each changes the stage and returns what shows that it worked.

A step raises ToolError when it failed, and NotTried with the reason when it cannot be made.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.change_set import settle
from lambda_workbench.operate.failures import FailureStore, Kind, failure_stores, waiting
from lambda_workbench.operate.sandbox import Finished, Live, Sandbox
from lambda_workbench.operate.service import ALIAS, Service, wait_until
from lambda_workbench.operate.sources import send_message
from lambda_workbench.project import ROOT

Evidence = list[str]
Step = Callable[[Sandbox], Evidence]

CANARY = "TrafficShifting=Canary10Percent5Minutes"
_CALLS_EVERY_SECONDS = 0.5
_QUIET_SECONDS = 1200.0
_POISON_SECONDS = {True: 60.0, False: 3600.0}  # on the emulator, on AWS
_LAST_LINES = 15


class NotTried(Exception):  # noqa: N818 - it is no error
    """Why a step cannot be made here."""


def deploy_from_nothing(sandbox: Sandbox) -> Evidence:
    """Delete what is there, and deploy."""
    evidence = delete_everything(sandbox) if sandbox.status else []
    _expect_success(sandbox.deploy("verify-1"))
    return [*evidence, *_state(sandbox)]


def end_to_end(sandbox: Sandbox) -> Evidence:
    """Run the end-to-end tests; those for this machine have an emulator of their own."""
    done = sandbox.run("pytest", "tests/e2e", "-q", "--no-header", STAGE=sandbox.service.stage)
    _expect_success(done)
    where = " (on an emulator of their own)" if sandbox.service.is_local else ""
    return [f"{_lines(done)[-1].strip('= ')}{where}"]


def update_code(sandbox: Sandbox) -> Evidence:
    """Deploy other code: every function has a new version, and its alias is there."""
    return _moved(sandbox, "verify-2", other_code=True)


def update_settings(sandbox: Sandbox) -> Evidence:
    """Deploy another parameter with the same code."""
    before = sandbox.parameter("LogLevel")
    level = "INFO" if before == "WARNING" else "WARNING"
    evidence = _moved(sandbox, "verify-2", f"LogLevel={level}", other_code=False)
    if sandbox.parameter("LogLevel") != level:
        raise ToolError(f"LogLevel is {sandbox.parameter('LogLevel')}, not {level}")
    return [f"LogLevel: {before} → {level}", *evidence]


def bad_version(sandbox: Sandbox) -> Evidence:
    """Deploy code that fails, with traffic: the canary has to take it back."""
    if sandbox.service.is_local:
        raise NotTried("the emulator has no CodeDeploy, which shifts traffic and takes it back")
    if not events_of(sandbox.service):
        raise NotTried("no function has a sample event in events/ to be called with")
    wait_until("every alarm is off", lambda: not sandbox.alarms(), _QUIET_SECONDS)
    before = sandbox.live()
    with sandbox.bad_code(), traffic(sandbox.service) as calls:
        done = sandbox.deploy("verify-bad", "--parameter", CANARY)
    now = sandbox.live()
    if not done.code:
        raise ToolError("the bad version was deployed and stays: no alarm took it back")
    if sandbox.status != "UPDATE_ROLLBACK_COMPLETE":
        raise ToolError(f"the stack is {sandbox.status}, not UPDATE_ROLLBACK_COMPLETE")
    if now != before:
        raise ToolError(f"callers do not reach what they did before: {_versions(before, now)}")
    if not calls.failed:
        raise ToolError("no call has failed, so it was not the canary that took it back")
    return [
        f"{sandbox.status}; {_versions(before, now)}",
        f"{calls.failed} of {calls.made} calls failed meanwhile",
        *_lines(done)[-3:],
    ]


def roll_forward(sandbox: Sandbox) -> Evidence:
    """Deploy good code again, past the alarms that a bad version has left on."""
    evidence = _moved(sandbox, "verify-3", other_code=True, ignore_alarms=True)
    return evidence if sandbox.service.is_local else [*evidence, *end_to_end(sandbox)]


def redrive(sandbox: Sandbox) -> Evidence:
    """Have something fail for good, and have it done again."""
    service = sandbox.service
    stores = {store.kind: store for store in failure_stores(service)}
    store = stores.get(Kind.MESSAGE) or stores.get(Kind.EVENT)
    if store is None:
        raise NotTried("no function has a queue for what failed that could be filled here")
    _fail(service, store)
    full = wait_until(
        f"something is in {store.name}",
        lambda: waiting(service, store),
        _POISON_SECONDS[service.is_local],
    )
    given = [service.stage, "--function", store.function, "--yes"]
    done = sandbox.run("lambda_workbench", "redrive", *given)
    _expect_success(done)
    return [f"{full} {store.kind} of {store.function} had failed", _lines(done)[-1]]


def delete_everything(sandbox: Sandbox) -> Evidence:
    """Delete the stage with its data, and say what is left."""
    if not settle(sandbox.service.stack):
        return ["there is no stack, so nothing is left"]
    done = sandbox.run("lambda_workbench", "delete", sandbox.service.stage, "--data", "--yes")
    _expect_success(done)
    if sandbox.status:
        raise ToolError(f"the stack is {sandbox.status}")
    after = done.output.rpartition(" is deleted")[2].splitlines()
    return ["the stack is deleted", *(left for line in after if (left := line.strip()))]


STEPS: dict[str, Step] = {
    "Deploy from nothing": deploy_from_nothing,
    "End-to-end tests": end_to_end,
    "Update of the code": update_code,
    "Update of a setting": update_settings,
    "Bad version, taken back by the canary": bad_version,
    "Roll forward": roll_forward,
    "Redrive": redrive,
    "Delete everything": delete_everything,
}


class Calls:
    """How many calls were made, and how many of them failed."""

    def __init__(self) -> None:
        self.made = 0
        self.failed = 0


@contextlib.contextmanager
def traffic(service: Service) -> Iterator[Calls]:
    """Call every function that has a sample event, again and again meanwhile."""
    calls, ended = Calls(), threading.Event()
    events = events_of(service)

    def call() -> None:
        functions = service.client("lambda")
        while not ended.wait(_CALLS_EVERY_SECONDS):
            for name, path in events.items():
                # A call that does not arrive, such as one too many, is none.
                with contextlib.suppress(Exception):
                    answer = functions.invoke(
                        FunctionName=service.function(name),
                        Qualifier=ALIAS,
                        Payload=path.read_bytes(),
                    )
                    calls.made += 1
                    calls.failed += "FunctionError" in answer

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    try:
        yield calls
    finally:
        ended.set()
        thread.join(timeout=60)


def events_of(service: Service) -> dict[str, Path]:
    """The sample events, by the function that they are for."""
    found = {name: ROOT / "events" / f"{name}.json" for name in service.functions()}
    return {name: path for name, path in found.items() if path.exists()}


def _moved(
    sandbox: Sandbox,
    version: str,
    *parameters: str,
    other_code: bool,
    ignore_alarms: bool = False,
) -> Evidence:
    """Deploy, and expect that callers of every function reach another version."""
    before = sandbox.live()
    if other_code:
        sandbox.change_code(version)
    arguments = [word for one in parameters for word in ("--parameter", one)]
    arguments += ["--ignore-alarms"] if ignore_alarms else []
    _expect_success(sandbox.deploy(version, *arguments))
    now = sandbox.live()
    for name, live in now.items():
        if live.version == before[name].version or live.shared:
            raise ToolError(f"callers do not reach a new version: {_versions(before, now)}")
        if (live.code != before[name].code) is not other_code:
            raise ToolError(f"the code of {name} is {'the same' if other_code else 'another'}")
    return [f"{sandbox.status}; {_versions(before, now)}"]


def _fail(service: Service, store: FailureStore) -> None:
    """Send a message that fails each time; put an event where those go that have failed.

    SQS moves back only what it has moved to a dead-letter queue itself:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    """
    if store.kind is Kind.MESSAGE:
        send_message(service, "this is no JSON: make verify has sent it", group="make-verify")
        return
    path = events_of(service).get(store.function)
    event = json.loads(path.read_text(encoding="utf-8")) if path else {}
    body = {"requestContext": {"condition": "make verify"}, "requestPayload": event}
    service.client("sqs").send_message(QueueUrl=store.url, MessageBody=json.dumps(body))


def _state(sandbox: Sandbox) -> Evidence:
    versions = ", ".join(f"{name} {live.version}" for name, live in sandbox.live().items())
    return [f"{sandbox.status}; versions: {versions}"]


def _versions(before: dict[str, Live], now: dict[str, Live]) -> str:
    shown = []
    for name, live in now.items():
        others = " and another" if live.shared else ""
        shown.append(f"{name}: {before[name].version} → {live.version}{others}")
    return ", ".join(shown)


def _expect_success(done: Finished) -> None:
    if done.code:
        raise ToolError("\n".join(_lines(done)[-_LAST_LINES:]) or f"ended with {done.code}")


def _lines(done: Finished) -> list[str]:
    return [line for line in done.output.splitlines() if line.strip()]
