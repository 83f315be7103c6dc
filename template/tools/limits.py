# Managed by the template: see docs/updating.md.
"""The budgets of the functions, from [tool.service.budget] in pyproject.toml."""

from __future__ import annotations

import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from tools.project import ROOT


def limits_of(name: str) -> Mapping[str, float]:
    """The limits of a function: those of all, and its own over them."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    budget = data["tool"]["service"].get("budget", {})
    shared = {key: value for key, value in budget.items() if not isinstance(value, dict)}
    return {**shared, **budget.get(name, {})}


def too_large(name: str, package: Path) -> Iterator[str]:
    """What is wrong with the size of the zip, if anything."""
    limits = limits_of(name)
    size = package.stat().st_size / 1000
    if size > limits.get("kilobytes", size):
        yield f"{name} is {size:,.0f} kB zipped; its budget is {limits['kilobytes']:,g} kB."
        with zipfile.ZipFile(package) as archive:
            parts: Counter[str] = Counter()
            for entry in archive.infolist():
                parts[PurePosixPath(entry.filename).parts[0]] += entry.compress_size
        for part, compressed in parts.most_common(3):
            yield f"  {compressed / 1000:5,.0f} kB in {part}"
        yield advice(name, "kilobytes", f"unzip -v {package.relative_to(ROOT)}")


def advice(name: str, limit: str, look: str = "") -> str:
    """How to look further, and where the limit stands."""
    look = look or f"make import-profile FUNCTION={name}"
    return (
        f"  To look: {look}. To load something only when it is needed, import it in the function\n"
        f"  that uses it. If it is worth its cost, raise {limit} under\n"
        f"  [tool.service.budget.{name}] in pyproject.toml."
    )
