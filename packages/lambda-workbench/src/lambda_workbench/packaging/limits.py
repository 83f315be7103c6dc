"""The budgets of the functions, from [tool.lambda-workbench.budget] in pyproject.toml."""

from __future__ import annotations

import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from lambda_workbench.project import ROOT, TABLE


def limits_of(name: str) -> Mapping[str, float]:
    """The limits of a function: those of all, and its own over them."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    budget = data["tool"][TABLE].get("budget", {})
    shared = {key: value for key, value in budget.items() if not isinstance(value, dict)}
    return {**shared, **budget.get(name, {})}


def too_large(name: str, packages: Sequence[Path]) -> Iterator[str]:
    """What is wrong with the size of the zips, if anything: a function's own and its layer's.

    An image has no limit here. Lambda loads of it what is read, and it may have 10 GB.
    """
    zips = [package for package in packages if package.suffix == ".zip"]
    limits = limits_of(name)
    size = sum(package.stat().st_size for package in zips) / 1000
    if zips and size > limits.get("kilobytes", size):
        yield f"{name} is {size:,.0f} kB zipped; its budget is {limits['kilobytes']:,g} kB."
        parts: Counter[str] = Counter()
        for package in zips:
            with zipfile.ZipFile(package) as archive:
                for entry in archive.infolist():
                    parts[_part(entry.filename)] += entry.compress_size
        for part, compressed in parts.most_common(3):
            yield f"  {compressed / 1000:5,.0f} kB in {part}"
        look = " && ".join(f"unzip -v {package.relative_to(ROOT)}" for package in zips)
        yield advice(name, "kilobytes", look)


def _part(name: str) -> str:
    """The package that a file is of; those in a layer are below python/."""
    return PurePosixPath(name.removeprefix("python/")).parts[0]


def advice(name: str, limit: str, look: str = "") -> str:
    """How to look further, and where the limit stands."""
    look = look or f"make import-profile FUNCTION={name}"
    return (
        f"  To look: {look}. To load something only when it is needed, import it in the function\n"
        f"  that uses it. If it is worth its cost, raise {limit} under\n"
        f"  [tool.lambda-workbench.budget.{name}] in pyproject.toml."
    )
