"""A copy of this project for trying a stage: its code may become a bad one, yours does not."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lambda_workbench.errors import ToolError
from lambda_workbench.local.emulator import Emulator
from lambda_workbench.operate.service import ALIAS, Service
from lambda_workbench.project import ROOT, find_uv, project

_LEFT_OUT = (".git", ".local", ".uv", ".venv*", "dist", "__pycache__", ".*_cache", "node_modules")
_BAD = '''

def {name}(_event: object, _context: object) -> None:
    """Fail, whatever comes."""
    raise RuntimeError("this version fails each time: make verify has made it")
'''


@dataclass(frozen=True)
class Live:
    """What callers of a function reach: the version, its code, and what it was told.

    `shared` says whether some calls reach another version.
    """

    version: str
    code: str
    shared: bool


@dataclass(frozen=True)
class Finished:
    """A command that has ended, with what it printed."""

    code: int
    output: str


class Sandbox:
    """A stage, and the copy of the project that it is deployed from."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service = service
        self.folder = folder

    @property
    def status(self) -> str:
        """The status of the stack; empty when there is none."""
        status = self.service.stack.status()
        return "" if status == "DELETE_COMPLETE" else status

    def run(self, *command: str, **env: str) -> Finished:
        """Run Python with the copy's tools; what it prints is shown as well."""
        environment = {**os.environ, "UV": find_uv(), **env}
        environment.pop("EMULATOR_PORT", None)  # taken by the emulator of this stage
        with subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            lines = []
            try:
                for line in process.stdout or ():
                    print(f"    {line}", end="", flush=True)
                    lines.append(line)
            except KeyboardInterrupt:
                # It heard nothing of a signal to this process alone, and would work on.
                process.terminate()
                process.wait()
                raise
        self.service.stack.refresh()
        return Finished(process.returncode, "".join(lines))

    def deploy(self, version: str, *arguments: str) -> Finished:
        """`make deploy`, of the copy."""
        given = [self.service.stage, "--yes", *arguments]
        return self.run("lambda_workbench", "deploy", *given, SERVICE_VERSION=version)

    def live(self) -> dict[str, Live]:
        """What callers of each function reach."""
        functions, found = self.service.client("lambda"), {}
        for name in self.service.functions():
            alias = functions.get_alias(FunctionName=self.service.function(name), Name=ALIAS)
            weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
            code = self.service.settings(name)["CodeSha256"]
            found[name] = Live(alias["FunctionVersion"], code, bool(weights))
        return found

    def parameter(self, name: str) -> str:
        """The value of one of the stack's parameters; empty when it has none of that name."""
        given = (self.service.stack.describe() or {}).get("Parameters", [])
        return next(
            (str(one["ParameterValue"]) for one in given if one["ParameterKey"] == name), ""
        )

    def alarms(self) -> list[str]:
        """The alarms of the stack that are on."""
        names = self.service.stack.of_type("AWS::CloudWatch::Alarm")
        found = self.service.pages(
            "cloudwatch", "describe_alarms", "MetricAlarms", StateValue="ALARM"
        )
        return [alarm["AlarmName"] for alarm in found if alarm["AlarmName"] in names]

    def change_code(self, word: str) -> None:
        """Make the code of every function another one that does the same."""
        path = self.folder / "src" / project().package / "verified.py"
        path.write_text(f'"""What make verify has changed."""\n\nWORD = "{word}"\n')

    @contextlib.contextmanager
    def bad_code(self) -> Iterator[None]:
        """Let every function fail each time, in the copy."""
        before: dict[Path, str] = {}
        for handler in self._handlers():
            module, _, name = handler.rpartition(".")
            path = self.folder / "src" / f"{module.replace('.', '/')}.py"
            before.setdefault(path, path.read_text(encoding="utf-8"))
            with path.open("a", encoding="utf-8") as file:
                file.write(_BAD.format(name=name))
        try:
            yield
        finally:
            for path, text in before.items():
                path.write_text(text, encoding="utf-8")

    def _handlers(self) -> list[str]:
        """The handlers, as the manifest of the last build names them."""
        dist = self.folder / "dist" / ("local" if self.service.is_local else "")
        content = json.loads((dist / "manifest.json").read_text(encoding="utf-8"))
        return [entry["handler"] for entry in content["functions"].values()]


def copy_project(folder: Path) -> Path:
    """Copy what is needed to build and deploy; nothing of what was built or installed."""
    if ROOT.resolve() in folder.resolve().parents:
        raise ToolError(f"{folder} is inside of this project")
    shutil.copytree(ROOT, folder, symlinks=True, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    if (ROOT / ".venv-emulator").exists():
        (folder / ".venv-emulator").symlink_to(ROOT / ".venv-emulator")
    return folder


@contextlib.contextmanager
def emulator_of(folder: Path) -> Iterator[str]:
    """An emulator that the tools of a copy take for the one that `make run` holds."""
    state = folder / ".local"
    state.mkdir()
    with Emulator(state) as emulator:
        found = {"endpoint": emulator.endpoint, "pid": emulator.pid}
        (state / "emulator.json").write_text(json.dumps(found), encoding="utf-8")
        yield emulator.endpoint
