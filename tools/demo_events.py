"""Send real events to a service that runs locally, and show what becomes of them.

Run by demo.py with the generated project's interpreter, in the project's folder.
"""

import json
import subprocess
import sys
import time
import uuid
from typing import Any

from lambda_workbench.local.emulator import shared_endpoint
from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.operate.service import Service, wait_until
from lambda_workbench.operate.sources import Answer, Api
from lambda_workbench.operate.stages import LOCAL

HIDDEN = {"level", "timestamp", "message", "service", "stage", "version", "logger", "_aws"}


def say(text: str) -> None:
    print(text, flush=True)


def expect(answer: Answer, status: int) -> None:
    say(f"    {answer.status}  {answer.body}")
    if answer.status != status:
        sys.exit(f"expected {status}")


def show_log(line: dict[str, Any], function: str) -> None:
    fields = " ".join(f"{name}={value}" for name, value in line.items() if name not in HIDDEN)
    say(f'    log of {function}: "{line["message"]}" {fields}')


def recorded(service: Service, function: str, order_id: str, status: str, since: float) -> None:
    """Wait for the log line that says a function has recorded the order."""

    def look() -> dict[str, Any]:
        lines: list[dict[str, Any]] = service.log_lines(function, since)
        wanted = {"order_id": order_id, "status": status}
        return next((line for line in lines if wanted.items() <= line.items()), {})

    show_log(wait_until(f"{function} records {order_id} as {status}", look), function)


def order_over_http(service: Service, *, queue: bool) -> None:
    """Place an order, see it stored, place it again, and see the worker fulfil it."""
    api = Api(service)
    since = time.time() - 1
    key = str(uuid.uuid4())
    body = {
        "customer_id": "cus-1",
        "lines": [{"sku": "KB-1", "quantity": 2, "unit_price_cents": 4999}],
    }
    known = {"AWS_IAM": "signed with SigV4", "NONE": "open to anyone"}
    signed = known.get(api.authorization, f"authorization: {api.authorization}")
    say(f"  POST {api.url}/orders  ({signed})")
    say(f"    {json.dumps(body)}")
    answer = api.call("POST", "/orders", body, {"idempotency-key": key})
    expect(answer, 202 if queue else 201)
    order_id = str(answer.json()["order_id"])

    if api.authorization != "NONE":
        say("  The same without credentials")
        stranger = api.call("POST", "/orders", body, {"idempotency-key": key}, authorized=False)
        say(f"    {stranger.status}  {stranger.body}")
        if stranger.status not in {401, 403}:
            sys.exit("expected 401 or 403")

    variables = service.settings("api")["Environment"]["Variables"]
    if "ORDERS_TABLE" in variables:
        say("  The same with the same Idempotency-Key: the same answer, no second order")
        again = api.call("POST", "/orders", body, {"idempotency-key": key})
        expect(again, answer.status)
        if again.body != answer.body:
            sys.exit("expected the same answer")
        say(f"  Stored in the table {variables['ORDERS_TABLE']}")
        stored = service.client("dynamodb").get_item(
            TableName=variables["ORDERS_TABLE"],
            Key={"order_id": {"S": order_id}},
            ConsistentRead=True,
        )
        if "Item" not in stored:
            sys.exit("expected the order in the table")
        say(f"    {json.dumps(stored['Item'])}")
    recorded(service, "api", order_id, "placed", since)

    if queue:
        say(f"  Queued at {variables['ORDERS_QUEUE_URL']}, taken and fulfilled by the worker")
        recorded(service, "queue", order_id, "fulfilled", since)
    if "ORDERS_TABLE" in variables:
        say(f"  GET {api.url}/orders/{order_id}")
        read = api.call("GET", f"/orders/{order_id}")
        expect(read, 200)
        if read.json()["status"] != ("fulfilled" if queue else "placed"):
            sys.exit("expected the order in its last state")


def sample_event(service: Service, trigger: str) -> None:
    """Send the trigger's sample event as `make invoke` does, and show the first log lines."""
    since = time.time() - 1
    say(f"  make invoke TRIGGER={trigger}")
    done = subprocess.run(
        [sys.executable, "-m", "lambda_workbench", "invoke", trigger],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in (done.stdout + done.stderr).splitlines():
        say(f"    {line}")
    if done.returncode:
        sys.exit(f"`make invoke TRIGGER={trigger}` failed")

    def look() -> list[dict[str, Any]]:
        effects = ("recorded", "closed", "expired")
        lines = service.log_lines(trigger, since)
        return [line for line in lines if str(line.get("message", "")).endswith(effects)]

    show_log(wait_until(f"{trigger} logs what it did", look)[0], trigger)


def main() -> None:
    enter_local_environment()
    service = Service(LOCAL, shared_endpoint())
    functions = service.functions()
    if "api" in functions:
        order_over_http(service, queue="queue" in functions)
    for function in functions:
        if function in {"api", "authorizer"} or (function == "queue" and "api" in functions):
            continue
        sample_event(service, function)


if __name__ == "__main__":
    main()
