"""The template itself, for practices about living with it: its real questions, ownership tables and
tools over files of a few lines, so that a copy or an update takes little time."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import copier

from tests import support
from tests.conformance.files import Files
from tests.questions.repositories import commit, git, repository
from tests.support import Finished
from tests.updates.speed import quicker

PACKAGE = "src/{{ package_name }}"
LINES = "".join(f"line_{n} = {n}\n" for n in range(1, 10))
# One file of each owner, and what an answer brings along.
CONTENT = {
    "README.md": LINES,
    "tests/conftest.py": LINES,
    f"{PACKAGE}/handlers/api.py": LINES,
    f"{PACKAGE}/handlers/queue.py": LINES,
    "events/api.json": "{}\n",
    "events/queue.json": "{}\n",
    ".gitignore": "__pycache__/\n",
}
WORKBENCH = "packages/lambda-workbench/src"


class Source:
    """The template, broken or not."""

    def __init__(self, files: Files, scratch: Callable[[], Path]) -> None:
        self.files = files
        self.known: dict[str, list[str]] = {}
        self._scratch = scratch

    def broken(self, mutation: Callable[[Files], None]) -> "Source":
        """The template with a mutation, which has to change something."""
        files = self.files.copy()
        mutation(files)
        assert files.changed != self.files.changed, "the mutation changes nothing"
        return Source(files, self._scratch)

    def released(self) -> "Released":
        """A release 1.0.0 of it, in a repository of its own."""
        folder = self._scratch() / "template"
        names = ["copier.yml", *self.files.names("includes/*.jinja")]
        names += self.files.names("includes/ownership/*.yml")
        names += self.files.names("includes/options/tooling/*.toml.jinja")
        names += self.files.names("includes/triggers/**/*.*")
        names += self.files.names(f"{WORKBENCH}/**/*.py")
        names += self.files.names(f"{WORKBENCH}/**/pyproject.toml")
        names += ["template/Makefile.jinja", "template/pyproject.toml.jinja"]
        names += ["template/{{ _copier_conf.answers_file }}.jinja"]
        content = {name: self.files.read(name) for name in names}
        content |= {f"template/{name}": text for name, text in CONTENT.items()}
        _write(folder, content)
        repository(folder)
        git(folder, "tag", "1.0.0")
        return Released(folder)

    def adopted(self, layout: Mapping[str, str]) -> tuple[Path, Finished]:
        """A project written by hand, after adopt/ has been at it, and what that said."""
        released = self.released()
        _write(released.folder.parent, {"adopt.py": self.files.read("adopt/adopt.py")})
        project = released.folder.parent / "by-hand"
        _write(project, layout)
        repository(project)
        script = str(released.folder.parent / "adopt.py")
        command = [sys.executable, script, "--template", str(released.folder), str(project)]
        return project, support.run(command, cwd=project.parent)


class Released:
    """Releases of the template, and projects made from them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._projects = 0

    def project(self, **answers: Any) -> Path:
        """A project of the first release, committed."""
        self._projects += 1
        target = self.folder.parent / f"project-{self._projects}"
        with quicker():
            copier.run_copy(
                str(self.folder),
                target,
                data=answers,
                defaults=True,
                quiet=True,
                vcs_ref="1.0.0",
                unsafe=False,
            )
        return repository(target)

    def another(self) -> None:
        """A release 1.1.0 in which every file has another line at its end."""
        _write(self.folder / "template", {n: f"{t}line_new = 0\n" for n, t in CONTENT.items()})
        commit(self.folder, "1.1.0")
        git(self.folder, "tag", "1.1.0")

    def update(self, project: Path, **answers: Any) -> None:
        """`copier update` without trust, to the newest release and with these answers changed."""
        commit(project, "The team's work")
        with quicker():
            copier.run_update(
                project, data=answers, defaults=True, overwrite=True, quiet=True, unsafe=False
            )

    def tool(self, project: Path, name: str, *arguments: str) -> Finished:
        """Run a command of the release's workbench with this repository's Copier."""
        command = [sys.executable, "-m", "lambda_workbench", name.replace("_", "-"), *arguments]
        workbench = str(self.folder / WORKBENCH)
        return support.run(command, cwd=project, env={"PYTHONPATH": workbench})


def _write(folder: Path, content: Mapping[str, str]) -> None:
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
