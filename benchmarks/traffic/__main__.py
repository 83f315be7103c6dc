"""Send each function of a generated project many requests and watch its memory.

    python -m benchmarks.traffic [--requests 10000] [--only api,queue]

The same host as for cold starts: the packaged function, AWS's runtime interface client, a Runtime
API and AWS on loopback. One request at a time, as Lambda sends them. Fails when the memory after
the last request is more than 5 % above that after the first tenth.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import recorded
from benchmarks.cold_start.cases import EVERYTHING, PYTHON, REPO, Event, Workshop
from benchmarks.lambda_host.host import Host, Package, fake_aws
from benchmarks.lambda_host.trust import make_trust

HERE = Path(__file__).resolve().parent
MOST_GROWTH = 1.05
SAMPLES = 10


def main() -> None:
    parser = argparse.ArgumentParser(description="Send many warm requests.")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--only", default="", help="functions, with commas between them")
    parser.add_argument("--build", type=Path, default=REPO / "build" / "benchmarks")
    parser.add_argument("--uv", default=str(REPO / ".uv/bin/uv"))
    parser.add_argument("--copier", default=str(Path(sys.executable).parent / "copier"))
    parser.add_argument("--output", type=Path, default=HERE)
    arguments = parser.parse_args()

    trust = make_trust(arguments.build / "trust")
    workshop = Workshop(arguments.build, arguments.uv, arguments.copier, trust)
    names = arguments.only.split(",") if arguments.only else EVERYTHING.answers["triggers"]
    results = []
    with fake_aws(trust) as port:
        host = Host(workshop.python(), trust, port)
        for name in names:
            # What reads from S3 does so with boto3, which has a bundle of its own.
            built = workshop.function(EVERYTHING, name, roots=name != "storage")
            event = workshop.event(EVERYTHING, name)
            results.append(_load(host, name, built.package, event, arguments.requests))
            print(results[-1], flush=True)
    document = {"python": PYTHON, "requests": arguments.requests, "functions": results}
    recorded.keep(arguments.output, document, _table(results))
    if grown := [entry["name"] for entry in results if entry["growth"] > MOST_GROWTH]:
        sys.exit(f"memory grew: {', '.join(grown)}")


def _load(host: Host, name: str, package: Package, event: Event, requests: int) -> dict[str, Any]:
    with host.start(package) as running:
        running.api.wait_for_start()
        answer = running.api.invoke(event).body
        if isinstance(answer, dict) and answer.get("statusCode", 200) >= 400:
            sys.exit(f"{name} answered {answer}")
        memory = []
        cpu, began = running.cpu_s(), time.perf_counter()
        for number in range(1, requests + 1):
            running.api.invoke(event)
            if number % (requests // SAMPLES) == 0:
                memory.append(round(running.memory_mb("VmRSS"), 2))
        seconds = time.perf_counter() - began
        return {
            "name": name,
            "per_second": round(requests / seconds),
            "cpu_ms": round((running.cpu_s() - cpu) / requests * 1e3, 3),
            "memory_mb": memory,
            "growth": round(memory[-1] / memory[0], 3),
        }


def _table(results: list[dict[str, Any]]) -> str:
    lines = [
        "| function | requests per second | CPU ms per request | MB after a tenth | MB at the end "
        "| growth |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for entry in results:
        memory = entry["memory_mb"]
        lines.append(
            f"| {entry['name']} | {entry['per_second']} | {entry['cpu_ms']:.2f} | {memory[0]:.1f} "
            f"| {memory[-1]:.1f} | × {entry['growth']:.3f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
