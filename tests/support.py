"""What the template's tests share: rendering, and running commands in a rendered project."""

import functools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
import yaml

ROOT = Path(__file__).resolve().parent.parent

Answers = Mapping[str, Any]


class _CopierYaml(yaml.SafeLoader):
    """Reads copier.yml, whose `!include` is Copier's own."""


_CopierYaml.add_constructor("!include", lambda loader, node: loader.construct_scalar(node))


def copier_yml() -> dict[str, Any]:
    """The questions and settings."""
    parsed = yaml.load((ROOT / "copier.yml").read_text(), Loader=_CopierYaml)  # noqa: S506
    assert isinstance(parsed, dict)
    return parsed


def snapshot(destination: Path) -> Path:
    """The working tree as a clean git repository: Copier then sees no uncommitted change."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, destination / name
        if not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        target.chmod(source.stat().st_mode & 0o777)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "Snapshot"]):
        subprocess.run(["git", *command], cwd=destination, check=True)
    return destination


def render(template: Path, destination: Path, answers: Answers | None = None) -> Path:
    """`copier copy` with everything defaulted but these answers, and no trust."""
    copier.run_copy(
        str(template),
        destination,
        data=dict(answers or {}),
        defaults=True,
        unsafe=False,
        quiet=True,
        vcs_ref="HEAD",
    )
    return destination


UV = os.environ.get("UV", "uv")  # set by `uv run`, which runs these tests


@functools.cache
def has_python(version: str) -> bool:
    """Whether uv finds this version of Python, without downloading it."""
    found = subprocess.run(
        [UV, "python", "find", "--no-python-downloads", "--no-project", version],
        capture_output=True,
        check=False,
    )
    return found.returncode == 0


@dataclass(frozen=True)
class Finished:
    command: str
    code: int
    output: str
    seconds: float

    @property
    def failure(self) -> str:
        """Empty when the command succeeded; otherwise what to show."""
        if self.code == 0:
            return ""
        return f"$ {self.command}  (exit code {self.code})\n{self.output[-6000:]}"


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    timeout: float = 600,
    progress: Callable[[str], None] | None = None,
) -> Finished:
    """Run a command with both of its streams in one output; `progress` is given each line."""
    started = time.monotonic()
    lines: list[str] = []
    late = threading.Event()

    def stop() -> None:
        late.set()
        os.killpg(process.pid, signal.SIGKILL)

    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    timer = threading.Timer(timeout, stop)
    timer.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if progress is not None:
                progress(line.rstrip("\n"))
        code = process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            stop()
    if late.is_set():
        lines.append(f"stopped after {timeout:.0f} s\n")
    return Finished(" ".join(command), code, "".join(lines), time.monotonic() - started)
