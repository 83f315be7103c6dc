"""Running commands as a person at a fresh terminal would. Used by the demo and by the tests."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What `make` and `uv run` of this repository leave in the environment, and what would let AWS
# clients find an account or a region.
_FOREIGN = {
    "MAKEFLAGS",
    "MAKELEVEL",
    "MAKEOVERRIDES",
    "MFLAGS",
    "PYTHONPATH",
    "UV",
    "UV_PROJECT_ENVIRONMENT",
    "UV_RUN_RECURSION_DEPTH",
    "VIRTUAL_ENV",
    # Also variables that the Makefiles read, given to `make demo` or `make test`.
    "ANSWERS",
    "ARGS",
    "DEST",
    "STAGE",
}
_FOREIGN_BEGINNINGS = ("AWS_", "PYTEST_")
_OWN_FOLDERS = {str(ROOT / ".venv" / "bin"), str(ROOT / ".uv" / "bin")}


def fresh_environment(**more: str) -> dict[str, str]:
    """The caller's environment without this repository's tools, AWS accounts and regions."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN and not name.startswith(_FOREIGN_BEGINNINGS)
    }
    return {
        **kept,
        "PATH": os.pathsep.join(folder for folder in path if folder not in _OWN_FOLDERS),
        **more,
    }


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    command: str
    code: int
    output: str
    seconds: float

    @property
    def failure(self) -> str:
        """Empty when the command succeeded; otherwise what to show."""
        if self.code == 0:
            return ""
        shown = self.output
        if len(shown) > 10_000:
            shown = f"{shown[:5000]}\n[…]\n{shown[-5000:]}"
        return f"$ {self.command}  (exit code {self.code})\n{shown}"


class Command:
    """A running command in a process group of its own, its output read line by line."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self._shown = " ".join(command)
        self._started = time.monotonic()
        self._lines: list[str] = []
        self._on_line = on_line
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A Ctrl-C at the terminal must not reach it before we decide how it is to end.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """What it has printed so far, both streams together."""
        return "\n".join(self._lines)

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself or been stopped."""
        return self._process.poll() is not None

    def wait(self, timeout: float) -> Finished:
        """Wait for it to end; what takes too long is stopped and counts as failed."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            self._lines.append(f"stopped after {timeout:.0f} s")
        except BaseException:
            self.stop()
            raise
        # A process that it left behind may hold the pipe open; its output is not waited for.
        self._reader.join(timeout=5)
        seconds = time.monotonic() - self._started
        return Finished(self._shown, self._process.returncode, self.output, seconds)

    def stop(self, patience: float = 15) -> None:
        """Interrupt it as Ctrl-C would, and kill what is still there after a while."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if self.ended:
                return
            try:
                os.killpg(self._process.pid, number)
                self._process.wait(patience)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            text = line.rstrip("\n")
            self._lines.append(text)
            if self._on_line is not None:
                self._on_line(text)


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout: float = 600,
    on_line: Callable[[str], None] | None = None,
) -> Finished:
    """Run a command to its end."""
    return Command(command, cwd=cwd, env=env, on_line=on_line).wait(timeout)
