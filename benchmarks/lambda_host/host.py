"""A function in a process: AWS's runtime interface client, a Runtime API and AWS on loopback."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from benchmarks.lambda_host.runtime_api import FunctionFailedError, RuntimeApi
from benchmarks.lambda_host.trust import Trust

HERE = Path(__file__).resolve().parent
_COLLECTED = re.compile(r"Collected\s*:\s*(\d+)")


@dataclass(frozen=True)
class Package:
    """A function's unpacked package and how Lambda would start it.

    `$AWS_PORT` in a value of the environment stands for the port of the fake of AWS.
    """

    folder: Path
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)
    memory: int = 256


@dataclass(frozen=True)
class Host:
    """What runs functions: an interpreter with the runtime interface client, and a fake of AWS."""

    python: Path
    trust: Trust
    aws_port: int

    @contextmanager
    def start(self, package: Package, *, valgrind: bool = False) -> Iterator["Running"]:
        """Start a function; it is stopped when the block ends."""
        command = [str(self.python), str(HERE / "bootstrap.py"), package.handler]
        if valgrind:
            command = [
                "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command,
            ]  # fmt: skip
        with RuntimeApi() as api, subprocess.Popen(
            command,
            cwd=package.folder,
            env=self._environment(package, api),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if valgrind else subprocess.DEVNULL,
            text=True,
        ) as process:  # fmt: skip
            running = Running(process, api, perf_counter())
            try:
                yield running
            finally:
                running.stop()

    def _environment(self, package: Package, api: RuntimeApi) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": str(package.folder),
            "PYTHONDONTWRITEBYTECODE": "1",  # /var/task is read-only
            "LAMBDA_TASK_ROOT": str(package.folder),
            "LAMBDA_RUNTIME_DIR": str(HERE),
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "benchmark",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(package.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/benchmark",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_SESSION_TOKEN": "example",
            "BENCHMARK_AWS_PORT": str(self.aws_port),
            **{
                name: value.replace("$AWS_PORT", str(self.aws_port))
                for name, value in package.environment.items()
            },
        }


class Running:
    """A function that runs."""

    def __init__(self, process: subprocess.Popen[str], api: RuntimeApi, started_at: float) -> None:
        self.api = api
        self.started_at = started_at
        self._process = process

    def cpu_s(self) -> float:
        """CPU seconds so far."""
        text = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        try:
            tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
            return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
        except (OSError, ValueError):  # a kernel without it: ticks of 10 ms
            return (int(text[11]) + int(text[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self, name: str = "VmHWM") -> float:
        """Peak resident memory so far, or the present one with VmRSS."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(rf"{name}:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0

    def instructions(self) -> int:
        """Stop the function and return what valgrind counted."""
        self._process.send_signal(signal.SIGTERM)
        _, errors = self._process.communicate(timeout=120)
        found = _COLLECTED.search(errors)
        if not found:
            raise FunctionFailedError(errors[-2000:])
        return int(found[1])

    def stop(self) -> None:
        """End the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()


@contextmanager
def fake_aws(trust: Trust) -> Iterator[int]:
    """The fake of AWS in its own process; gives its port."""
    command = [sys.executable, str(HERE / "fake_aws.py"), str(trust.chain), str(trust.key)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(10)
