"""Projects written by hand come under the template, and not one of their files is touched."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import copier
import pytest
import yaml

from tests import support
from tests.lifecycle.conftest import keep
from tests.lifecycle.layouts import LAYOUTS
from tests.questions.repositories import changes, commit, git, repository
from tests.support import ROOT, Finished

ANSWERS = {
    "flat": ["project_name=Rates", "triggers=[schedule]", "data_store=none"],
    "sam": ["triggers=[api, schedule]", "api_type=rest"],
    "cdk": ["project_name=Orders", "package_name=orders"],
}


@pytest.fixture
def source(template: Path, tmp_path: Path) -> Path:
    """The whole template, as its release 1.0.0."""
    folder = tmp_path / "template"
    subprocess.run(["git", "clone", "-q", str(template), str(folder)], check=True)
    git(folder, "tag", "1.0.0")
    return folder


def build(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return repository(folder)


def adopt(project: Path, source: Path, *arguments: str) -> Finished:
    command = [sys.executable, str(ROOT / "adopt/adopt.py"), "--template", str(source)]
    return support.run([*command, *arguments, str(project)], cwd=project.parent)


def data(layout: str) -> list[str]:
    return [f"--data={one}" for one in ANSWERS[layout]]


def rows(report: str) -> dict[str, str]:
    """The table of files to reconcile."""
    table = report.partition("## To reconcile")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", table, re.MULTILINE))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_is_lost_and_updates_work(layout: str, source: Path, tmp_path: Path) -> None:
    files = LAYOUTS[layout]
    project = build(tmp_path / "hello-service", files)
    head = git(project, "rev-parse", "HEAD")

    done = adopt(project, source, *data(layout))

    assert not done.failure
    for name, content in files.items():
        assert (project / name).read_text() == content, name
    assert git(project, "rev-parse", "HEAD") == head
    assert set(changes(project).values()) == {"??"}
    report = (project / "ADOPTION.md").read_text()
    keep(f"ADOPTION-{layout}.md", report)
    reconciled = rows(report)
    # What both have is named, whatever the report says about it, and can be compared.
    fresh = tmp_path / "fresh"
    copier.run_copy(
        str(source),
        fresh,
        data={
            name: value
            for name, value in yaml.safe_load((project / ".copier-answers.yml").read_text()).items()
            if not name.startswith("_")
        },
        defaults=True,
        quiet=True,
    )
    generated = {p.relative_to(fresh).as_posix() for p in fresh.rglob("*") if p.is_file()}
    both = {name for name in generated & set(files) if (fresh / name).read_text() != files[name]}
    assert set(reconciled) == both
    for name in both:
        assert (project / ".adoption" / name).read_text() == (fresh / name).read_text()
    for name in generated - set(files) - {".copier-answers.yml"}:
        assert (project / name).read_bytes() == (fresh / name).read_bytes(), name

    # A later release arrives, and what is the project's own stays.
    commit(project, "Under the template")
    for name in ("template/tests/conftest.py", "template/.editorconfig"):
        path = source / name
        path.write_text(path.read_text() + "# A newer practice.\n")
    commit(source, "1.1.0")
    git(source, "tag", "1.1.0")
    copier.run_update(project, defaults=True, overwrite=True, quiet=True, unsafe=False)
    assert changes(project) == {
        ".copier-answers.yml": " M",
        ".editorconfig": " M",
        "tests/conftest.py": " M",
    }
    for name, content in files.items():
        assert (project / name).read_text() == content, name


def test_the_report_of_the_flat_layout(source: Path, tmp_path: Path) -> None:
    project = build(tmp_path / "rates", LAYOUTS["flat"])
    adopt(project, source, *data("flat"))
    report = (project / "ADOPTION.md").read_text()

    assert set(rows(report)) == {"README.md", ".gitignore"}
    assert "`.venv/`" in rows(report)[".gitignore"]
    assert "| `lambda_handler` in `lambda_function.py`, line 7 |" in report
    assert "    requests==2.32.3\n    boto3\n" in report
    assert "hides some of them" in report
    assert "    .vscode/settings.json\n" in report
    assert (project / "src/rates/handlers/schedule.py").exists()


def test_the_report_of_the_sam_layout(source: Path, tmp_path: Path) -> None:
    project = build(tmp_path / "hello-world", LAYOUTS["sam"])
    adopt(project, source, *data("sam"))
    report = (project / "ADOPTION.md").read_text()

    assert set(rows(report)) == {"README.md", ".gitignore", "template.yaml", "samconfig.toml"}
    assert "`template.override.yaml`" in rows(report)["template.yaml"]
    assert rows(report)["samconfig.toml"].startswith("Yours.")
    assert (
        "| `lambda_handler` in `hello_world/app.py`, line 4 | `HelloWorldFunction` |"
        " `src/hello_world/handlers/api.py`, `src/hello_world/handlers/schedule.py` |"
    ) in report
    assert "AWS SAM in `template.yaml`" in report
    assert "Tests: 1 files in `tests/unit`" in report
    assert "    python_version: 3.12\n    architecture: x86_64\n" in report
    assert "project_name: Hello World" in report


def test_the_report_of_the_cdk_layout(source: Path, tmp_path: Path) -> None:
    project = build(tmp_path / "orders", LAYOUTS["cdk"])
    adopt(project, source, *data("cdk"))
    report = (project / "ADOPTION.md").read_text()

    to_do = rows(report)
    assert set(to_do) == {".github/workflows/ci.yml", "LICENSE", "Makefile", "pyproject.toml"}
    assert to_do["pyproject.toml"].startswith("Both.")
    assert "`tool.lambda-workbench`" in to_do["pyproject.toml"]
    assert "`tool.ruff`" not in to_do["pyproject.toml"]
    assert "`check`" in to_do["Makefile"]
    assert "`deploy`" not in to_do["Makefile"]
    assert "| `create_order` in `service/handlers/create_order.py`, line 4 |" in report
    assert "AWS CDK in `cdk.json`" in report
    assert "    pydantic>=2\n    aws-lambda-powertools\n" in report
    assert "`.github/workflows/ci.yml`, `.github/workflows/pr.yml`" in report
    assert "    api_type: rest\n" in report


def test_a_dry_run_writes_nothing(source: Path, tmp_path: Path) -> None:
    project = build(tmp_path / "rates", LAYOUTS["flat"])

    done = adopt(project, source, "--dry-run", *data("flat"))

    assert not done.failure
    assert "## To reconcile" in done.output
    assert changes(project) == {}


def test_what_is_in_the_way_of_a_folder_stays(source: Path, tmp_path: Path) -> None:
    project = build(tmp_path / "odd", {"events": "a file\n", "makefile": "all:\n\ttrue\n"})
    (tmp_path / "elsewhere").mkdir()
    (project / "docs").symlink_to(tmp_path / "elsewhere")
    commit(project, "With a link")

    done = adopt(project, source)

    assert not done.failure
    assert (project / "events").read_text() == "a file\n"
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not (project / "Makefile").exists()
    to_do = rows((project / "ADOPTION.md").read_text())
    assert to_do["events/api.json"].startswith("Not written")
    assert to_do["docs/updating.md"].startswith("Not written")
    assert "Makefile" in to_do


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("no repository", "must be in git"),
        ("dirty", "uncommitted changes"),
        ("adopted", "adopted before"),
        ("bad answer", "no question has this name"),
    ],
)
def test_it_refuses_what_could_lose_something(
    state: str, reason: str, source: Path, tmp_path: Path
) -> None:
    project = tmp_path / "rates"
    project.mkdir()
    (project / "lambda_function.py").write_text("# ours\n")
    arguments = []
    if state != "no repository":
        repository(project)
    if state == "dirty":
        (project / "new.py").write_text("")
    if state == "adopted":
        (project / ".copier-answers.yml").write_text("_commit: 1\n")
        commit(project, "Adopted")
    if state == "bad answer":
        arguments = ["--data=trigers=[api]"]
    before = {path for path in project.rglob("*") if ".git" not in path.parts}

    done = adopt(project, source, *arguments)

    assert done.code == 1
    assert done.output.startswith("error: ")
    assert reason in done.output
    assert {path for path in project.rglob("*") if ".git" not in path.parts} == before
