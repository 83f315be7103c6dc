"""Colour where a terminal is, and plain text elsewhere."""

import io
import sys

import pytest

from lambda_workbench.terminal import say, waiting_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> str:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", stream)
    with waiting_for("types"):
        pass
    say("types [x] ok", "green")
    return stream.getvalue()


def test_a_file_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(monkeypatch, io.StringIO()) == "types [x] ok\n"


def test_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[32mtypes [x] ok\x1b[0m" in printed(monkeypatch, Terminal())
