"""Whatever a team writes into its override, the preflight answers in sentences."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_workbench.errors import ToolError
from lambda_workbench.preflight.check import check_files
from lambda_workbench.preflight.files import WorkingTree
from lambda_workbench.preflight.stacks import OVERRIDE, service_template
from tests import support

EVERYTHING = Path(__file__).parents[1] / "profiles" / "everything.yml"
SCALARS = st.none() | st.booleans() | st.integers() | st.text("a:/*$", max_size=4)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=3,
)


@dataclass(frozen=True)
class Overridden:
    """A project with another override."""

    root: Path
    override: str

    def read(self, name: str) -> str | None:
        return self.override if name == OVERRIDE else WorkingTree(self.root).read(name)


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    answers = yaml.safe_load(EVERYTHING.read_text())
    return support.render(template, tmp_path_factory.mktemp("malformed") / "project", answers)


@pytest.fixture(scope="module")
def paths(project: Path) -> list[tuple[str, ...]]:
    """Every property of every resource, down to the third level."""
    found: list[tuple[str, ...]] = []

    def walk(node: Any, path: tuple[str, ...]) -> None:
        found.append(path)
        if isinstance(node, dict) and len(path) < 4:
            for name, value in node.items():
                if not name.startswith(("Fn::", "Ref", "Condition")):
                    walk(value, (*path, name))

    template = service_template(WorkingTree(project))
    for name, body in template["Resources"].items():
        for key, value in (body.get("Properties") or {}).items():
            walk(value, (name, key))
    return found


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_value_of_any_type_is_no_reason_for_a_traceback(
    data: Any, project: Path, paths: list[tuple[str, ...]]
) -> None:
    name, *path = data.draw(st.sampled_from(paths))
    value = data.draw(VALUES)
    for step in reversed(path):
        value = {step: value}
    override = yaml.safe_dump({"Resources": {name: {"Properties": value}}})
    with contextlib.suppress(ToolError):
        check_files(Overridden(project, override), stages=["dev"], lint=False)
