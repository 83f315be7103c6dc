"""Writes docs/practices.md from practices.yml and from the checks that prove its rows.

make practices           # writes the page, and the summary in README.md
make practices ARGS=--check   # fails when either is not current
"""

import re
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from tests.conformance import registry
from tests.conformance.registry import Row
from tools.commands import ROOT

PAGE = ROOT / "docs/practices.md"
README = ROOT / "README.md"
GROUPS = {
    "A": "Structure of the code",
    "B": "Configuration and secrets",
    "C": "Memory, time, concurrency",
    "D": "Errors, retries, delivery",
    "E": "Observability",
    "F": "Cold start and package",
    "G": "Security",
    "H": "Delivery",
    "I": "Living with the template",
}
BEGINNING = """\
<!-- Written by `make practices` from practices.yml: change that. -->

# Practices

What every generated project is to show. A row *works* when a check over generated projects proves
it, and when breaking a project on purpose makes that check name the fault.
[How that is done](../tests/conformance/README.md).

"""


def mutations_of(row: Row) -> int:
    """How many ways of breaking a project the row's check is tried with."""
    return sum(mutation.check.row == row.id for mutation in registry.mutations())


def summary() -> str:
    """One paragraph for the README."""
    registry.checks()
    states = Counter(row.state for row in registry.rows().values())
    mutations = len(list(registry.mutations()))
    text = (
        f"[docs/practices.md](docs/practices.md) lists the {sum(states.values())} practices that a "
        "service is to show, with the reason for each and when to do without it: "
        f"{states['works']} work, {states['not yet']} do not yet. {len(registry.checks())} checks "
        f"over generated projects prove it, and {mutations} projects broken on purpose prove the "
        "checks."
    )
    return textwrap.fill(text, 120, break_on_hyphens=False) + "\n"


def page() -> str:
    """The whole page."""
    rows = registry.rows().values()
    registry.checks()
    text = BEGINNING + "| | practice | state | broken in |\n|---|---|---|---|\n"
    for row in rows:
        anchor = f"[{row.id}](#{row.id.lower()})"
        ways = f"{mutations_of(row)} ways" if mutations_of(row) else ""
        text += f"| {anchor} | {row.title.replace('|', '/')} | {row.state} | {ways} |\n"
    for group, members in groupby(rows, key=lambda row: row.id[0]):
        text += f"\n## {group}. {GROUPS[group]}\n"
        for row in members:
            text += section(row)
    return text


def section(row: Row) -> str:
    """What there is to say about a row."""
    text = f'\n<a id="{row.id.lower()}"></a>\n\n### {row.id}: {row.title}\n\n'
    data = row.data
    lines = [
        f"State: {row.state}." + (f" Missing: {data['missing']}" if "missing" in data else ""),
        data.get("why", ""),
        f"*Applies*: {applies_to(row)}." if row.works else "",
        f"*Where*: {data['where']}" if "where" in data else "",
        f"*How to change it*: {data['change']}" if "change" in data else "",
        f"*When not to*: {data['not_when']}" if "not_when" in data else "",
        proof(row) if "check" in data else "",
    ]
    return text + "\n\n".join(line.strip() for line in lines if line) + "\n"


def applies_to(row: Row) -> str:
    """The conditions of a row in words."""
    parts = row.when if not isinstance(row.when, Mapping) else [row.when]
    said = []
    for part in parts:
        for question, values in part.items():
            shown = [str(v).lower() if isinstance(v, bool) else str(v) for v in values]
            said.append(f"`{question}` " + " or ".join(f"`{value}`" for value in shown))
    return " and ".join(said) or "always"


def proof(row: Row) -> str:
    """Where the check stands, and what else proves the row."""
    path, _, name = row.data["check"].partition("::")
    text = f"*Check*: [`{name}`](../{path}), broken in {mutations_of(row)} ways"
    also: list[Any] = row.data.get("also", [])
    for place in also:
        other, _, test = place.partition("::")
        text += f"; also [`{test}`](../{other})"
    return text + "."


def main() -> None:
    """Write the page and the summary, or with --check say whether they are current."""
    before = README.read_text()
    readme = re.sub(
        r"(?<=<!-- practices -->\n).*?(?=<!-- end of practices -->)",
        summary(),
        before,
        flags=re.DOTALL,
    )
    wanted = {PAGE: page(), README: readme}
    stale = [
        path.relative_to(ROOT).as_posix()
        for path, text in wanted.items()
        if not path.exists() or path.read_text() != text
    ]
    if "--check" in sys.argv:
        sys.exit(f"not current, run make practices: {', '.join(stale)}" if stale else 0)
    for path, text in wanted.items():
        path.write_text(text)
    print("written" if stale else "nothing has changed", *stale)


if __name__ == "__main__":
    main()
