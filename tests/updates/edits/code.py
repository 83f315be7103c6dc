"""Handlers, domain, adapters and their tests."""

from pathlib import Path

from . import PACKAGE, append, delete, edit, read_yaml, replace, substitute, write


@edit
def add_a_route(project: Path) -> None:
    """One more operation in the API."""
    append(
        project,
        f"{PACKAGE}/handlers/api.py",
        "\n\ndef carriers(request: object) -> dict[str, str]:\n"
        '    """List who delivers."""\n    return {"carrier": "ours"}\n',
    )


@edit
def rename_a_handler_function(project: Path) -> None:
    """The worker's entry point says what it does; the override points at it."""
    replace(project, f"{PACKAGE}/handlers/queue.py", "def handler(", "def fulfil_orders(")
    replace(
        project,
        "template.override.yaml",
        "Resources: {}\n",
        "Resources:\n  QueueFunction:\n    Properties:\n"
        "      Handler: order_service.handlers.queue.fulfil_orders\n",
    )


@edit
def delete_the_sample_domain(project: Path) -> None:
    """A service about something else: nothing of the orders stays."""
    delete(
        project,
        f"{PACKAGE}/domain/*.py",
        f"{PACKAGE}/adapters/*.py",
        "tests/unit/domain/*.py",
        "tests/unit/handlers/*.py",
        "tests/integration/test_dynamodb*.py",
        "tests/fakes/orders.py",
    )
    write(project, f"{PACKAGE}/domain/__init__.py", '"""Tickets."""\n')
    write(project, f"{PACKAGE}/domain/tickets.py", "class Ticket:\n    number: int\n")


@edit
def replace_dynamodb_by_another_store(project: Path) -> None:
    """PostgreSQL instead of the adapters that came with the project."""
    delete(project, f"{PACKAGE}/adapters/dynamodb_orders.py")
    write(
        project, f"{PACKAGE}/adapters/postgres_orders.py", "class PostgresOrders:\n    url: str\n"
    )
    replace(project, f"{PACKAGE}/handlers/queue.py", "dynamodb_orders", "postgres_orders")


@edit
def own_settings(project: Path) -> None:
    """A variable that every function reads."""
    append(
        project, f"{PACKAGE}/config.py", '    carrier_url: str = "https://carrier.example.com"\n'
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
            f"{PACKAGE}/runtime/{name}.py",
            '        "ssn",\n',
            '        "ssn",\n        "tax_number",\n',
        )


@edit
def import_from_the_runtime(project: Path) -> None:
    """Code of the team's that uses a managed module under its name at the time."""
    old = (project / PACKAGE / "runtime/journal.py").exists()
    name = "journal" if old else "log"
    write(
        project,
        f"{PACKAGE}/domain/audit.py",
        f"from ..runtime.{name} import logger\n\nlogger.info('audited')\n",
    )


@edit
def own_module_in_the_runtime(project: Path) -> None:
    """A file of the team's in a folder of the template's."""
    write(project, f"{PACKAGE}/runtime/tracing.py", '"""Our own tracing."""\n')


@edit
def change_a_tool(project: Path) -> None:
    """A check of the team's in a managed tool."""
    append(project, "tools/check.py", "\n# Ours: also run the contract tests.\n")


@edit
def change_a_managed_test(project: Path) -> None:
    """A case of the team's in the middle of a managed test module."""
    substitute(
        project,
        "tests/unit/runtime/test_batch.py",
        r"^(def test_)",
        r"def test_ours() -> None:\n    assert True\n\n\n\1",
    )


@edit
def own_permission_and_table(project: Path) -> None:
    """Resources of the team's, where the template has a place for them."""
    append(
        project,
        "template.override.yaml",
        "  CarriersTable:\n    Type: AWS::DynamoDB::Table\n    Properties:\n"
        "      BillingMode: PAY_PER_REQUEST\n",
    )
    replace(project, "template.override.yaml", "Resources: {}\n", "Resources:\n")


@own_permission_and_table.survives
def _(project: Path) -> bool:
    return "CarriersTable" in read_yaml(project, "template.override.yaml")["Resources"]
