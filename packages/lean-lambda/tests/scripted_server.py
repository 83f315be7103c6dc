"""A web server on loopback that plays a script of answers and faults."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Answer:
    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False
    cut: bool = False  # promise more bytes than are sent
    close: bool = False  # after the answer, and announced
    hang_up: bool = False  # after the answer, without a word


class Drop:
    """Close the connection in place of an answer."""


class Hang:
    """Keep the client waiting until the server stops."""


@dataclass(frozen=True)
class Received:
    connection: int
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


class ScriptedServer(ThreadingHTTPServer):
    """Gives each request the next step of the script, and keeps what it was sent."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.received: list[Received] = []
        self.script: deque[Answer | Drop | Hang] = deque()
        self.connections = 0
        self.hung_up = threading.Semaphore(0)
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def play(self, *steps: Answer | Drop | Hang) -> None:
        """Add to the script; when it is over, requests are answered with `{}`."""
        self.script.extend(steps)

    def wait_until_hung_up(self) -> None:
        assert self.hung_up.acquire(timeout=5)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ScriptedServer

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1
        self.number = self.server.connections

    def finish(self) -> None:
        super().finish()
        self.request.close()
        self.server.hung_up.release()

    def do_GET(self) -> None:
        self._play("GET")

    def do_POST(self) -> None:
        self._play("POST")

    def _play(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(self.number, method, self.path, headers, body))
        step = self.server.script.popleft() if self.server.script else Answer()
        if isinstance(step, Answer):
            self._answer(step)
            return
        if isinstance(step, Hang):
            self.server.stopping.wait(5)
        self.close_connection = True

    def _answer(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.close:
            self.send_header("Connection", "close")
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"".join(b"1\r\n%c\r\n" % byte for byte in answer.body) + b"0\r\n\r\n"
        else:
            body = answer.body
            self.send_header("Content-Length", str(len(body) + (10 if answer.cut else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = answer.cut or answer.close or answer.hang_up

    def log_message(self, *_: object) -> None:
        """Say nothing."""
