"""The command line: `python -m lambda_workbench.preflight`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lambda_workbench.errors import ToolError
from lambda_workbench.preflight.check import check


def main() -> None:
    """Print what AWS would refuse, and end with 1 if there is anything."""
    parser = argparse.ArgumentParser(prog="preflight", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder")
    given = parser.parse_args()
    try:
        report = check(given.root)
    except ToolError as error:
        sys.exit(f"error: {error}")
    for line in (*report.notices, *report.findings):
        print(line)
    if report.findings:
        sys.exit(1)
    print(f"preflight: nothing that AWS would refuse in {', '.join(report.stages)}")


if __name__ == "__main__":
    main()
