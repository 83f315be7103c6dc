"""A function that could not start is not packed: handlers are imported from what was built, with
the environment of template.yaml and nothing else."""

from pathlib import Path

import pytest

from tests.package.conftest import Locked, Package

WAYS = [("zip", ()), ("zip", ("--local",)), ("layer", ()), ("image", ())]


def drop(template: Path, line: str) -> None:
    text = template.read_text()
    assert line in text
    template.write_text(text.replace(line, "", 1))


@pytest.mark.parametrize(("packaging", "arguments"), WAYS)
def test_a_variable_that_the_template_does_not_set_is_named(
    packaging: str, arguments: tuple[str, ...], locked: Locked, package: Package
) -> None:
    project = locked(packaging=packaging)
    drop(project / "template.yaml", "          ORDERS_TABLE: !Ref OrdersTable\n")
    done = package(project, *arguments)
    assert done.code == 1
    assert "ApiFunction: order_service.handlers.api does not import from its package" in done.output
    assert "SettingsError: ORDERS_TABLE is missing: expected" in done.output


@pytest.mark.parametrize(("packaging", "arguments"), WAYS)
def test_a_dependency_that_only_development_has_is_named(
    packaging: str, arguments: tuple[str, ...], locked: Locked, package: Package
) -> None:
    project = locked(packaging=packaging)
    handler = project / "src/order_service/handlers/queue.py"
    handler.write_text(f"import yaml\n{handler.read_text()}")
    done = package(project, *arguments)
    assert done.code == 1
    assert "QueueFunction: order_service.handlers.queue does not import" in done.output
    assert "No module named 'yaml'" in done.output


def test_a_handler_that_reaches_into_another_function_is_named(
    locked: Locked, package: Package
) -> None:
    """A zip has one handler: what is imported from a second one is missing on Lambda."""
    project = locked()
    handler = project / "src/order_service/handlers/queue.py"
    handler.write_text(f"from .api import handler as _\n{handler.read_text()}")
    done = package(project)
    assert done.code == 1
    assert "No module named 'order_service.handlers.api'" in done.output
