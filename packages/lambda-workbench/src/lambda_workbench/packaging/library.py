"""What is packed of lean_lambda: the modules that a function's code imports, and no others.

They come from the environment that `make setup` made of the lock file, whether the package is
installed there from its repository or stands in vendor/.
"""

from __future__ import annotations

import ast
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

from lambda_workbench.errors import ToolError
from lambda_workbench.packaging.bundle import files

DISTRIBUTION = "lean-lambda"
PACKAGE = "lean_lambda"


def add_library(code: Path) -> Path:
    """Copy what the modules in `code` import, directly or not; return the folder it is in."""
    source = _source()
    wanted = {name for path in files(code) if path.suffix == ".py" for name in _imports(path, "")}
    found: dict[str, Path] = {}
    while wanted:
        name = wanted.pop()
        path = _file(source, name)
        if path is not None and name not in found:
            found[name] = path
            wanted |= {*_imports(path, _package(name, path)), name.rpartition(".")[0]}
    for path in found.values():
        target = code / PACKAGE / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return code / PACKAGE


def _source() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ToolError(f"{DISTRIBUTION} is not installed: run make setup")
    return Path(spec.origin).parent


def _file(source: Path, name: str) -> Path | None:
    """The file of a module, or None for a name that is none, such as that of a function."""
    head, _, rest = name.partition(".")
    if head != PACKAGE:
        return None
    base = source.joinpath(*rest.split(".")) if rest else source
    candidates = [base / "__init__.py", base.with_suffix(".py")]
    return next((path for path in candidates if path.is_file()), None)


def _package(name: str, path: Path) -> str:
    return name if path.name == "__init__.py" else name.rpartition(".")[0]


def _imports(path: Path, package: str) -> Iterator[str]:
    """The names that a file imports anywhere in it; relative ones only where `package` is known."""
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (package or not node.level):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(parents if node.level else []), *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
