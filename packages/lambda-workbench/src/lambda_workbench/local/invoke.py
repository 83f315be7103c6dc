"""Send a sample event through its real source on this machine and show what comes of it.

make invoke TRIGGER=api          needs `make run` in another terminal
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import click

from lambda_workbench.errors import ToolError
from lambda_workbench.local.emulator import shared_endpoint
from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.local.logs import Tail
from lambda_workbench.operate import sources
from lambda_workbench.operate.service import Service
from lambda_workbench.operate.stages import LOCAL
from lambda_workbench.project import ROOT

_PATIENCE_SECONDS = 15.0
_QUIET_SECONDS = 1.5
Event = dict[str, Any]


def api(service: Service, event: Event) -> None:
    """Send the HTTP request and print the answer."""
    http = event.get("requestContext", {}).get("http", {})
    method = http.get("method") or event["httpMethod"]
    path = event.get("rawPath") or event["path"]
    headers = {name.lower(): value for name, value in event["headers"].items()}
    kept = {name: headers[name] for name in ("idempotency-key",) if name in headers}
    gateway = sources.Api(service)
    print(f"{method} {gateway.url}{path} ({gateway.authorization})")
    answer = gateway.call(method, path, event.get("body"), kept)
    print(f"{answer.status}\n{answer.body}")


def queue(service: Service, event: Event) -> None:
    """Send the messages."""
    for record in event["Records"]:
        group = record["attributes"].get("MessageGroupId", "")
        print("message", sources.send_message(service, record["body"], group=group))


def stream(service: Service, event: Event) -> None:
    """Put the records on the stream, or the items into the table it reads."""
    for record in event["Records"]:
        if "kinesis" in record:
            data = sources.decoded(record["kinesis"]["data"])
            sources.put_records(service, [(record["kinesis"]["partitionKey"], data)])
            print("record for", record["kinesis"]["partitionKey"])
        else:
            sources.put_item(service, record["dynamodb"]["NewImage"])
            print("item", record["dynamodb"]["Keys"])


def events(service: Service, event: Event) -> None:
    """Put the event on the bus."""
    sources.put_event(service, event["source"], event["detail-type"], event["detail"])
    print("event", event["detail-type"], "from", event["source"])


def schedule(service: Service, _event: Event) -> None:
    """Let the scheduler fire once."""
    sources.fire_schedule(service)
    print("a one-off schedule with the same target fires in a second")


def storage(service: Service, event: Event) -> None:
    """Put the object; its content is the file beside the event."""
    body = (ROOT / "events" / "storage.jsonl").read_text(encoding="utf-8")
    for record in event["Records"]:
        key = record["s3"]["object"]["key"]
        sources.put_object(service, key, body)
        print("object", key)


def topic(service: Service, event: Event) -> None:
    """Publish the messages."""
    for record in event["Records"]:
        sources.publish(service, record["Sns"]["Message"])
        print("published a message")


_TRIGGERS: dict[str, Callable[[Service, Event], None]] = {
    "api": api,
    "queue": queue,
    "stream": stream,
    "events": events,
    "schedule": schedule,
    "storage": storage,
    "topic": topic,
}


def available() -> list[str]:
    """The triggers of this project: those with a sample event."""
    return [name for name in _TRIGGERS if (ROOT / "events" / f"{name}.json").exists()]


@click.command()
@click.argument("trigger", default="")
def command(trigger: str) -> None:
    """Send the event, then show the log lines until no more come."""
    if trigger not in available():
        raise ToolError(f"name a trigger: make invoke TRIGGER={'|'.join(available())}")
    enter_local_environment()
    service = Service(LOCAL, shared_endpoint())
    event = json.loads((ROOT / "events" / f"{trigger}.json").read_text(encoding="utf-8"))
    tail = Tail(service, service.functions())
    _TRIGGERS[trigger](service, event)
    _follow(tail)


def _follow(tail: Tail) -> None:
    started = last = time.monotonic()
    shown = False
    while time.monotonic() - started < _PATIENCE_SECONDS:
        for line in tail.new_lines():
            print(line, flush=True)
            shown, last = True, time.monotonic()
        if shown and time.monotonic() - last > _QUIET_SECONDS:
            return
        time.sleep(0.3)
    if not shown:
        raise ToolError("no function logged anything: look at the terminal of `make run`")
