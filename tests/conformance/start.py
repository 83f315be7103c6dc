"""Start handlers as Lambda does, each in a process of its own, and tell what that took.

    python start.py '{"api": {"module": "orders.handlers.api", "environment": {…}}}'

Nothing can be connected to. Prints, for each, the modules it loaded and what went wrong.
"""

import importlib
import json
import os
import socket
import sys
import tempfile
from typing import Any, Never


def refuse(*_: Any, **__: Any) -> Never:
    raise ConnectionRefusedError("it connects while it starts")


def start(module: str, environment: dict[str, str]) -> dict[str, Any]:
    """Import a handler's module with exactly this environment."""
    os.environ.clear()
    os.environ.update(environment)
    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.create_connection = refuse
    socket.getaddrinfo = refuse
    before = set(sys.modules)
    try:
        importlib.import_module(module)
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}", "modules": []}
    return {"error": "", "modules": sorted(set(sys.modules) - before)}


def main(functions: dict[str, Any]) -> None:
    """Start each in a child of this process and print what the children say."""
    said = {}
    for name, function in functions.items():
        with tempfile.TemporaryFile("w+") as answer:
            child = os.fork()
            if child == 0:
                json.dump(start(**function), answer)
                answer.flush()
                os._exit(0)
            os.waitpid(child, 0)
            answer.seek(0)
            said[name] = json.load(answer)
    print(json.dumps(said))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
