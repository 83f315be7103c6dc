"""Load a stage for a while: `make load STAGE=dev RATE=20 DURATION=30`.

Sends the sample event of TRIGGER=api or queue again and again, with ids of its own. Then it waits
until all queues are empty, and removes what it left in the tables. Ends with 1 when more than one
call in a hundred failed, something went to a failure queue, or this machine could not keep up.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, Self

import botocore.httpsession
import botocore.utils
import click

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.asking import PROD, confirm, service_of
from lambda_workbench.operate.failures import failure_stores, waiting
from lambda_workbench.operate.pace import Calls, at_pace, percentile, waits
from lambda_workbench.operate.service import Service
from lambda_workbench.operate.sources import Api
from lambda_workbench.operate.tuning_input import MARK, sample_payload
from lambda_workbench.project import ROOT

_TARGET = "load"
_TRIGGERS = ("api", "queue")
_FASTEST = 500
_LONGEST = 900
_PATIENCE_SECONDS = 600.0
_LOOK_SECONDS = 0.5
_WORKERS = 200
_TOLERATED = 0.01
_LATE_SECONDS = 1.0
Send = Callable[[int], str]


@click.command()
@click.argument("stage", default="")
@click.option("--trigger", default="", help="api or queue")
@click.option("--rate", default=10.0, help="calls a second")
@click.option("--duration", default=30.0, help="seconds")
@click.option("--keep", is_flag=True, help="leave what it wrote in the tables")
@click.option("--prod", is_flag=True, help="I know what this does to production")
@click.option("--yes", is_flag=True, help="do not ask")
def command(
    stage: str, trigger: str, rate: float, duration: float, keep: bool, prod: bool, yes: bool
) -> None:
    """Load the stage, wait, tidy up and tell."""
    _expect_allowed(stage, rate, duration, prod=prod)
    service = service_of(stage, _TARGET)
    trigger = trigger or next(iter(_available()), "")
    if trigger not in _available():
        known = "|".join(_available()) or "nothing: only an API or a queue can be loaded"
        raise ToolError(f"name what to load: TRIGGER={known}")
    tag = f"load-{uuid.uuid4().hex[:8]}"
    made: set[str] = set()
    send, where = _to_api(service, tag, made) if trigger == "api" else _to_queue(service, tag)
    count = round(rate * duration)
    print(f"{where}\n{rate:g} a second for {duration:g} s: {count} in all, as {tag}")
    if not service.is_local:
        confirm(f"{stage} is billed for it, and does it for real. Go on?", yes=yes)
    failed_before = _failed(service)
    with _Depth(service) as depth:
        try:
            calls = at_pace(rate, duration, send, workers=_WORKERS)
            drained = depth.wait_until_empty(_PATIENCE_SECONDS)
        finally:
            if not keep:
                print(f"removed {_tidy_up(service, tag, made)} items from the tables")
    failed = _failed(service) - failed_before
    print("\n".join(report(calls, rate, trigger, depth.done(calls))))
    if depth.queues:
        print(f"queues      empty {drained:.1f} s after the last call; {failed} failed for good")
    if faults := list(_faults(calls, failed)):
        sys.exit("\n".join(faults))


def report(calls: Calls, rate: float, trigger: str, done: list[tuple[float, int]]) -> list[str]:
    """What the calls came to."""
    outcomes = ", ".join(f"{count} of {name}" for name, count in calls.outcomes.most_common())
    lines = [
        f"rate        {calls.rate:.1f} answers a second of {rate:g}",
        f"outcomes    {outcomes}",
        f"call        {_spread(calls.times)}",
    ]
    if trigger == "queue" and (finished := waits(calls.due, done)):
        lines.append(f"processed   {_spread(finished)}, about")
        seconds = done[-1][0] - calls.began
        lines.append(f"throughput  {len(finished) / seconds:.1f} messages a second, about")
    return lines


def _expect_allowed(stage: str, rate: float, duration: float, *, prod: bool) -> None:
    if not 0 < rate <= _FASTEST or not 0 < duration <= _LONGEST:
        raise ToolError(
            f"RATE is at most {_FASTEST} a second and DURATION {_LONGEST} s: for more, use a tool "
            "that runs on several machines"
        )
    if stage == PROD and not prod:
        raise ToolError("not in prod, unless you say ARGS=--prod")


def _available() -> list[str]:
    return [name for name in _TRIGGERS if (ROOT / "events" / f"{name}.json").exists()]


def _renewed(sample: str, tag: str, number: int) -> Any:
    """The sample with ids that nothing has yet, and that all begin with the run's tag."""
    return json.loads(sample.replace(MARK, f"{tag}-{number}"))


