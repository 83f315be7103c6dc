"""Follow what the functions log, in a form made for reading."""

from __future__ import annotations

import json
import time
from typing import Any

from lambda_workbench.operate.service import Service

# Fields that are the same on every line, or that a reader seldom needs.
_HIDDEN = {
    "timestamp",
    "level",
    "message",
    "logger",
    "service",
    "stage",
    "version",
    "function_arn",
    "function_memory_size",
    "function_name",
    "function_request_id",
    "location",
    "xray_trace_id",
    "cold_start",
    "_aws",
}
# A line may turn up this long after its own timestamp.
_LATE_SECONDS = 60.0
_PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId")


class Tail:
    """The new log lines of some functions, each shown once."""

    def __init__(self, service: Service, functions: list[str]) -> None:
        self._service = service
        self._functions = functions
        self._started = time.time()
        self._seen: set[tuple[object, ...]] = set()

    def new_lines(self) -> list[str]:
        """What was logged since the last time."""
        since = max(self._started, time.time() - _LATE_SECONDS)
        found = []
        for function in self._functions:
            for event in self._service.log_events(function, since):
                # The emulator gives its events no ids.
                key = (function, event["logStreamName"], event["timestamp"], event["message"])
                if key in self._seen:
                    continue
                self._seen.add(key)
                if shown := readable(event["message"]):
                    found.append((event["timestamp"], f"{function:>10} | {shown}"))
        return [line for _, line in sorted(found)]


def readable(message: str) -> str:
    """One log line for people; nothing for the lines that the platform adds."""
    if message.startswith(_PLATFORM):
        return ""
    try:
        line: Any = json.loads(message)
    except ValueError:
        return message.rstrip()
    if not isinstance(line, dict):
        return message.rstrip()
    fields = " ".join(f"{name}={value}" for name, value in line.items() if name not in _HIDDEN)
    if "_aws" in line:
        return f"metrics {fields}"
    return f"{line.get('level', '')} {line.get('message', '')} {fields}".strip()
