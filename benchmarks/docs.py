"""Put the recorded figures and the plot into the pages that cite them; a test compares them.

python -m benchmarks.docs
"""

from collections.abc import Callable

from benchmarks import recorded
from benchmarks.cold_start import report

DOCS = recorded.HERE.parent / "docs"


def cold_start(text: str) -> str:
    """The page about cold starts."""
    cold = recorded.figures("cold_start")
    text = report.filled(text, "cold start", report.tables(cold))
    text = report.filled(text, "levers", report.levers(cold))
    text = report.filled(text, "traffic", recorded.table("traffic"))
    return report.filled(text, "generation", recorded.table("generation"))


def updating(text: str) -> str:
    """The page about updates."""
    return report.filled(text, "updates", recorded.table("updates"))


PAGES: dict[str, Callable[[str], str]] = {"cold-start.md": cold_start, "updating.md": updating}


def main() -> None:
    for name, page in PAGES.items():
        target = DOCS / name
        target.write_text(page(target.read_text()))
    (DOCS / "cold-start.svg").write_text(report.plot(recorded.figures("cold_start")))


if __name__ == "__main__":
    main()
