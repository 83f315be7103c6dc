"""What a benchmark measured: results.json for programs, results.md for people, in its folder."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def keep(folder: Path, document: Any, table: str) -> None:
    """Write both, and show the table."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(document, indent=2) + "\n")
    (folder / "results.md").write_text(table)
    print(table)


def figures(benchmark: str) -> Any:
    """The figures that a benchmark kept."""
    return json.loads((HERE / benchmark / "results.json").read_text())


def table(benchmark: str) -> str:
    """The table that a benchmark kept."""
    return (HERE / benchmark / "results.md").read_text()
