"""Start and stop the AWS emulator (ministack) on this machine.

    workbench emulator prepare|start|stop|reset|status

It listens on 127.0.0.1 only, enforces the functions' roles, and runs them with its own
interpreter, so it lives in .venv-emulator with the functions' minor version of Python.
In code: `with Emulator(folder) as emulator: ... emulator.endpoint`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import click

from lambda_workbench.errors import ToolError
from lambda_workbench.local.local_env import enter_local_environment, local_environment
from lambda_workbench.project import LOCAL_STATE, ROOT, find_uv, project, run

DEFAULT_PORT = 4566
_VENV = ROOT / ".venv-emulator"
_START_SECONDS = 60.0


class Emulator:
    """One emulator process whose files live in one folder."""

    def __init__(self, home: Path, port: int | None = None) -> None:
        self.home = home
        self.port = port or int(os.environ.get("EMULATOR_PORT") or 0) or _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """The URL that stands for every AWS service."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the emulator itself prints."""
        return self.home / "emulator.log"

    @property
    def pid(self) -> int:
        """The process id while it runs."""
        if self._process is None:
            raise ToolError("the emulator is not running")
        return self._process.pid

    def start(self) -> Self:
        """Start it and wait until it answers."""
        python = emulator_python()
        scratch = self.home / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        if not _port_is_free(self.port):
            raise ToolError(f"port {self.port} is taken: stop what uses it or set EMULATOR_PORT")
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [python, "-P", str(Path(__file__).with_name("emulator_main.py"))],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=scratch,
                env=self._environment(scratch),
                # Ctrl-C reaches this tool only, which then stops it in order.
                start_new_session=True,
            )
        self._wait_until_healthy()
        return self

    def stop(self) -> None:
        """Stop it and the functions it started."""
        if self._process is not None:
            terminate_group(self._process.pid, self._process)
            self._process = None

    def reset(self) -> None:
        """Forget every stack, message, record and log line (some 25 ms)."""
        reset(self.endpoint)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _environment(self, scratch: Path) -> dict[str, str]:
        """Little more than it needs: functions inherit what the emulator sees."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            **local_environment(),
            "TMPDIR": str(scratch),
            "STATE_DIR": str(scratch / "state"),
            "S3_DATA_DIR": str(scratch / "s3"),
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": project().region,
            # Functions run with the policies of their own role and nothing else.
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # Lambda waits minutes between asynchronous retries; nobody here should.
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
            "PYTHONDONTWRITEBYTECODE": "1",
            "no_proxy": "127.0.0.1,localhost",
        }

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                self._process = None
                raise ToolError(f"the emulator ended at once:\n{self._last_lines()}")
            if is_healthy(self.endpoint):
                return
            time.sleep(0.05)
        self.stop()
        raise ToolError(f"the emulator did not answer in time:\n{self._last_lines()}")

    def _last_lines(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


def emulator_python() -> str:
    """The interpreter of .venv-emulator, brought up to date with uv.lock first."""
    lock = (ROOT / "uv.lock").read_bytes() if (ROOT / "uv.lock").exists() else b""
    state = hashlib.sha256(lock + project().python.encode()).hexdigest()
    stamp = _VENV / ".synced"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != state:
        environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(_VENV)}
        environment.pop("VIRTUAL_ENV", None)
        run([find_uv(), "sync", "--quiet", "--frozen", "--only-group", "emulator"], env=environment)
        stamp.write_text(state, encoding="utf-8")
    return str(_VENV / "bin" / "python")


def is_healthy(endpoint: str) -> bool:
    """Whether an emulator answers there."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def reset(endpoint: str) -> None:
    """Empty the emulator that answers there."""
    request = urllib.request.Request(f"{endpoint}/_ministack/reset", method="POST")
    with urllib.request.urlopen(request, timeout=30):
        pass


def terminate_group(pid: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """End a process that leads its own group, and whatever it started."""
    for sign, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, sign)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if process is not None:
                process.poll()  # collects the child, or it would stay as a zombie
            if not _group_exists(pid):
                return
            time.sleep(0.05)


def _group_exists(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# The emulator that `make run` and the commands below share.


def shared_state() -> dict[str, object]:
    """The endpoint and pid of the shared emulator, or nothing when none answers."""
    state = _recorded_state()
    return state if state and is_healthy(str(state["endpoint"])) else {}


def _recorded_state() -> dict[str, object]:
    """What was written down when it started, whether it answers or not."""
    path = LOCAL_STATE / "emulator.json"
    state: dict[str, object] = {}
    if path.exists():
        state = json.loads(path.read_text(encoding="utf-8"))
    return state


def start_shared() -> Emulator:
    """Start the shared emulator, on the usual port when that is free."""
    if shared_state():
        raise ToolError("it is running already: `make run` holds it, or `make stop` ends it")
    port = int(os.environ.get("EMULATOR_PORT") or 0) or None
    if port is None and _port_is_free(DEFAULT_PORT):
        port = DEFAULT_PORT
    shutil.rmtree(LOCAL_STATE / "tmp", ignore_errors=True)
    emulator = Emulator(LOCAL_STATE, port).start()
    state = {"endpoint": emulator.endpoint, "pid": emulator.pid}
    (LOCAL_STATE / "emulator.json").write_text(json.dumps(state), encoding="utf-8")
    return emulator


def stop_shared() -> bool:
    """Stop the shared emulator, also one that no longer answers; False when none runs."""
    state = _recorded_state()
    (LOCAL_STATE / "emulator.json").unlink(missing_ok=True)
    pid = int(str(state.get("pid", 0)))
    # The number may have passed on to some other process since.
    if pid and "emulator_main" in run(["ps", "-ww", "-o", "command=", "-p", str(pid)], quiet=True):
        terminate_group(pid)
        return True
    return False


def shared_endpoint() -> str:
    """The endpoint of the shared emulator, which must be running."""
    state = shared_state()
    if not state:
        raise ToolError("nothing runs locally: start it with `make run` in another terminal")
    return str(state["endpoint"])


@click.command()
@click.argument("action", type=click.Choice(["prepare", "start", "stop", "reset", "status"]))
def command(action: str) -> None:
    """Carry out one command on the shared emulator."""
    enter_local_environment()
    if action == "prepare":
        emulator_python()
    elif action == "start":
        emulator = start_shared()
        print(f"{emulator.endpoint} (pid {emulator.pid}, log {emulator.log.relative_to(ROOT)})")
    elif action == "stop":
        print("stopped" if stop_shared() else "nothing was running")
    elif action == "reset":
        reset(shared_endpoint())
    else:
        state = shared_state()
        print(f"running at {state['endpoint']}" if state else "not running")
        sys.exit(0 if state else 1)
