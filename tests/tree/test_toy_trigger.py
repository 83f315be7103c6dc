"""The recipe for a trigger (CONTRIBUTING.md), followed: a folder and three entries are enough.

The folder is tests/tree/toy. It becomes includes/triggers/toy in a copy of the template.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pathspec import PathSpec

from tests import support
from tests.combinations.test_combinations import CloudFormation, own_tools

TOY = Path(__file__).with_name("toy")
# A file, the line that something is added before, and what is added.
ENTRIES = [
    (
        "copier.yml",
        "    Messages on a topic (SNS): topic\n",
        "    Somebody who invokes it: toy\n",
    ),
    (
        "includes/facts.jinja",
        "  'queue': {\n",
        "  'toy': {\n"
        "    'started_by': 'Somebody who invokes it',\n"
        "    'does': 'Greets',\n"
        "    'timeout': 10,\n"
        "    'memory': 256,\n"
        "    'waits': true,\n"
        "    'reads': [],\n"
        "  },\n",
    ),
    (
        "includes/ownership/yours.yml",
        '- - "# topic"\n',
        '- - "# toy"\n'
        "  - src/*/handlers/toy.py\n"
        "  - events/toy.json\n"
        "  - tests/e2e/test_toy.py\n"
        "  - tests/unit/handlers/test_toy.py\n",
    ),
]


def add_toy(template: Path, *, without: str = "") -> None:
    """Follow the recipe; `without` names a part that is forgotten."""
    folder = template / "includes/triggers/toy"
    shutil.copytree(TOY, folder)
    if without:
        (folder / without).unlink()
    for name, line, added in ENTRIES:
        text = (template / name).read_text(encoding="utf-8")
        assert text.count(line) == 1, f"{name} does not have {line!r} once"
        (template / name).write_text(text.replace(line, added + line), encoding="utf-8")


@pytest.fixture(scope="module")
def with_toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    template = support.snapshot(tmp_path_factory.mktemp("toy") / "template")
    add_toy(template)
    return template


@pytest.fixture(scope="module", params=[["toy"], ["api", "toy"]], ids="-".join)
def project(
    request: pytest.FixtureRequest, with_toy: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    destination = tmp_path_factory.mktemp("toy") / "service"
    return support.render(with_toy, destination, {"triggers": request.param})


def read(project: Path, name: str) -> str:
    return (project / name).read_text(encoding="utf-8")


def test_its_code_tests_and_sample_event_are_there(project: Path) -> None:
    assert "Hello from" in read(project, "src/order_service/handlers/toy.py")
    assert "Hello from orders" in read(project, "tests/unit/handlers/test_toy.py")
    assert "Hello from order-service" in read(project, "tests/e2e/test_toy.py")
    assert read(project, "events/toy.json") == "{}\n"


def test_its_function_is_wired_like_the_others(project: Path) -> None:
    template = yaml.load(read(project, "template.yaml"), Loader=CloudFormation)  # noqa: S506
    resources = {"ToyFunction", "ToyRole", "ToyLogGroup", "ToyErrorAlarm", "ToyVersionErrorAlarm"}
    assert resources <= set(template["Resources"])
    assert template["Parameters"]["ToyTimeout"]["Default"] == 10
    assert '"label": "toy"' in read(project, "template.yaml")  # on the dashboard


@pytest.mark.parametrize(
    ("page", "part"),
    [
        ("README.md", "| `toy` | Somebody who invokes it | Greets |"),
        ("docs/onboarding.md", "### `toy`: an invocation"),
        ("docs/onboarding.md", "somebody([Somebody]) -->|invoke| toy[[toy]]"),
        ("docs/runbook.md", "| `toy` | `order-service-<stage>-toy` |"),
        ("docs/runbook.md", "**It does not greet.**"),
    ],
)
def test_the_docs_name_it(project: Path, page: str, part: str) -> None:
    assert part in read(project, page)


CODE = [
    "events/toy.json",
    "src/order_service/handlers/toy.py",
    "tests/e2e/test_toy.py",
    "tests/unit/handlers/test_toy.py",
]


def test_its_files_are_the_teams(project: Path) -> None:
    headings = r"^\*\*(?:The template's|Shared|Yours)\."
    page = read(project, "docs/updating.md")
    _, managed, shared, _ = re.split(headings, page, flags=re.MULTILINE)
    listed = re.findall(r"^    (\S+)$", managed + shared, re.MULTILINE)
    assert "template.yaml" in listed
    assert not list(PathSpec.from_lines("gitignore", listed).match_files(CODE))


def test_a_project_without_it_has_none_of_its_files(with_toy: Path, tmp_path: Path) -> None:
    other = support.render(with_toy, tmp_path / "service", {"triggers": ["queue"]})
    assert not [path for path in other.rglob("*toy*") if "vendor" not in path.parts]


def test_it_passes_the_projects_own_checks(project: Path, service_tools: Path) -> None:
    python, env = own_tools(service_tools)
    for command in (
        ["-m", "lambda_workbench", "check", "format", "lint", "types", "imports", "preflight"],
        ["-m", "pytest", "-q", "tests/unit"],
    ):
        done = support.run([python, *command], cwd=project, env=env)
        assert not done.failure, done.failure


REQUIRED = sorted(path.relative_to(TOY).as_posix() for path in TOY.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`questions(part)` is the template without its files, and with a toy that lacks the part."""

    def make(part: str) -> Path:
        folder = tmp_path_factory.mktemp("questions") / "template"
        for name in ("includes", "copier.yml"):
            source = support.ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            folder.mkdir(exist_ok=True)
            copy(source, folder / name)
        (folder / "template").mkdir()
        add_toy(folder, without=part)
        return folder

    return make


@pytest.mark.parametrize("part", REQUIRED)
def test_a_part_that_is_missing_is_named_before_a_file_is_written(
    questions: Callable[[str], Path], tmp_path: Path, part: str
) -> None:
    name = re.sub(r"^(handler|unit)\.", r"\1*.", part)
    with pytest.raises(ValueError, match="toy") as refused:
        support.render(questions(part), tmp_path / "service", {"triggers": ["toy"]})
    assert f"trigger 'toy' has no includes/triggers/toy/{name}" in str(refused.value)
    assert not (tmp_path / "service").exists()
