"""The command line: `python -m lambda_workbench.preflight`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lambda_workbench.errors import ToolError
from lambda_workbench.preflight.catalogue import CHANGE_RULES, RULES
from lambda_workbench.preflight.check import NEWEST_TAG, Result, check


def main() -> None:
    """Print what AWS would refuse, and end with 1 if there is anything."""
    parser = argparse.ArgumentParser(
        prog="python -m lambda_workbench.preflight",
        description="Check what each stage would send to CloudFormation. No account is needed.",
    )
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder")
    parser.add_argument("--stage", action="append", default=[], help="only this stage; repeatable")
    parser.add_argument(
        "--against",
        metavar="REF",
        default=NEWEST_TAG,
        help=f"the commit, tag or branch whose stacks are updated (default: {NEWEST_TAG}); "
        '"" compares with nothing',
    )
    parser.add_argument("--rules", action="store_true", help="list the rules and end")
    given = parser.parse_args()
    if given.rules:
        for rule in (*RULES, *CHANGE_RULES):
            print(f"{rule.id:28} {rule.summary}\n{'':28} {rule.source}")
        return
    try:
        result = check(given.root, given.against, given.stage)
    except ToolError as error:
        sys.exit(f"error: {error}")
    for line in (*result.notices, *result.findings):
        print(line)
    if result.findings:
        sys.exit(1)
    print(_summary(result))


def _summary(result: Result) -> str:
    compared = (
        f"compared with {result.against}"
        if result.against
        else "nothing to compare with: the repository has no tag, and --against names no commit"
    )
    return f"AWS would refuse nothing in {', '.join(result.stages)} ({compared})"


if __name__ == "__main__":
    main()
