"""Put the recorded figures and the plot into docs/cold-start.md; a test compares them.

python -m benchmarks.docs
"""

import json
from pathlib import Path
from typing import Any

from benchmarks.cold_start import report

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"


def results(benchmark: str) -> Any:
    """The recorded figures of a benchmark."""
    return json.loads((HERE / benchmark / "results.json").read_text())


def page(text: str) -> str:
    """The page about cold starts with the recorded figures."""
    cold = results("cold_start")
    text = report.filled(text, "cold start", report.tables(cold))
    text = report.filled(text, "levers", report.levers(cold))
    text = report.filled(text, "traffic", (HERE / "traffic" / "results.md").read_text())
    return report.filled(text, "generation", (HERE / "generation" / "results.md").read_text())


def main() -> None:
    target = DOCS / "cold-start.md"
    target.write_text(page(target.read_text()))
    (DOCS / "cold-start.svg").write_text(report.plot(results("cold_start")))


if __name__ == "__main__":
    main()
