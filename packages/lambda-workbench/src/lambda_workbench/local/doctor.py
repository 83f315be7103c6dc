"""What is missing on this machine and how to get it: `make doctor`.

Runs with the standard library alone, before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path.cwd()


class Report:
    """Collects what was found."""

    def __init__(self) -> None:
        self.missing = 0

    def say(self, good: bool, what: str, otherwise: str = "", *, needed: bool = True) -> None:
        """Print one finding; what is needed and missing counts."""
        mark = "ok     " if good else ("MISSING" if needed else "note   ")
        print(f"{mark} {what}" + (f": {otherwise}" if not good and otherwise else ""))
        self.missing += int(not good and needed)


def main() -> int:
    """Look around and return how many needed things are missing."""
    report = Report()
    _tools(report)
    _python(report, (ROOT / ".python-version").read_text(encoding="utf-8").strip())
    _environments(report)
    _port(report)
    _aws(report)
    return report.missing


def _tools(report: Report) -> None:
    report.say(shutil.which("git") is not None, "git", "https://git-scm.com/downloads")
    report.say(
        shutil.which("make") is not None, "make", "apt install make / xcode-select --install"
    )
    uv = os.environ.get("UV", "")
    found = Path(uv).exists() if uv else shutil.which("uv") is not None
    report.say(found, "uv", "`make setup` installs it into .uv/", needed=False)


def _python(report: Report, version: str) -> None:
    uv = os.environ.get("UV", "")
    found = shutil.which(f"python{version}") is not None
    if not found and uv and Path(uv).exists():
        asked = subprocess.run(
            [uv, "python", "find", "--no-project", version], capture_output=True, check=False
        )
        found = asked.returncode == 0
    may_download = os.environ.get("UV_PYTHON_DOWNLOADS", "automatic") == "automatic"
    report.say(
        found,
        f"Python {version}",
        "`make setup` downloads it" if may_download else f"install it: pyenv install {version}",
        needed=not may_download,
    )


def _environments(report: Report) -> None:
    for name, what in ((".venv", "the tools"), (".venv-emulator", "the emulator")):
        report.say((ROOT / name).exists(), f"{name} ({what})", "run `make setup`", needed=False)
    report.say(
        (ROOT / "uv.lock").exists(), "uv.lock", "`make setup` writes it; commit it", needed=False
    )
    git = (ROOT / ".git").exists()
    report.say(git, "git repository", "git init; updates of the template need it", needed=False)


def _port(report: Report) -> None:
    port = int(os.environ.get("EMULATOR_PORT") or 4566)
    with socket.socket() as probe:
        free = probe.connect_ex(("127.0.0.1", port)) != 0
    report.say(free, f"port {port} is free", "`make run` takes another one", needed=False)


def _aws(report: Report) -> None:
    home = Path.home() / ".aws"
    configured = bool(
        os.environ.get("AWS_ACCESS_KEY_ID")
        or os.environ.get("AWS_PROFILE")
        or (home / "credentials").exists()
        or (home / "config").exists()
    )
    report.say(configured, "AWS credentials", "only `make deploy` needs them", needed=False)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
