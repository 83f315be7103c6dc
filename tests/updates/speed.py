"""What costs Copier time and makes no difference here, where the same template is rendered hundreds
of times: it compiles every file, name and question anew for each of the three copies in an update,
and for each file of each copy it asks Git whether modes of files count."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from copier._main import Worker
from jinja2 import Environment


@contextmanager
def quicker() -> Iterator[None]:
    """Within this context, a Jinja template is compiled once however often it is loaded."""
    compiled: dict[tuple[Any, ...], Any] = {}
    really = Environment.compile

    def compile_once(
        self: Environment,
        source: Any,
        name: str | None = None,
        filename: str | None = None,
        raw: bool = False,
        defer_init: bool = False,
    ) -> Any:
        key = (
            type(self),
            self.variable_start_string,
            self.trim_blocks,
            self.lstrip_blocks,
            self.keep_trailing_newline,
            source,
            name,
            raw,
            defer_init,
        )
        if key not in compiled:
            compiled[key] = really(self, source, name, filename, raw, defer_init)  # type: ignore[call-overload]
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", compile_once)
        patch.setattr(Worker, "_sync_git_index_executable_bit", lambda *_: None)
        yield
