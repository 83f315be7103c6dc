"""A generated project notices when something makes its functions start slower or grow."""

import os
import shutil
from pathlib import Path

import pytest

from tests import support


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    """A default project with its dependencies locked."""
    project = support.render(template, tmp_path / "service")
    done = support.run([support.UV, "lock", "--quiet"], cwd=project)
    assert not done.failure, done.failure
    return project


@pytest.fixture
def tools(service_tools: Path) -> Path:
    return service_tools / "bin"


def budget(project: Path, tools: Path, path: str = "", module: str = "budget") -> support.Finished:
    """Without `path`, as on a machine that has no valgrind: modules and sizes only."""
    python = str(tools / "python")
    environment = {"PATH": path or str(tools), "UV": support.UV, "UV_PYTHON": python}
    command = [python, "-m", "lambda_workbench", module.replace("_", "-")]
    return support.run(command, cwd=project, env=environment)


def plant(project: Path, name: str, modules: int, work: str = "") -> None:
    """A package of our own that an adapter needs, with so many modules below it."""
    package = project / "src" / "order_service"
    folder = package / name
    folder.mkdir()
    parts = [f"part{number}" for number in range(modules - 1)]
    (folder / "__init__.py").write_text("\n".join(f"from . import {part}" for part in parts))
    for part in parts:
        (folder / f"{part}.py").write_text(work)
    adapter = package / "adapters" / "dynamodb_orders.py"
    adapter.write_text(f"from .. import {name}  # noqa\n{adapter.read_text()}")


def test_a_new_project_is_within_its_budget(project: Path, tools: Path) -> None:
    done = budget(project, tools)
    assert not done.failure, done.failure
    for function in ("api", "queue"):
        assert f"{function}: " in done.output


def test_a_heavy_import_is_named_with_the_way_to_it(project: Path, tools: Path) -> None:
    plant(project, "reports", 300)
    done = budget(project, tools)
    assert done.code == 1
    assert "api loads " in done.output
    assert "its budget is 160" in done.output
    way = (
        "handlers.api > order_service.adapters.dynamodb_order_reader"
        " > order_service.adapters.dynamodb_orders > order_service.reports"
    )
    assert way in done.output
    assert "make import-profile FUNCTION=api" in done.output
    assert "[tool.lambda-workbench.budget.api]" in done.output


def test_a_dependency_that_only_development_has_is_not_to_be_had(
    project: Path, tools: Path
) -> None:
    """The packages are imported, not the virtual environment around them."""
    handler = project / "src" / "order_service" / "handlers" / "queue.py"
    handler.write_text(f"import yaml  # noqa\n{handler.read_text()}")
    done = budget(project, tools)
    assert done.code == 1
    assert "No module named 'yaml'" in done.output


def test_the_team_can_raise_a_limit_for_one_function(project: Path, tools: Path) -> None:
    plant(project, "reports", 300)
    with (project / "pyproject.toml").open("a") as file:
        file.write("\n[tool.lambda-workbench.budget.api]\nmodules = 500\n")
    done = budget(project, tools)
    assert "queue loads " in done.output
    assert "api loads " not in done.output


def test_a_package_that_grew_names_what_is_in_it(project: Path, tools: Path) -> None:
    (project / "src" / "order_service" / "model.bin").write_bytes(os.urandom(2_000_000))
    done = budget(project, tools)
    assert done.code == 1
    assert "kB zipped; its budget is 1,000 kB" in done.output
    assert "kB in order_service" in done.output
    done = budget(project, tools, module="package")
    assert done.code == 1
    assert "api is " in done.output


def test_work_at_import_is_noticed_where_valgrind_is(project: Path, tools: Path) -> None:
    """One module only, but it computes."""
    if not shutil.which("valgrind"):
        pytest.skip("this machine has no valgrind")
    plant(project, "tables", 2, "TABLE = {number: str(number) for number in range(200_000)}\n")
    done = budget(project, tools, path=f"{tools}:{os.environ['PATH']}")
    assert done.code == 1
    assert "times the instructions of an empty interpreter" in done.output
    assert "order_service.tables" in done.output


def test_the_tree_is_drawn(project: Path, tools: Path) -> None:
    done = budget(project, tools, module="import_profile")
    assert not done.failure, done.failure
    assert "msgspec" in done.output
