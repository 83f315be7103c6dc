"""`make load`: a stage is loaded at a pace, what came of it is told, and nothing is left behind."""

import json
import re

import pytest

from tests.operations.conftest import Running, Tools


def items(running: Running) -> set[str]:
    """The items of all tables."""
    dynamodb = running.client("dynamodb")
    tables = {name for name in dynamodb.list_tables()["TableNames"] if name.startswith("shop-")}
    return {str(item) for table in tables for item in dynamodb.scan(TableName=table)["Items"]}


@pytest.mark.parametrize(("trigger", "outcome"), [("api", "6 of 202"), ("queue", "6 of sent")])
def test_it_tells_what_came_of_it_and_leaves_nothing(
    running: Running, trigger: str, outcome: str
) -> None:
    before = items(running)

    done = running.run("load", "local", "--trigger", trigger, "--rate", "2", "--duration", "3")

    assert not done.failure, done.failure
    assert f"outcomes    {outcome}\n" in done.output
    assert re.search(r"^rate +[\d.]+ answers a second of 2$", done.output, re.MULTILINE)
    assert re.search(
        r"^call +p50 \d+ ms, p90 \d+ ms, p99 \d+ ms, longest", done.output, re.MULTILINE
    )
    assert "; 0 failed for good" in done.output
    assert ("processed   p50" in done.output) == (trigger == "queue")
    removed = re.search(r"removed (\d+) items", done.output)
    assert removed is not None
    assert int(removed[1]) >= 6
    assert items(running) == before
    assert running.waiting("orders") == 0


def test_failures_are_told_and_end_with_1(running: Running) -> None:
    event = running.project / "events" / "queue.json"
    was = event.read_text()
    sample = json.loads(was)
    sample["Records"][0]["body"] = json.dumps({"order_id": "ord-1"})
    event.write_text(json.dumps(sample))
    try:
        done = running.run("load", "local", "--trigger", "queue", "--rate", "2", "--duration", "1")
    finally:
        event.write_text(was)
        running.client("sqs").purge_queue(QueueUrl=running.queue("orders-dead-letters"))

    assert done.code == 1
    assert "2 failed for good: make redrive lists where" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["prod"], "not in prod, unless you say ARGS=--prod"),
        (["dev", "--rate", "5000"], "RATE is at most 500"),
        (["dev", "--trigger", "stream"], "TRIGGER=api|queue"),
        (["nowhere"], "name a stage: make load STAGE=local|dev|staging|prod"),
    ],
)
def test_what_would_do_harm_or_nothing_is_refused(
    project: Tools, arguments: list[str], said: str
) -> None:
    done = project.run("load", *arguments)
    assert done.code == 1
    assert said in done.output


PACE = """\
import time
from lambda_workbench.operate.pace import at_pace, percentile, waits

def call(number):
    if number == 0:
        time.sleep(0.5)  # with one worker, those behind it have to wait
    return "done"

calls = at_pace(20, 0.5, call, workers=1)
assert len(calls.times) == 10, calls
assert calls.times[1] > 0.4, calls.times  # although it took no time itself
assert calls.late[1] > 0.4, calls.late
assert percentile([0.3, 0.1, 0.2, 0.4], 0.5) == 0.2
assert percentile(range(1, 101), 0.99) == 99
assert waits([0.0, 1.0, 2.0], [(0.5, 1), (3.0, 2), (3.5, 3)]) == [0.5, 2.0, 1.5]
"""


def test_a_call_that_had_to_wait_took_that_long(project: Tools) -> None:
    (project.project / "try_pace.py").write_text(PACE)
    done = project.run("try_pace")
    assert not done.failure, done.failure
