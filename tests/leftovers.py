"""Processes that a test run leaves behind. Its folder is in their command or is where they run."""

import os
from pathlib import Path

import pytest


def processes_in(folder: Path) -> dict[int, str]:
    """The commands of the processes that have to do with a folder, by process id.

    Empty where there is no /proc.
    """
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            place = os.readlink(entry / "cwd")  # noqa: PTH115 - the folder may be gone
        except OSError:  # it has ended, or is somebody else's
            continue
        if str(folder) in command or place.startswith(str(folder)):
            found[int(entry.name)] = command
    return found


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End a run that left something behind as failed, and say what."""
    if hasattr(session.config, "workerinput"):
        return  # the process that started the workers looks after all of them
    factory: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]
    left = processes_in(factory.getbasetemp())
    if left:
        lines = [f"  {number}: {command}" for number, command in left.items()]
        print("\n".join(["", "These processes outlived the tests:", *lines]))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
