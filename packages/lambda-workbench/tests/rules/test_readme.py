"""The README lists the rules: `UPDATE_README=1 pytest …/test_readme.py` writes the table anew."""

import os
import re
from pathlib import Path

from lambda_workbench.preflight.catalogue import CHANGE_RULES, RULES

README = Path(__file__).parents[2] / "README.md"
PLACE = re.compile(
    r"(?<=<!-- rules: written by tests/rules/test_readme.py -->\n).*(?=<!-- /rules)", re.DOTALL
)


def table() -> str:
    """The rules in the order of the catalogue."""
    rows = [
        f"| `{rule.id}` | [{rule.summary}]({rule.source}) |" for rule in (*RULES, *CHANGE_RULES)
    ]
    return "\n".join(
        ["", "| rule | what it holds, and AWS's page about it |", "|---|---|", *rows, "", ""]
    )


def test_the_readme_lists_the_rules() -> None:
    text = README.read_text()
    if os.environ.get("UPDATE_README"):
        README.write_text(PLACE.sub(lambda _: table(), text))
        return
    found = PLACE.search(text)
    assert found is not None
    assert found.group() == table()
