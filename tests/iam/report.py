"""Prints what CloudFormation needs to be allowed, what it is, and what is left out and why.

    python -m tests.iam.report [--answers FILE]

The answers are those of a project (a file like tests/profiles/everything.yml). Without a file they
are those of the tests.
"""

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests import support
from tests.iam.cases import NAMED
from tests.iam.exceptions import EXCEPTIONS, UNKNOWN
from tests.iam.judge import Identity, Judge, install
from tests.iam.needs import Need, needs
from tests.iam.stack import Bootstrap, Stack


def main() -> None:
    """One line per action of each type: allowed, left out with the reason, or missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.iam.report")
    parser.add_argument("--answers", type=Path)
    given = parser.parse_args()
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    wanted: Iterable[Mapping[str, Any]] = NAMED.values()
    if given.answers:
        wanted = [yaml.safe_load(given.answers.read_text())]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        template = support.snapshot(_made(folder / "template"))
        with Judge(install(_made(folder / "judge"))) as judge:
            lines: dict[str, str] = {}
            for number, answers in enumerate(wanted):
                project = support.render(template, folder / f"project-{number}", answers)
                bootstrap = Bootstrap(project, "dev", str(answers.get("aws_region", "eu-west-1")))
                stack = Stack(project, "dev", bootstrap)
                name = "CloudFormationRole"
                who = Identity(bootstrap.arn_of(name), bootstrap.policies(name))
                lines |= dict(_lines(judge, who, list(needs(judge, stack))))
    for action, verdict in sorted(lines.items()):
        print(f"{action:<100} {verdict}")
    counted = [verdict.split(":")[0] for verdict in lines.values()]
    print(", ".join(f"{counted.count(kind)} {kind}" for kind in sorted(set(counted))))
    print(f"{len(EXCEPTIONS)} reasons")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _lines(judge: Judge, who: Identity, found: list[Need]) -> Iterator[tuple[str, str]]:
    groups: dict[tuple[str, str], list[Need]] = defaultdict(list)
    for need in found:
        groups[need.type, need.action].append(need)
    for (kind, action), group in groups.items():
        yield f"{kind} {action}", _verdict(judge, who, action, group)


def _verdict(judge: Judge, who: Identity, action: str, group: list[Need]) -> str:
    requests = [request for need in group for request in need.requests]
    if requests:
        allowed = all(verdict.allowed for verdict in judge.verdicts(who, requests))
        return "allowed" if allowed else "missing"
    left_out = [need.exemption for need in group if need.exemption]
    if left_out:
        return f"left out: {left_out[0].reason} ({left_out[0].source})"
    return f"not in AWS's reference: {UNKNOWN[action]}" if action in UNKNOWN else "missing"


if __name__ == "__main__":
    main()
