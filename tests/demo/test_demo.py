"""`make demo`: it works, and it tidies up after itself when it cannot."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.commands import ROOT, Finished, run

# The interpreter of this test has Copier.
DEMO = [sys.executable, "-m", "tools.demo"]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where the demo puts what it makes."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def demo(scratch: Path, *arguments: str, timeout: float = 60) -> Finished:
    env = {**os.environ, "TMPDIR": str(scratch)}
    return run([*DEMO, *arguments], cwd=ROOT, env=env, timeout=timeout)


@pytest.mark.slow
def test_an_order_is_stored_queued_and_fulfilled(scratch: Path) -> None:
    done = demo(scratch, timeout=900)

    assert not done.failure, done.failure
    for shown in ("signed with SigV4", "202", "status=placed", "status=fulfilled", "Stored in"):
        assert shown in done.output
    assert not list(scratch.glob("lambda-demo-*"))


def test_a_step_that_fails_is_shown_and_nothing_is_left(scratch: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yml"
    answers.write_text("triggers: []\n")

    done = demo(scratch, "--answers", str(answers))

    assert done.code == 1
    assert "FAILED" in done.output
    assert "expected at least one of api" in done.output
    assert not list(scratch.glob("lambda-demo-*"))


def test_a_folder_with_files_is_refused(scratch: Path, tmp_path: Path) -> None:
    kept = tmp_path / "mine"
    kept.mkdir()
    (kept / "notes.txt").write_text("mine")

    done = demo(scratch, "--dest", str(kept))

    assert done.code == 2
    assert "is not empty" in done.output
    assert [path.name for path in kept.iterdir()] == ["notes.txt"]


def test_ctrl_c_leaves_nothing_behind(scratch: Path) -> None:
    with subprocess.Popen(
        DEMO,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "make setup" in line:
                break
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        code = process.wait(30)

    assert code == 130, rest
    assert "Interrupted" in rest
    assert not list(scratch.glob("lambda-demo-*"))
