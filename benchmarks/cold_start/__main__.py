"""Measure every case and write results.json and results.md.

    python -m benchmarks.cold_start [--only api-default,naive] [--repeats 5] [--no-valgrind]
        [--cookbook FOLDER] [--sam-templates FOLDER]

Instructions are counted by valgrind from the start of the process to the first response. They
hardly vary, so they are what is compared; seconds depend on the machine and are shown beside.
Those of a warm request are the difference that 50 more requests make, divided by 50.

`python -m benchmarks.docs` puts the figures and the plot into the docs.

Two services of others are measured when a checkout of theirs is given: `--cookbook` for
ran-isenberg/aws-lambda-handler-cookbook, `--sam-templates` for aws/aws-sam-cli-app-templates.
"""

import argparse
import json
import platform
import re
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import recorded
from benchmarks.cold_start import checkouts, report
from benchmarks.cold_start.cases import HERE, PYTHON, REPO, Built, Case, Event, Workshop, cases
from benchmarks.lambda_host.host import Host, fake_aws
from benchmarks.lambda_host.runtime_api import FunctionFailedError
from benchmarks.lambda_host.trust import make_trust

WARM = 500
WARM_COUNTED = 50  # under valgrind, beside the first


@dataclass
class Measured:
    """The figures of one case; lists have one entry per repeat."""

    name: str
    label: str
    peer: bool
    limit: float | None
    zip_bytes: int
    files: int
    instructions: list[int] = field(default_factory=list)
    warm_instructions: list[int] = field(default_factory=list)  # of one request
    init_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    warm_p50_ms: list[float] = field(default_factory=list)
    warm_p99_ms: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure cold starts.")
    parser.add_argument("--only", default="", help="names of cases, with commas between them")
    parser.add_argument("--repeats", type=int, default=5, help="runs for times and memory")
    parser.add_argument("--counts", type=int, default=2, help="runs under valgrind")
    parser.add_argument("--no-valgrind", action="store_true", help="times and memory only")
    parser.add_argument("--cookbook", type=Path, help="a checkout of handler-cookbook")
    parser.add_argument("--sam-templates", type=Path, help="a checkout of sam init's templates")
    parser.add_argument("--build", type=Path, default=REPO / "build" / "benchmarks")
    parser.add_argument("--uv", default=str(REPO / ".uv/bin/uv"))
    parser.add_argument("--copier", default=str(Path(sys.executable).parent / "copier"))
    parser.add_argument("--output", type=Path, default=HERE)
    arguments = parser.parse_args()

    only = {"empty", *arguments.only.split(",")} if arguments.only else set()
    every = cases()
    if arguments.sam_templates:
        every += checkouts.sam_hello(arguments.sam_templates)
    if arguments.cookbook:
        every += checkouts.cookbook(arguments.cookbook)
    chosen = [case for case in every if not only or case.name in only]
    trust = make_trust(arguments.build / "trust")
    workshop = Workshop(arguments.build, arguments.uv, arguments.copier, trust)
    made: list[tuple[Case, Built, Event, Measured]] = []
    for case in chosen:
        print(f"building {case.name}", flush=True)
        built = case.package(workshop)
        facts = (case.name, case.label, case.peer, case.limit, built.zip_bytes, built.files)
        made.append((case, built, case.event(workshop), Measured(*facts)))
    with fake_aws(trust) as port:
        host = Host(workshop.python(), trust, port)
        # One after the other and again, so that a busy minute of the machine hits all alike.
        for number in range(arguments.repeats):
            for case, built, event, measured in made:
                print(f"run {number + 1}: {case.name}", flush=True)
                _time(host, case, built, event, measured)
        for number in range(0 if arguments.no_valgrind else arguments.counts):
            for case, built, event, measured in made:
                print(f"count {number + 1}: {case.name}", flush=True)
                _count(host, case, built, event, measured)
    document = {
        "machine": _machine(),
        "python": PYTHON,
        "roots": trust.roots,
        "warm_requests": WARM,
        "cases": [asdict(measured) for *_, measured in made],
    }
    recorded.keep(arguments.output, document, report.tables(document))
    if broken := report.over_the_limit(document):
        sys.exit("over the limit: " + ", ".join(broken))


def _time(host: Host, case: Case, built: Built, event: Event, measured: Measured) -> None:
    with host.start(built.package) as running:
        asked = running.api.wait_for_start()
        first = running.api.invoke(event)
        _check(first.body, case)
        measured.init_ms.append(round((asked - running.started_at) * 1e3, 2))
        measured.first_ms.append(round((first.received - running.started_at) * 1e3, 2))
        measured.cpu_ms.append(round(running.cpu_s() * 1e3, 2))
        warm = sorted(running.api.invoke(event).seconds * 1e3 for _ in range(WARM))
        measured.warm_p50_ms.append(round(statistics.median(warm), 3))
        measured.warm_p99_ms.append(round(warm[int(WARM * 0.99)], 3))
        measured.memory_mb.append(round(running.memory_mb(), 1))


def _count(host: Host, case: Case, built: Built, event: Event, measured: Measured) -> None:
    def counted(requests: int) -> int:
        with host.start(built.package, valgrind=True) as running:
            running.api.wait_for_start()
            for _ in range(requests):
                _check(running.api.invoke(event).body, case)
            return running.instructions()

    first = counted(1)
    measured.instructions.append(first)
    measured.warm_instructions.append(round((counted(1 + WARM_COUNTED) - first) / WARM_COUNTED))


def _check(body: object, case: Case) -> None:
    if not case.accepted(body):
        raise FunctionFailedError(f"{case.name} answered {json.dumps(body)[:500]}")


def _machine() -> dict[str, str]:
    valgrind = subprocess.run(
        ["valgrind", "--version"], capture_output=True, text=True, check=False
    )
    return {
        "processor": platform.machine(),
        "system": platform.system(),
        "valgrind": re.sub(r"^valgrind-", "", valgrind.stdout.strip()),
    }


if __name__ == "__main__":
    main()
