"""The Lambda Runtime API on loopback, for one function at a time."""

import json
import queue
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:benchmark"
LONG_S = 600.0


class FunctionFailedError(Exception):
    """The function did not start, or answered with an error."""


@dataclass(frozen=True)
class Reply:
    """What came back for one event. The times are those of `time.perf_counter`."""

    body: Any
    sent: float
    received: float

    @property
    def seconds(self) -> float:
        return self.received - self.sent


class RuntimeApi(ThreadingHTTPServer):
    """Hands out events to the runtime interface client and takes its replies."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"127.0.0.1:{self.server_port}"
        self.asked = threading.Event()  # the function is initialised and asks for work
        self.asked_at = 0.0
        self.events: queue.Queue[bytes] = queue.Queue()
        self.replies: queue.Queue[Reply | FunctionFailedError] = queue.Queue()
        self.sent_at = 0.0
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def invoke(self, event: dict[str, Any], seconds: float = LONG_S) -> Reply:
        """Give the function an event and wait for its answer."""
        self.events.put(json.dumps(event).encode())
        try:
            reply = self.replies.get(timeout=seconds)
        except queue.Empty:
            raise FunctionFailedError("no answer in time") from None
        if isinstance(reply, FunctionFailedError):
            raise reply
        return reply

    def wait_for_start(self, seconds: float = LONG_S) -> float:
        """When the function asked for its first event; raises if it could not start."""
        end = time.monotonic() + seconds
        while not self.asked.wait(0.02):
            if not self.replies.empty() and isinstance(failed := self.replies.get(), Exception):
                raise failed
            if time.monotonic() > end:
                raise FunctionFailedError("did not start in time")
        return self.asked_at

    def handle_error(self, *_: object) -> None:
        """A function that is stopped leaves its connection open; that is no news."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: RuntimeApi

    def do_GET(self) -> None:
        if not self.server.asked.is_set():
            self.server.asked_at = time.perf_counter()
            self.server.asked.set()
        event = self.server.events.get()
        deadline = round((time.time() + LONG_S) * 1000)
        self.send_response_only(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(deadline))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", FUNCTION_ARN)
        self.send_header(
            "Lambda-Runtime-Trace-Id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
        )
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.server.sent_at = time.perf_counter()
        self.wfile.write(event)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        received = time.perf_counter()
        if self.path.endswith("/response"):
            self.server.replies.put(Reply(json.loads(body), self.server.sent_at, received))
        else:
            self.server.replies.put(FunctionFailedError(body.decode()))
        self.send_response_only(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
