"""Compiled code in a package has to fit the function: its processor, system and Python."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

from lambda_workbench.packaging.bundle import files

# e_machine of the ELF header, as the ABIs of the processors define it.
_MACHINES = {"x86_64": 62, "arm64": 183}
_NAMES = {number: name for name, number in _MACHINES.items()}
_LIBRARY = re.compile(r"\.(so|dylib|pyd|dll)(\.\d+)*$")
# The ABI in the name of an extension module: json.cpython-313-aarch64-linux-gnu.so
_ABI = re.compile(r"\.cpython-(\d)(\d+)[a-z]*-[\w-]+\.so$")


def misfits(folder: Path, python: str, architecture: str) -> Iterator[str]:
    """What is compiled for something else than a function's Python (3.13) and architecture."""
    for path in files(folder):
        if _LIBRARY.search(path.name):
            name = path.relative_to(folder).as_posix()
            for found, expected in _differences(path, python, architecture):
                yield f"{name} is for {found}; the function runs on {expected}"


def _differences(path: Path, python: str, architecture: str) -> Iterator[tuple[str, str]]:
    with path.open("rb") as stream:
        header = stream.read(20)
    if header[:4] != b"\x7fELF" or len(header) < 20:
        yield "another system", "Linux"
        return
    order = ">" if header[5] == 2 else "<"
    (machine,) = struct.unpack_from(f"{order}H", header, 18)
    if machine != _MACHINES[architecture]:
        yield _NAMES.get(machine, f"processor {machine}"), architecture
    if "musl" in path.name:
        yield "musl", "glibc"
    abi = _ABI.search(path.name)
    if abi and (version := f"{abi[1]}.{abi[2]}") != python:
        yield f"Python {version}", f"Python {python}"
