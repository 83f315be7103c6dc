"""What goes into a package and in which form, so that equal inputs give equal bytes."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lambda_workbench.project import find_uv, run

_UNUSED = ("tests", "test", "__pycache__", "*.pyi", "*.pyc", "py.typed")
_UNUSED_AT_THE_TOP = ("bin", ".lock")
_LICENCES = ("LICENSE*", "LICENCE*", "COPYING*", "NOTICE*", "AUTHORS*")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in one order on every machine."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return iter(sorted(found, key=lambda path: path.relative_to(folder).as_posix()))


def write_zip(folder: Path, target: Path) -> None:
    """Zip a folder so that equal folders give equal bytes."""
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the permissions below count
            entry.external_attr = _mode(path) << 16
            archive.writestr(entry, path.read_bytes())
    unfinished.replace(target)


def write_folder(folder: Path, target: Path) -> None:
    """Copy a folder with fixed times and permissions, whatever the umask."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target, copy_function=shutil.copyfile)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else _mode(path))
        os.utime(path, (0, 0))


def digest_of(package: Path) -> str:
    """The SHA-256 of a zip, or of a folder's names and contents."""
    if package.is_file():
        return hashlib.sha256(package.read_bytes()).hexdigest()
    total = hashlib.sha256()
    for path in files(package):
        name = path.relative_to(package).as_posix()
        total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def size_of(package: Path) -> int:
    """The bytes of a zip, or of all files of a folder."""
    paths = [package] if package.is_file() else files(package)
    return sum(path.stat().st_size for path in paths)


def strip(folder: Path) -> None:
    """Remove what a running function has no use for; licences stay."""
    for path in list(files(folder)):
        relative = path.relative_to(folder)
        metadata = relative.parts[0].endswith(".dist-info")
        licence = any(fnmatch.fnmatch(path.name, pattern) for pattern in _LICENCES)
        if (metadata and not licence) or (not metadata and _is_unused(relative)):
            path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def compile_all(folder: Path, python: str, home: str) -> None:
    """Add bytecode for a minor version: where the code runs, nothing can be written later.

    `home` is the path that the folder will have there, for the traces of errors.
    """
    environment = {"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")}
    command = [interpreter(python), "-m", "compileall", "-q"]
    command += ["--invalidation-mode", "unchecked-hash"]
    run([*command, "-s", str(folder), "-p", home, str(folder)], env=environment)


def interpreter(python: str) -> str:
    """The path of a minor version of Python."""
    if python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    return run([find_uv(), "python", "find", "--no-project", python], quiet=True).strip()


def _mode(path: Path) -> int:
    return 0o755 if ".so" in path.suffixes else 0o644


def _is_unused(relative: Path) -> bool:
    if relative.parts[0] in _UNUSED_AT_THE_TOP:
        return True
    return any(fnmatch.fnmatch(part, pattern) for part in relative.parts for pattern in _UNUSED)
