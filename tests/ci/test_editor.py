"""The generated settings of editors: valid, and about commands and modules that exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import support

NAME = "Ümlaut & Söhne's: 50% off (#1)"


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    answers = {"project_name": NAME, "project_slug": "umlaut", "triggers": ["queue", "topic"]}
    return support.render(template, tmp_path_factory.mktemp("project"), answers)


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_tasks_are_targets_and_inputs_are_triggers(project: Path) -> None:
    makefile = (project / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE))
    tasks = read(project / ".vscode/tasks.json")
    named = {task["command"].split()[1] for task in tasks["tasks"]}
    assert named <= targets
    for settings in (tasks, read(project / ".vscode/launch.json")):
        (trigger,) = settings["inputs"]
        assert trigger["options"] == ["queue", "topic"]
        assert trigger["default"] == "queue"


def test_debugging_starts_modules_that_exist(project: Path) -> None:
    launch = read(project / ".vscode/launch.json")
    modules = {entry["module"] for entry in launch["configurations"] if "module" in entry}
    assert modules == {"pytest", "tools.debug"}
    assert (project / "tools/debug.py").is_file()


def test_settings_and_container_agree_on_extensions(project: Path) -> None:
    container = read(project / ".devcontainer/devcontainer.json")
    wanted = read(project / ".vscode/extensions.json")["recommendations"]
    assert container["customizations"]["vscode"]["extensions"] == wanted
    assert container["name"] == NAME
    assert container["image"].endswith(":3.13")
    assert container["postCreateCommand"] == "make setup"
    assert read(project / ".vscode/settings.json")["files.eol"] == "\n"


def test_hooks_are_local_and_use_the_locked_tools(project: Path) -> None:
    config = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())
    (repository,) = config["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")
