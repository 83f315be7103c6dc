"""Secrets in the files that git has or would take: `make secrets`.

Samples and tests are full of made-up passwords and ids: only the known forms of keys count there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from lambda_workbench.git import git
from lambda_workbench.project import ROOT

_SAMPLES = re.compile(r"(events|tests|vendor)/")
_LOCK = "uv.lock"
_EVERYWHERE = ("--no-verify", "--exclude-lines", "secretsmanager:")
_IN_SAMPLES = (
    "--no-verify",
    "--disable-plugin=KeywordDetector",
    "--disable-plugin=Base64HighEntropyString",
    "--disable-plugin=HexHighEntropyString",
)


@click.command()
def command() -> None:
    """Print what was found, and end with 1 if anything was."""
    if report := found():
        sys.exit(report)
    print("no secrets found")


def found() -> str:
    """What the scanner reports; empty when it finds nothing."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    samples = [name for name in names if _SAMPLES.match(name)]
    others = [name for name in names if name not in samples and Path(name).name != _LOCK]
    return _scan(_EVERYWHERE, others) + _scan(_IN_SAMPLES, samples)


def _scan(options: Sequence[str], names: Sequence[str]) -> str:
    if not names:
        return ""
    program = str(Path(sys.executable).parent / "detect-secrets-hook")
    done = subprocess.run(
        [program, *options, "--", *names], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return f"{done.stdout}{done.stderr}" if done.returncode else ""
