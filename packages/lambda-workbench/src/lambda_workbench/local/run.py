"""The service on this machine: `make run`.

Starts the emulator, builds and deploys, then redeploys whenever a source file changes and
shows what the functions log. Ctrl-C stops everything that it started.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path
from types import FrameType

import click

from lambda_workbench.errors import ToolError
from lambda_workbench.local.emulator import start_shared, stop_shared
from lambda_workbench.local.invoke import available
from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.local.local_stack import deploy
from lambda_workbench.local.logs import Tail
from lambda_workbench.local.streams import Driver
from lambda_workbench.operate import sources
from lambda_workbench.operate.service import Service
from lambda_workbench.operate.stages import LOCAL
from lambda_workbench.packaging.package import build
from lambda_workbench.project import LOCAL_DIST, ROOT

_WATCHED = ("template.yaml", "template.override.yaml", "pyproject.toml", "uv.lock")
_PAUSE_SECONDS = 0.5


@click.command()
def command() -> None:
    """Run until Ctrl-C."""
    signal.signal(signal.SIGTERM, _as_interrupt)
    enter_local_environment()
    print("starting the emulator …", flush=True)
    emulator = start_shared()
    try:
        service = Service(LOCAL, emulator.endpoint)
        known = _fingerprint()
        _redeploy(emulator.endpoint)
        with Driver(emulator.endpoint):
            _greet(service)
            _watch(service, known)
    except KeyboardInterrupt:
        print("\nstopping")
    finally:
        emulator.stop()
        stop_shared()


def _greet(service: Service) -> None:
    print(f"\nrunning at {service.endpoint}; Ctrl-C stops it")
    if "api" in available():
        gateway = sources.Api(service)
        print(f"the API is at {gateway.url} (authorization: {gateway.authorization})")
    for trigger in available():
        print(f"  make invoke TRIGGER={trigger}")
    print(flush=True)


def _watch(service: Service, known: dict[Path, int]) -> None:
    """Redeploy on change and show the logs, for ever."""
    tail = Tail(service, service.functions())
    while True:
        time.sleep(_PAUSE_SECONDS)
        for line in tail.new_lines():
            print(line, flush=True)
        current = _fingerprint()
        if current != known:
            changed = sorted(
                str(path.relative_to(ROOT))
                for path in current.keys() | known.keys()
                if current.get(path) != known.get(path)
            )
            known = current
            print(f"changed: {', '.join(changed)}", flush=True)
            try:
                _redeploy(service.stack.endpoint or "")
            except ToolError as error:
                print(f"error: {error}", flush=True)


def _redeploy(endpoint: str) -> None:
    started = time.monotonic()
    build(LOCAL_DIST, LOCAL, local=True)
    deploy(endpoint)
    print(f"deployed in {time.monotonic() - started:.1f} s", flush=True)


def _fingerprint() -> dict[Path, int]:
    """The times of change of all files that matter."""
    paths = [ROOT / name for name in _WATCHED]
    paths += [path for path in (ROOT / "src").rglob("*") if "__pycache__" not in path.parts]
    return {path: path.stat().st_mtime_ns for path in paths if path.is_file()}


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
