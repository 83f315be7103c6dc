"""AWS on loopback over TLS, in a process of its own: every call succeeds with the shortest answer.

    python fake_aws.py <certificate chain> <key>

Prints its port and serves until its standard input closes. It reads just enough of HTTP to answer
quickly, since its time is part of what is measured.
"""

import json
import re
import socketserver
import ssl
import sys
import threading
from collections.abc import Mapping

ANSWERS: dict[bytes, dict[str, object]] = {
    b"Query": {"Items": [], "Count": 0, "ScannedCount": 0},
    b"SendMessage": {"MessageId": "11111111-1111-1111-1111-111111111111"},
    b"GetParameter": {"Parameter": {"Name": "p", "Type": "String", "Value": "main", "Version": 1}},
    b"GetSecretValue": {"ARN": "arn", "Name": "secret", "SecretString": "a" * 32},
}
ORDER = {
    "order_id": "ord-1",
    "customer_id": "cus-1",
    "lines": [{"sku": "KB-1", "quantity": 1, "unit_price_cents": 4999}],
    "placed_at": "2026-01-01T00:00:00Z",
    "status": "placed",
}  # what every object in S3 holds
# AppConfig's session, and the document it gives out
SESSION = {"InitialConfigurationToken": "first"}
CONFIGURATION = {
    "features": {
        "premium_features": {"default": False},
        "ten_percent_off_campaign": {"default": True},
    },
    "countries": ["SE"],
}
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *\w+\.(\w+)", re.IGNORECASE)


def _reply(answer: Mapping[str, object], status: str = "200 OK", more: str = "") -> bytes:
    body = json.dumps(answer).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.0\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


_NOTHING = _reply({})
# What has no target in its headers is told by the beginning of the request.
_BY_PATH = {
    b"POST /configurationsessions": _reply(SESSION, "201 Created"),
    b"GET /configuration?": _reply(CONFIGURATION, more="Next-Poll-Configuration-Token: next\r\n"),
    b"GET /": _reply(ORDER),
}
_REPLIES = {name: _reply(answer) for name, answer in ANSWERS.items()}


def _answer(head: bytes) -> bytes:
    if found := _TARGET.search(head):
        return _REPLIES.get(found[1], _NOTHING)
    return next((reply for start, reply in _BY_PATH.items() if head.startswith(start)), _NOTHING)


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        received = b""
        while True:
            while (end := received.find(b"\r\n\r\n")) < 0:
                if not (more := self.request.recv(65536)):
                    return
                received += more
            head, received = received[:end], received[end + 4 :]
            if re.search(rb"\r\nexpect: *100-continue", head, re.IGNORECASE):
                self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            length = int(found[1]) if (found := _LENGTH.search(head)) else 0
            while len(received) < length:
                received += self.request.recv(65536)
            received = received[length:]
            self.request.sendall(_answer(head))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 32

    def handle_error(self, *_: object) -> None:
        """A function that is stopped leaves its connections open; that is no news."""


def main(chain: str, key: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
