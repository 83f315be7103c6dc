"""Starting and stopping the emulator that the commands of a project share."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.leftovers import processes_in

from .conftest import Tools, free_port


def test_an_emulator_that_no_longer_answers_is_stopped(project: Tools) -> None:
    done = project.run("emulator", "start", EMULATOR_PORT=str(free_port()))
    assert not done.failure, done.failure
    state = json.loads((project.project / ".local" / "emulator.json").read_text())
    os.kill(state["pid"], signal.SIGSTOP)

    done = project.run("emulator", "stop")

    assert done.output == "stopped"
    assert processes_in(project.project) == {}


def test_a_process_that_is_left_behind_is_found(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE) as process:
        found = processes_in(tmp_path)
        process.communicate(b"\n")

    assert list(found) == [process.pid]
    assert processes_in(tmp_path) == {}
