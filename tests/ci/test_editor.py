"""The generated settings of editors: valid, and about commands and modules that exist."""

import json
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
