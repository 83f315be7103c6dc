"""The real questions over a template of next to no files, so that a copy takes little time."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml

from tests.support import ROOT, copier_yml

ANSWERS_FILE = "{{ _copier_conf.answers_file }}.jinja"


QUESTIONS: dict[str, dict[str, Any]] = {
    name: details for name, details in copier_yml().items() if not name.startswith("_")
}


def questions_only(folder: Path) -> Path:
    """copier.yml with everything that it includes, and the answers file as the only file."""
    (folder / "template").mkdir(parents=True)
    shutil.copy(ROOT / "copier.yml", folder)
    parts = (
        "includes/*.jinja",
        "includes/ownership/*.yml",
        "includes/options/tooling/*.toml.jinja",
        "includes/triggers/**/*.*",
    )
    for path in [path for pattern in parts for path in ROOT.glob(pattern)]:
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    shutil.copy(ROOT / "template" / ANSWERS_FILE, folder / "template")
    return folder


def answers_of(project: Path) -> dict[str, Any]:
    remembered = yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert isinstance(remembered, dict)
    return remembered


@dataclass
class Questionnaire:
    """Answers questions without a terminal, each time for a project of its own."""

    template: Path
    projects: Path
    made: int = field(default=0)

    def new_project(self) -> Path:
        self.made += 1
        return self.projects / str(self.made)

    def answer(self, answers: Mapping[str, Any]) -> Path:
        project = self.new_project()
        copier.run_copy(
            str(self.template), project, data=dict(answers), defaults=True, quiet=True, unsafe=False
        )
        return project

    def refusal(self, answers: Mapping[str, Any]) -> str:
        """What was said about answers that must be refused, before anything is written."""
        project = self.new_project()
        with pytest.raises(Exception) as refused:  # noqa: PT011 - Copier has no type of its own
            copier.run_copy(
                str(self.template),
                project,
                data=dict(answers),
                defaults=True,
                quiet=True,
                unsafe=False,
            )
        assert not project.exists()
        return str(refused.value)


@pytest.fixture(scope="session")
def question_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return questions_only(tmp_path_factory.mktemp("questions") / "template")


@pytest.fixture
def questionnaire(question_template: Path, tmp_path: Path) -> Questionnaire:
    return Questionnaire(question_template, tmp_path / "projects")
