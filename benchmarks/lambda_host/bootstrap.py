"""What /var/runtime/bootstrap.py is on Lambda: starts the runtime interface client.

The names of AWS lead to the fake on loopback; everything else is as on Lambda.
"""

import os
import socket
import sys

_PORT = int(os.environ.pop("BENCHMARK_AWS_PORT"))
_resolve = socket.getaddrinfo


def _getaddrinfo(host, port, *args, **kwargs):  # type: ignore[no-untyped-def]
    if isinstance(host, str) and host.endswith((".amazonaws.com", ".api.aws")):
        host, port = "127.0.0.1", _PORT
    return _resolve(host, port, *args, **kwargs)


socket.getaddrinfo = _getaddrinfo
del sys.path[0]  # the folder of this file

from awslambdaric.__main__ import main  # noqa: E402

main(sys.argv)
