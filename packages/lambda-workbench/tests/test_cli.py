"""The command line, and where it finds its project."""

import subprocess
import sys
from pathlib import Path

import pytest

PYPROJECT = """\
[project]
name = "shop"

[tool.lambda-workbench]
package = "shop"
python = "3.13"
region = "eu-west-1"
"""
# In a process of its own: a module finds the project when it is imported.
HELP_OF_ALL = """\
from click.testing import CliRunner
from lambda_workbench.cli import COMMANDS, workbench
for name in COMMANDS:
    done = CliRunner().invoke(workbench, [name, "--help"])
    assert done.exit_code == 0, (name, done.output)
    print(done.output)
"""
HEAVY = """\
import sys
from lambda_workbench.cli import main
try:
    main(["--help"])
finally:
    print(sorted({"boto3", "samtranslator", "yaml", "rich"} & set(sys.modules)))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "samconfig.toml").write_text("[dev.deploy.parameters]\nstack_name = 'shop-dev'\n")
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "api.json").write_text("{}")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def workbench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "-m", "lambda_workbench", *arguments)


def test_every_command_tells_what_it_does(project: Path) -> None:
    done = run(project, "-c", HELP_OF_ALL)

    assert done.returncode == 0, done.stderr
    assert "Usage: workbench redrive [OPTIONS] [STAGE]" in done.stdout
    assert "messages a second, 1 to 500" in done.stdout


def test_help_imports_no_command(project: Path) -> None:
    done = run(project, "-c", HEAVY)

    assert "Stages on AWS:" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_command_is_given_anywhere_in_the_project(project: Path) -> None:
    below = project / "src" / "shop"
    below.mkdir(parents=True)

    done = workbench(below, "redrive", "prod")

    assert (done.returncode, done.stderr) == (
        1,
        "error: name a stage: make redrive STAGE=local|dev\n",
    )


def test_elsewhere_it_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "other"\n')

    done = workbench(tmp_path, "redrive", "prod")

    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path} is not in a project: found no pyproject.toml")
    assert "[tool.lambda-workbench]" in done.stderr


def test_a_project_is_found_while_its_settings_have_conflicts(project: Path) -> None:
    settings = project / "pyproject.toml"
    settings.write_text(f"<<<<<<< before updating\nx = 1\n=======\n>>>>>>> after\n{PYPROJECT}")

    done = workbench(project, "template-status")

    assert done.stderr.startswith("error: .copier-answers.yml is missing")


def test_what_was_misspelt_is_named(project: Path) -> None:
    done = workbench(project, "redrvie")

    assert done.returncode == 2
    assert "No such command 'redrvie'" in done.stderr
