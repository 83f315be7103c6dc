"""Projects with every possible pair of choices: what is generated is clean without a change."""

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_copie.plugin import Copie

from lambda_workbench.preflight.check import check_files
from lambda_workbench.preflight.files import WorkingTree
from tests import support
from tests.combinations.cover import Row, answers, rows

ROWS = rows()

Problems = Iterator[str]


def label(row: Row) -> str:
    given = answers(row)
    kind = [given[name] for name in ("api_type", "api_auth", "queue_type") if name in given]
    return "-".join([*given["triggers"], *kind])


@pytest.fixture(scope="module", params=ROWS, ids=label)
def row(request: pytest.FixtureRequest) -> Row:
    chosen: Row = request.param
    return chosen


@pytest.fixture(scope="module")
def project(row: Row, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return support.render(template, tmp_path_factory.mktemp("row") / "service", answers(row))


def files(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file() and not MADE_LATER.search(path.as_posix())
    }


# What the checks below leave behind in a project.
MADE_LATER = re.compile(r"/(\.local|dist|\.\w+_cache|__pycache__|\.hypothesis)/|/\.coverage$")


@pytest.mark.one_row_in_four
def test_pytest_copie_makes_the_same_files(
    copie: Copie, template: Path, row: Row, project: Path
) -> None:
    """pytest-copie always trusts the template; trust must not make a difference."""
    trusted = copie.copy(extra_answers=answers(row), template_dir=template)
    assert trusted.exception is None
    assert trusted.exit_code == 0
    assert trusted.project_dir is not None
    assert files(trusted.project_dir) == files(project)


def placeholders(name: str, text: str) -> Problems:
    if name.startswith("vendor/"):  # copied, not rendered
        return
    for match in re.finditer(r"(?<!\$){{-? +\w|{%|(?<!\$){#", text):
        yield f"unrendered: {text[match.start() : match.start() + 40]!r}"
    if ".jinja" in name or "{" in name:
        yield "the name is not rendered"


# What compares with the template and takes its updates.
TEMPLATE_TOOLS = re.compile(
    r"Makefile|renovate\.json|vendor/.+|\.github/workflows/template-update\.yml"
)


def template_names(name: str, text: str) -> Problems:
    if name in {".copier-answers.yml", "docs/practices.md", "docs/updating.md"}:
        return
    if name.startswith("vendor/") and name.endswith("/uv.lock"):  # Copier's own and checkov's
        return
    words = "copier-aws-lambda|jinja" if TEMPLATE_TOOLS.fullmatch(name) else "copier|jinja"
    without_file_name = text.replace(".copier-answers.yml", "")
    for match in re.finditer(f".*(?:{words}).*", without_file_name, re.IGNORECASE):
        yield f"names the template: {match.group().strip()[:100]}"


def whitespace(name: str, text: str) -> Problems:
    if "\r" in text:
        yield "carriage return"
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield "does not end in exactly one newline"
    if text.startswith("\n") and name != "LICENSE":
        yield "starts with an empty line"
    for number, line in enumerate(text.splitlines(), start=1):
        if line != line.rstrip():
            yield f"line {number} ends in spaces"
    if not name.endswith(".py") and name != "LICENSE" and "\n\n\n" in text:
        yield f"two empty lines after line {text[: text.index('\n\n\n')].count('\n') + 1}"


class CloudFormation(yaml.SafeLoader):
    """YAML with the short forms of CloudFormation's functions."""


CloudFormation.add_multi_constructor("!", lambda _loader, suffix, node: (suffix, node.value))


def parses(name: str, text: str) -> Problems:
    readers: dict[str, Callable[[str], Any]] = {
        ".json": json.loads,
        ".toml": tomllib.loads,
        ".yml": lambda source: list(yaml.load_all(source, Loader=CloudFormation)),
        ".yaml": lambda source: list(yaml.load_all(source, Loader=CloudFormation)),
        ".py": ast.parse,
        ".jsonl": lambda source: [json.loads(line) for line in source.splitlines()],
    }
    reader = readers.get(Path(name).suffix, str)
    try:
        reader(text)
    except (ValueError, SyntaxError, yaml.YAMLError) as error:
        yield f"does not parse: {error}"


def test_every_file_is_clean(project: Path) -> None:
    found = [
        f"{name}: {problem}"
        for name, data in files(project).items()
        for check in (placeholders, template_names, whitespace, parses)
        for problem in check(name, data.decode())
    ]
    assert not found, "\n".join(found)


READ_SAMPLE = """\
import json, pathlib, sys
from sample_service.gateway import gateway

print(gateway.read(json.loads(pathlib.Path("events/api.json").read_text())).caller)
"""


def test_the_sample_request_has_a_caller_as_the_gateway_names_one(
    project: Path, row: Row, service_tools: Path
) -> None:
    given = answers(row)
    if "api" not in given["triggers"]:
        pytest.skip("no API")
    (package,) = (path.parent for path in (project / "src").glob("*/gateway.py"))
    script = READ_SAMPLE.replace("sample_service", package.name)
    done = support.run(
        [str(service_tools / "bin" / "python"), "-c", script],
        cwd=project,
        env={
            "PYTHONPATH": f"{project}/src:{project}/vendor/lean-lambda/src",
        },
    )
    assert not done.failure, done.failure
    assert (done.output.strip() == "anonymous") == (given["api_auth"] == "none")


def test_free_text_arrives_whole(project: Path, row: Row) -> None:
    metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert metadata["description"] == row["description"]
    assert metadata["authors"][0]["name"] == row["owner"]
    readme = (project / "README.md").read_text()
    assert row["project_name"] in readme
    assert row["description"] in readme


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy knows of the libraries is the same for every project."""
    return tmp_path_factory.mktemp("mypy-cache")


def own_tools(service_tools: Path) -> tuple[str, dict[str, str]]:
    """The interpreter and environment for a project's own checks, without setting it up."""
    return str(service_tools / "bin" / "python"), {
        "PYTHONPATH": "src",
    }


@pytest.fixture
def check(project: Path, service_tools: Path, mypy_cache: Path) -> Callable[..., None]:
    def _check(*steps: str) -> None:
        python, env = own_tools(service_tools)
        done = support.run(
            [python, "-m", "lambda_workbench", "check", *steps],
            cwd=project,
            env={**env, "MYPY_CACHE_DIR": str(mypy_cache)},
        )
        assert not done.failure, done.failure

    return _check


def test_its_code_passes_its_own_checks(check: Callable[..., None], project: Path) -> None:
    # What other commands unpack meanwhile is nobody's code, also outside of a git repository.
    unpacked = project / ".local/budget/api/library.py"
    unpacked.parent.mkdir(parents=True, exist_ok=True)
    unpacked.write_text("import  os\n")

    check("format", "lint", "types", "imports")


@pytest.mark.one_row_in_four
def test_its_infrastructure_passes_its_own_checks(check: Callable[..., None]) -> None:
    check("preflight")


def test_aws_would_refuse_nothing_in_any_stage(project: Path) -> None:
    """All rules but those of cfn-lint, which takes ten times as long: see the test above."""
    result = check_files(WorkingTree(project), lint=False)

    assert result.stages == ("dev", "staging", "prod")
    assert [str(found) for found in result.findings] == []


@pytest.mark.one_row_in_four
def test_its_unit_tests_pass(project: Path, service_tools: Path) -> None:
    python, env = own_tools(service_tools)
    done = support.run([python, "-m", "pytest", "-q", "tests/unit"], cwd=project, env=env)
    assert not done.failure, done.failure


def test_make_lists_its_targets(project: Path) -> None:
    done = support.run(["make", "help"], cwd=project)
    assert not done.failure, done.failure
    for target in ("setup", "check", "test", "run", "invoke", "package", "deploy", "e2e", "doctor"):
        assert re.search(rf"\b{target}\b", done.output)
