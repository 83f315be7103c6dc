"""Handlers, domain, adapters and their tests."""

from pathlib import Path

from . import (
    LIBRARY,
    PACKAGE,
    append,
    delete,
    edit,
    override,
    replace,
    sort_imports,
    substitute,
    write,
)


@edit
def add_a_route(project: Path) -> None:
    """One more operation in the API."""
    append(
        project,
        f"{PACKAGE}/handlers/api.py",
        '''

class Carrier(Struct):
    """Who delivers."""

    name: str


@api.get("/carriers/{name}")
def get_carrier(request: Request, name: str) -> Carrier:
    """Say who delivers."""
    return Carrier(name)
''',
    )
    replace(
        project,
        "tests/unit/handlers/test_api.py",
        'set(document["paths"]) == {',
        'set(document["paths"]) == {"/carriers/{name}", ',
    )


@edit
def rename_a_handler_function(project: Path) -> None:
    """The worker's entry point says what it does; the override points at it."""
    replace(project, f"{PACKAGE}/handlers/queue.py", "def handler(", "def fulfil_orders(")
    replace(
        project, "tests/unit/handlers/test_queue.py", "worker.handler(", "worker.fulfil_orders("
    )
    override(
        project,
        """\
  QueueFunction:
    Properties:
      Handler: order_service.handlers.queue.fulfil_orders
""",
    )


@edit
def delete_the_sample_domain(project: Path) -> None:
    """A service about something else: nothing of the orders stays."""
    delete(
        project,
        f"{PACKAGE}/domain/*.py",
        f"{PACKAGE}/adapters/*.py",
        f"{PACKAGE}/handlers/cursors.py",
        "events/*.json",
        "tests/unit/domain/*.py",
        "tests/unit/handlers/*.py",
        "tests/integration/test_*.py",
        "tests/e2e/test_*.py",
        "tests/e2e/conftest.py",
        "tests/e2e/orders.py",
        "tests/fakes/orders.py",
        "tests/fakes/queue.py",
    )
    for name, text in TICKETS.items():
        write(project, name, text)


TICKETS = {
    f"{PACKAGE}/domain/__init__.py": '"""Tickets."""\n',
    f"{PACKAGE}/adapters/__init__.py": '"""Nothing yet."""\n',
    f"{PACKAGE}/domain/tickets.py": '''"""What customers ask for."""

from msgspec import Struct


class Ticket(Struct, frozen=True):
    """A question of a customer's."""

    ticket_id: str
    text: str
''',
    f"{PACKAGE}/handlers/api.py": '''"""The HTTP API of the service."""

from typing import Any

from lean_lambda.api import Api
from lean_lambda.invocation import Context, Event, invocation, start
from lean_lambda.request import Request

from ..config import Settings
from ..domain.tickets import Ticket
from ..gateway import gateway

settings = start(Settings)
api = Api(settings.service_name, settings.service_version, gateway)


@invocation(settings)
def handler(event: Event, context: Context) -> dict[str, Any]:
    """Answer one HTTP request."""
    return api.handle(event, context)


@api.post("/tickets", status=201)
def open_ticket(request: Request, new: Ticket) -> Ticket:
    """Take a ticket."""
    return new
''',
    f"{PACKAGE}/handlers/queue.py": '''"""Reads the tickets that the queue delivers."""

from lean_lambda import sqs
from lean_lambda.batch import BatchResponse, Record, process
from lean_lambda.documents import decode
from lean_lambda.invocation import Context, Event, invocation, start

from ..config import Settings
from ..domain.tickets import Ticket

settings = start(Settings)


@invocation(settings)
def handler(event: Event, context: Context) -> BatchResponse:
    """Answer with the messages to be delivered again."""
    return process(sqs.records(event), read, context)


def read(message: Record) -> None:
    """Read one ticket."""
    decode(Ticket, message.body)
''',
    "tests/unit/handlers/test_tickets.py": '''"""Tickets come in."""

import json

from lean_lambda.testing.context import FakeContext

from tests.fakes.http import request_event
from tests.unit.conftest import StartFunction

TICKET = {"ticket_id": "t-1", "text": "Where is it?"}


def test_a_ticket_is_taken(start_function: StartFunction) -> None:
    event = request_event("POST", "/tickets", body=json.dumps(TICKET))
    answer = start_function("api").handler(event, FakeContext())
    assert (answer["statusCode"], json.loads(answer["body"])) == (201, TICKET)


def test_a_ticket_is_read(start_function: StartFunction) -> None:
    message = {"messageId": "m-1", "body": json.dumps(TICKET), "messageAttributes": {}}
    event = {"Records": [{**message, "eventSourceARN": "arn:aws:sqs:eu-west-1:1:tickets"}]}
    assert start_function("queue").handler(event, FakeContext()) == {"batchItemFailures": []}
''',
}


@edit
def replace_dynamodb_by_another_store(project: Path) -> None:
    """SQLite on a shared file system instead of the adapters that came with the project."""
    delete(
        project,
        f"{PACKAGE}/adapters/dynamodb_*.py",
        "tests/integration/test_dynamodb_*.py",
    )
    write(project, f"{PACKAGE}/adapters/sqlite_orders.py", SQLITE)
    write(project, "tests/integration/test_sqlite_orders.py", TEST_SQLITE)
    for handler in ("api", "queue"):
        name = f"{PACKAGE}/handlers/{handler}.py"
        replace(
            project, name, "from ..adapters.dynamodb_order_reader import DynamoOrderReader\n", ""
        )
        replace(
            project,
            name,
            "dynamodb_orders import DynamoOrders",
            "sqlite_orders import SqliteOrders",
        )
        for old in ("DynamoOrders", "DynamoOrderReader"):
            replace(
                project,
                name,
                f"{old}(aws, settings.orders_table)",
                "SqliteOrders(settings.orders_table)",
            )
    sort_imports(project, f"{PACKAGE}/handlers/api.py")
    for of_dynamodb in (
        r"from order_service\.adapters\.dynamodb_order_reader import \([^)]*\)\n",
        r"from order_service\.adapters\.dynamodb_orders import DynamoOrders\n",
        r'@pytest\.mark\.parametrize\("document"(?:.|\n)*?\n\n\n(?=def )',
    ):
        substitute(project, "tests/unit/handlers/test_api.py", of_dynamodb, "")


