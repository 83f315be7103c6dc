"""git, as all commands call it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from lambda_workbench.errors import ToolError


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it printed; raises `ToolError` with what it refuses."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=git_environment(),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise ToolError("git was not found: https://git-scm.com/downloads") from error
    if done.returncode != 0:
        raise ToolError(f"`git {' '.join(arguments)}` failed:\n{done.stderr.strip()}")
    return done.stdout


def asked(folder: Path, *arguments: str) -> str | None:
    """The same, without the line end; None where git refuses, or is missing."""
    try:
        return git(folder, *arguments).removesuffix("\n")
    except ToolError:
        return None


def git_environment() -> dict[str, str]:
    """Where a pipeline hands over a token of GitHub, git uses it too."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    if os.environ.get("GH_TOKEN"):
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "credential.https://github.com.helper",
            "GIT_CONFIG_VALUE_0": "!gh auth git-credential",
        }
    return environment
