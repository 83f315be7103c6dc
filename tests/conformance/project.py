"""A generated project as checks see it: its files, its answers, and what can be made of them."""

import ast
import fcntl
import functools
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests import support
from tests.conformance import model, sam
from tests.conformance.files import Files
from tests.support import Finished

STAGES = sam.STAGES
# Where a project has the packages, which a mutation may have broken: the environment has others.
PACKAGES = ("vendor/lambda-workbench/src", "vendor/lean-lambda/src")
VENDORED = os.pathsep.join(PACKAGES)
PLAINLY = ["-q", "-rpfE", "--tb=no", "--show-capture=no", "-p", "no:cacheprovider"]
PACKAGE_TESTS = "packages/lean-lambda/tests/unit"


class Workshop:
    """What it takes to run a project's own tests and tools without setting each project up."""

    def __init__(self, tools: Path, scratch: Callable[[], Path]) -> None:
        self.python = tools / "bin" / "python"
        self.scratch = scratch


class Project:
    """A project, broken or not. Whatever is worked out is worked out once."""

    def __init__(self, files: Files, workshop: Workshop, notes: Path | None = None) -> None:
        """`notes` is where what its own tests said is kept for other workers, if anywhere."""
        self.files = files
        self.known: dict[str, list[str]] = {}
        self._notes = notes
        self._workshop = workshop
        self._services: dict[tuple[str, ...], model.Service] = {}
        self._outcomes: dict[str, str] | None = None
        self._built: dict[tuple[int, str], tuple[Finished, Path]] = {}

    def broken(self, mutation: Callable[[Files], None]) -> "Project":
        """This project with a mutation, which has to change something."""
        files = self.files.copy()
        mutation(files)
        assert files.changed != self.files.changed, "the mutation changes nothing"
        return Project(files, self._workshop)

    # --- what it is ---

    @functools.cached_property
    def answers(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.files.read(".copier-answers.yml"))
        return found

    @property
    def triggers(self) -> list[str]:
        return list(self.answers["triggers"])

    @property
    def package(self) -> str:
        """The folder of its code, as in `src/shop`."""
        return f"src/{self.answers['package_name']}"

    @property
    def package_name(self) -> str:
        """As in `shop`."""
        return str(self.answers["package_name"])

    def service(self, stage: str = "prod", **parameters: str) -> model.Service:
        """Its infrastructure as a stage has it; `parameters` go over the stage's own."""
        key = (stage, *(f"{name}={value}" for name, value in sorted(parameters.items())))
        if key not in self._services:
            self._services[key] = sam.read(self.files, stage, **parameters)
        return self._services[key]

    def account(self, stage: str = "prod", **parameters: str) -> model.Account:
        """What the pipeline needs in the account of a stage."""
        return sam.read_account(self.files, stage, **parameters)

    @functools.cached_property
    def pyproject(self) -> dict[str, Any]:
        return tomllib.loads(self.files.read("pyproject.toml"))

    def workflows(self) -> dict[str, dict[Any, Any]]:
        """Its GitHub workflows by file name. YAML reads the key `on` as true."""
        return {
            Path(name).name: yaml.safe_load(self.files.read(name))
            for name in self.files.names(".github/workflows/*.yml")
        }

    def module(self, name: str) -> ast.Module:
        """A module's syntax tree, as in `src/shop/config.py`."""
        return ast.parse(self.files.read(name), name)

    # --- what it does ---

    def run(
        self, *command: str, env: Mapping[str, str] | None = None, timeout: float = 300
    ) -> Finished:
        """Run a command in the project's folder, `python` and tools being of its environment."""
        folder = self.folder
        first = self._workshop.python.parent / command[0]
        return support.run(
            [str(first) if first.exists() else command[0], *command[1:]],
            cwd=folder,
            env={
                "PYTHONPATH": f"src{os.pathsep}{VENDORED}",
                "COLUMNS": "400",
                **(env or {}),
            },
            timeout=timeout,
        )

    def packed(self, umask: int = 0o22, lock: str = "") -> tuple[Finished, Path]:
        """Build its packages in a folder of its own: with this umask, with another lock file."""
        if (umask, lock) not in self._built:
            folder = self.files.materialise(self._workshop.scratch())
            environment = self._workshop.python.parent.parent
            (folder / "uv.lock").write_text(lock or (environment.parent / "uv.lock").read_text())
            python = str(self._workshop.python)
            before = os.umask(umask)
            try:
                done = support.run(
                    [python, "-m", "lambda_workbench", "package"],
                    cwd=folder,
                    env={"UV": support.UV, "UV_PYTHON": python, "PYTHONPATH": VENDORED},
                )
            finally:
                os.umask(before)
            self._built[umask, lock] = done, folder
        return self._built[umask, lock]

    @functools.cached_property
    def furnished(self) -> Path:
        """The project as after `make setup` in a repository of its own, in a folder of its own."""
        folder = self.files.materialise(self._workshop.scratch())
        environment = self._workshop.python.parent.parent
        (folder / ".venv").symlink_to(environment)
        shutil.copy(environment.parent / "uv.lock", folder)
        support.run(["git", "init", "-q"], cwd=folder)
        return folder

    def make(self, *arguments: str, timeout: float = 300) -> Finished:
        """Run targets of its Makefile."""
        # The tools are taken for up to date: make would set up what is linked here.
        command = ["make", "-o", ".venv/.synced", *arguments]
        path = os.pathsep.join([str(Path(support.UV).parent), os.environ["PATH"]])
        environment = {"PATH": path, "PYTHONPATH": VENDORED}
        return support.run(command, cwd=self.furnished, env=environment, timeout=timeout)

    def start(self, functions: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Start functions without any network: see start.py."""
        script = str(Path(__file__).parent / "start.py")
        done = self.run("python", script, json.dumps(functions))
        assert not done.failure, done.failure
        said: dict[str, dict[str, Any]] = json.loads(done.output.splitlines()[-1])
        return said

    @functools.cached_property
    def folder(self) -> Path:
        """Where it is on disk."""
        if not self.files.changed:
            return self.files.root
        return self.files.materialise(self._workshop.scratch())

    def failing(self, *tests: str) -> Iterator[str]:
        """Faults for those of its unit tests that are missing, or fail.

        A test is named as pytest does, from its file on: `tests/unit/x.py::test_y`; one with
        parameters is named without them and has to pass with all. Those of the package in this
        repository, `packages/lean-lambda/tests/unit/x.py::test_y`, are run on the project's copy.
        """
        of_the_package = [test for test in tests if test.startswith(PACKAGE_TESTS)]
        own = [test for test in tests if test not in of_the_package]
        outcomes = self._run_tests(own) if own else {}
        outcomes |= self._run_tests_of_the_package(of_the_package) if of_the_package else {}
        for test in tests:
            found = {
                name: outcome
                for name, outcome in outcomes.items()
                if name == test or name.startswith((f"{test}[", f"{test}::"))
            }
            if not found:
                why = next((text for name, text in outcomes.items() if name in test), "")
                yield f"there is no test {test}, or it cannot run {why}".rstrip()
            for name, outcome in found.items():
                if outcome != "passed":
                    yield f"{name} fails: {outcome}"
                    break

    def _run_tests(self, tests: Sequence[str]) -> dict[str, str]:
        # All of them once for a project as generated, of which many checks ask; just those that
        # are asked for in a broken one.
        if self.files.changed:
            return self._outcomes_of(tests)
        if self._outcomes is None:
            self._outcomes = self._noted()
        return self._outcomes

    def _noted(self) -> dict[str, str]:
        return _once(self._notes, lambda: self._outcomes_of(["tests/unit"]))

    def _run_tests_of_the_package(self, tests: Sequence[str]) -> dict[str, str]:
        # Every project that nobody broke has the same package.
        if self.files.changed or self._notes is None:
            return self._package_outcomes_of(tests)
        notes = self._notes.with_name("lean-lambda.json")
        return _once(notes, lambda: self._package_outcomes_of([PACKAGE_TESTS]))

    def _package_outcomes_of(self, tests: Sequence[str]) -> dict[str, str]:
        command = [sys.executable, "-m", "pytest", *PLAINLY, "-n", "0", *tests]
        path = {"PYTHONPATH": os.pathsep.join(str(self.folder / each) for each in PACKAGES)}
        done = support.run(command, cwd=support.ROOT, env={**path, "COLUMNS": "400"})
        return dict(_outcomes(done.output))

    def _outcomes_of(self, tests: Sequence[str]) -> dict[str, str]:
        done = self.run("python", "-m", "pytest", *PLAINLY, "-p", "no:cov", *tests)
        return dict(_outcomes(done.output))


def _once(notes: Path | None, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What `make` gives, kept in a file: the first worker works it out, the others read it."""
    if notes is None:
        return make()
    with notes.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not notes.exists():
            notes.write_text(json.dumps(make()))
    noted: dict[str, str] = json.loads(notes.read_text())
    return noted


def _outcomes(output: str) -> Iterator[tuple[str, str]]:
    for line in output.splitlines():
        if match := re.fullmatch(r"(PASSED|FAILED|ERROR) (\S+?(?:\[.*?\])?)(?: - (.*))?", line):
            verdict, name, message = match.groups()
            yield name, "passed" if verdict == "PASSED" else (message or "it fails")