SQLITE = '''"""Orders in a file that all functions mount."""

import sqlite3

from lean_lambda.documents import decode, encode

from ..domain.orders import Order
from ..domain.reading import Page

TABLE = """
CREATE TABLE IF NOT EXISTS orders (
    order_id TEXT PRIMARY KEY, whose TEXT, status TEXT, document TEXT
)
"""
ADD = "INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?)"
MOVE = "UPDATE orders SET status = ?, document = ? WHERE order_id = ? AND status = ?"


class SqliteOrders:
    """Keeps and finds orders. Every write says which status it replaces."""

    def __init__(self, path: str) -> None:
        self._path = path

    def put(self, order: Order, *, replacing: Order | None) -> bool:
        """Keep the order, if it is there at the status of `replacing` (None: not at all)."""
        whose = f"{order.customer_id}#{order.placed_by}"
        row: tuple[str, ...] = (order.order_id, whose, order.status, encode(order))
        if replacing:
            row = (order.status, encode(order), order.order_id, replacing.status)
        with self._connection() as connection:
            return connection.execute(MOVE if replacing else ADD, row).rowcount == 1

    def get(self, order_id: str) -> Order | None:
        """The order as last written, or None."""
        with self._connection() as connection:
            query = "SELECT document FROM orders WHERE order_id = ?"
            found = connection.execute(query, (order_id,)).fetchone()
        return decode(Order, found[0]) if found else None

    def of_customer(self, customer_id: str, caller: str, limit: int, start: str) -> Page:
        """What the caller ordered for the customer."""
        with self._connection() as connection:
            query = "SELECT document FROM orders WHERE whose = ? LIMIT ? OFFSET ?"
            given = (f"{customer_id}#{caller}", limit, int(start or 0))
            found = connection.execute(query, given).fetchall()
        return Page([decode(Order, row[0]) for row in found], "")

    def _connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        connection.execute(TABLE)
        return connection
'''
TEST_SQLITE = '''"""Orders in a file."""

from pathlib import Path

from order_service.adapters.sqlite_orders import SqliteOrders
from order_service.domain.orders import Status

from tests.fakes.orders import an_order


def test_a_write_replaces_what_the_writer_saw(tmp_path: Path) -> None:
    orders = SqliteOrders(str(tmp_path / "orders"))
    assert orders.get("ord-1") is None
    assert orders.put(an_order(), replacing=None)
    assert not orders.put(an_order(), replacing=None)
    assert orders.put(an_order(status=Status.PAID), replacing=an_order())
    assert not orders.put(an_order(status=Status.EXPIRED), replacing=an_order())
    assert orders.get("ord-1") == an_order(status=Status.PAID)
    whose = ("cus-1", an_order().placed_by)
    assert orders.of_customer(*whose, 10, "").orders == [an_order(status=Status.PAID)]
'''


@edit
def own_settings(project: Path) -> None:
    """A variable that every function reads."""
    append(
        project, f"{PACKAGE}/config.py", '\n    carrier_url: str = "https://carrier.example.com"\n'
    )


@edit
def own_starter_tests(project: Path) -> None:
    """The tests that came with a handler grow with it."""
    append(
        project,
        "tests/unit/handlers/test_queue.py",
        "\n\ndef test_it_is_monday() -> None:\n    assert True\n",
    )
    write(project, "tests/unit/domain/test_carriers.py", "def test_carrier() -> None:\n    pass\n")


@edit
def change_a_line_of_the_runtime(project: Path) -> None:
    """A managed file, edited in the middle: one more field that logs mask."""
    for name in ("log", "journal"):
        replace(
            project,
            f"{LIBRARY}/{name}.py",
            '        "ssn",\n',
            '        "ssn",\n        "tax_number",\n',
        )


@edit
def import_from_the_runtime(project: Path) -> None:
    """Code of the team's that uses a managed module under its name at the time."""
    old = (project / LIBRARY / "journal.py").exists()
    name = "journal" if old else "log"
    write(
        project,
        f"{PACKAGE}/adapters/audit.py",
        f'"""Who did what."""\n\nfrom lean_lambda.{name} import logger\n\nlogger.info("audited")\n',
    )


@edit
def own_module_in_the_runtime(project: Path) -> None:
    """A file of the team's in a folder of the template's."""
    write(project, f"{LIBRARY}/tracing.py", '"""Our own tracing."""\n')


@edit
def change_a_managed_conftest(project: Path) -> None:
    """A fixture of the team's in a managed module of the tests."""
    append(project, "tests/conftest.py", "\n# Ours: also what the contract tests need.\n")


@edit
def change_a_managed_test(project: Path) -> None:
    """A variable of the team's in the middle of a managed test module."""
    replace(
        project,
        "tests/unit/conftest.py",
        '    "LOG_LEVEL": "DEBUG",\n',
        '    "LOG_LEVEL": "DEBUG",\n    "PARTNER": "acme",\n',
    )
