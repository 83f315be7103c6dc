"""The local AWS emulator as fixtures of pytest, started only when a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lambda_workbench.local.emulator import Emulator

__all__ = ["Emulator", "empty_emulator", "emulator"]


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator, one for the whole session: `emulator.endpoint` stands for every service.

    Tests share it, so they give what they make names of their own. A test that needs it empty
    takes `empty_emulator`.
    """
    with Emulator(tmp_path_factory.mktemp("emulator")) as started:
        yield started


@pytest.fixture
def empty_emulator(emulator: Emulator) -> Emulator:
    """The same emulator with nothing in it (some 25 ms)."""
    emulator.reset()
    return emulator
