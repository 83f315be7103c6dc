"""Colour and a sign of life for people at a terminal; plain text for files, pipes and pipelines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str, style: str = "") -> None:
    """Print a line, in a style of rich such as `green` where a terminal shows it."""
    if not sys.stdout.isatty():
        print(text, flush=True)
        return
    from rich.console import Console

    Console(highlight=False).print(text, style=style, markup=False, soft_wrap=True)


@contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Show what is being waited for, as long as it takes; nothing where there is no terminal."""
    if not sys.stdout.isatty():
        yield
        return
    from rich.console import Console

    with Console().status(what):
        yield