def _to_api(service: Service, tag: str, made: set[str]) -> tuple[Send, str]:
    """Sends requests through the gateway, with the credentials that it asks for.

    Adds to `made` the ids that the service gave: the last part of each Location header.
    """
    sample = json.dumps(sample_payload("api"))
    event = json.loads(sample)
    http = event.get("requestContext", {}).get("http", {})
    method = http.get("method") or event["httpMethod"]
    path = event.get("rawPath") or event["path"]
    api = Api(service)
    session = botocore.httpsession.URLLib3Session(
        max_pool_connections=_WORKERS,
        timeout=(5, 35),  # type: ignore[arg-type]  # the stubs know one number only
        proxies=botocore.utils.get_environ_proxies(api.url),
    )

    def send(number: int) -> str:
        request = _renewed(sample, tag, number)
        headers = {name.lower(): value for name, value in request["headers"].items()}
        kept = {name: headers[name] for name in ("idempotency-key",) if name in headers}
        prepared = api.request(method, path, request.get("body"), kept).prepare()
        answer = session.send(prepared)
        if location := answer.headers.get("location"):
            made.add(location.rpartition("/")[2])
        return str(answer.status_code)

    return send, f"{method} {api.url}{path} ({api.authorization})"


def _to_queue(service: Service, tag: str) -> tuple[Send, str]:
    """Sends messages to the queue."""
    sample = json.dumps(sample_payload("queue"))
    url = service.queue_url(service.mapping("queue")["EventSourceArn"])
    sqs = service.client("sqs")

    def send(number: int) -> str:
        body = _renewed(sample, tag, number)["Records"][0]["body"]
        extra = {}
        if url.endswith(".fifo"):
            extra = {
                "MessageGroupId": f"{tag}-{number}",
                "MessageDeduplicationId": f"{tag}-{number}",
            }
        sqs.send_message(QueueUrl=url, MessageBody=body, **extra)
        return "sent"

    return send, url


class _Depth:
    """Watches how many messages are in the queues that functions read."""

    def __init__(self, service: Service) -> None:
        self._service = service
        pages = service.client("lambda").get_paginator("list_event_source_mappings").paginate()
        own = {service.function(name) for name in service.functions()}
        self.queues = [
            service.queue_url(mapping["EventSourceArn"])
            for page in pages
            for mapping in page["EventSourceMappings"]
            if ":sqs:" in mapping["EventSourceArn"] and own & set(mapping["FunctionArn"].split(":"))
        ]
        self._samples: list[tuple[float, int]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=10)

    def wait_until_empty(self, patience: float) -> float:
        """Wait until nothing is waiting or in work, twice in a row; how long that took."""
        began = time.monotonic()
        while True:
            recent = [sample for sample in self._samples if sample[0] > began][-2:]
            if not self.queues or (len(recent) == 2 and not any(depth for _, depth in recent)):
                return time.monotonic() - began
            if time.monotonic() - began > patience:
                raise ToolError(f"after {patience:.0f} s the queues are still not empty")
            time.sleep(_LOOK_SECONDS / 2)

    def done(self, calls: Calls) -> list[tuple[float, int]]:
        """How many of the calls' messages were done at each moment."""
        total = len(calls.due)
        return [
            (moment, sum(due <= moment for due in calls.due) - depth)
            for moment, depth in self._samples
            if moment >= calls.began and total
        ]

    def _watch(self) -> None:
        while self.queues and not self._ended.wait(_LOOK_SECONDS):
            depth = sum(_messages(self._service.queue_attributes(url)) for url in self.queues)
            self._samples.append((time.monotonic(), depth))


def _messages(attributes: dict[str, str]) -> int:
    states = ("", "NotVisible", "Delayed")
    return sum(int(attributes.get(f"ApproximateNumberOfMessages{state}", 0)) for state in states)


def _failed(service: Service) -> int:
    return sum(waiting(service, store) for store in failure_stores(service))


def _faults(calls: Calls, failed: int) -> list[str]:
    """Why the run is not a good one."""
    good = sum(
        count for name, count in calls.outcomes.items() if name == "sent" or name.startswith("2")
    )
    bad = len(calls.times) - good
    found = []
    if bad > _TOLERATED * len(calls.times):
        found.append(f"{bad} of {len(calls.times)} calls failed")
    if failed > 0:
        found.append(f"{failed} failed for good: make redrive lists where")
    late = percentile(calls.late, 0.99)
    if late > _LATE_SECONDS:
        found.append(f"this machine sends too slowly: p99 of the calls began {late:.1f} s late")
    return found


def _tidy_up(service: Service, tag: str, made: set[str]) -> int:
    """Remove every item that has the run's tag, or what it made in its key; how many there were."""
    dynamodb = service.client("dynamodb")
    removed = 0
    for table in service.stack.of_type("AWS::DynamoDB::Table"):
        described = dynamodb.describe_table(TableName=table)["Table"]
        names = [key["AttributeName"] for key in described["KeySchema"]]
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                key = {name: item[name] for name in names}
                parts = {part for value in key.values() for part in value.get("S", "").split("#")}
                if tag in str(item) or parts & made:
                    dynamodb.delete_item(TableName=table, Key=key)
                    removed += 1
    return removed


def _spread(seconds: list[float]) -> str:
    shown = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("longest", 1.0)]
    return ", ".join(f"{name} {percentile(seconds, share) * 1000:.0f} ms" for name, share in shown)
