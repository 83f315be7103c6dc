"""Check what each stage would send to CloudFormation. No account is needed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from lambda_workbench.preflight.catalogue import CHANGE_RULES, RULES
from lambda_workbench.preflight.check import NEWEST_TAG, Result, check


@click.command()
@click.option(
    "--root", type=click.Path(path_type=Path), default=Path(), help="the project's folder"
)
@click.option("--stage", "stages", multiple=True, help="only this stage; repeatable")
@click.option(
    "--against",
    metavar="REF",
    default=NEWEST_TAG,
    help=f"the commit, tag or branch whose stacks are updated (default: {NEWEST_TAG}); "
    '"" compares with nothing',
)
@click.option("--rules", is_flag=True, help="list the rules and end")
def command(root: Path, stages: Sequence[str], against: str, rules: bool) -> None:
    """Print what AWS would refuse, and end with 1 if there is anything."""
    if rules:
        for rule in (*RULES, *CHANGE_RULES):
            print(f"{rule.id:28} {rule.summary}\n{'':28} {rule.source}")
        return
    result = check(root, against, list(stages))
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
