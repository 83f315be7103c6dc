"""Every edit of the corpus from every release: this template, and one without ownership."""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import recorded
from tests.updates.chain import BREAKING, HEAD, VERSIONS, Chain, build
from tests.updates.edits import Edit, all_edits
from tests.updates.releases import Tree
from tests.updates.service import Projects, Service, inspect, on_disk
from tests.updates.speed import quicker

HERE = Path(__file__).resolve().parent
COLUMNS = ("lost", "touched", "conflicts", "recreated", "misplaced", "stale")


@dataclass
class Result:
    updates: int = 0
    failed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    bad_updates: int = 0
    details: list[str] = field(default_factory=list)

    def numbers(self) -> dict[str, Any]:
        counts = {column: self.counts[column] for column in COLUMNS}
        found = {"updates": self.updates, "faulty": self.bad_updates, "crashed": self.failed}
        return {**found, **counts, "details": self.details[:20]}


def without_ownership(tree: Tree) -> None:
    """The same template, but every file is merged."""
    tree.cut("copier.yml", "_skip_if_exists:", "\n")
    name = "includes/exclude.jinja"
    condition = tree.cut(name, "{% if not holds(", "{{ row[1:]")
    assert "kind == 'yours'" in condition
    tree.replace(name, "{{ row[1:]", "{% if not holds(condition, _copier_answers) %}\n{{ row[1:]")


def run(chain: Chain, edits: list[Edit], versions: list[str], scratch: Path) -> Result:
    """Stopped by Ctrl-C, it returns what it has: every edit from one release after another."""
    result, projects = Result(), Projects(chain, scratch)
    try:
        for version in versions:
            for edit in edits:
                service = projects.service(version, scratch / "project")
                update(result, projects, service, edit, version)
                shutil.rmtree(service.repository)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    return result


def update(result: Result, projects: Projects, service: Service, edit: Edit, version: str) -> None:
    service.edit(edit)
    edited, was = service.files(), service.recorded_answers()
    label = f"{edit.name} from {version}"
    print(label, file=sys.stderr, flush=True)
    result.updates += 1
    try:
        service.update(unsafe=version in BREAKING)
    except Exception as error:
        result.failed += 1
        result.details.append(f"{label}: {error!r}")
        return
    new = on_disk(projects.fresh(HEAD, service.recorded_answers()))
    old = on_disk(projects.fresh(version, was))
    outcome = inspect(edited, service.files(), old, new, moved=version in BREAKING)
    outcome.conflicts = sorted({*outcome.conflicts, *service.unmerged()})
    for column in COLUMNS:
        found = getattr(outcome, column)
        result.counts[column] += len(found)
    if not edit.survived(service.folder):
        result.counts["lost"] += 1
        result.details.append(f"{label}: its own check fails")
    if outcome:
        result.bad_updates += 1
        result.details.append(f"{label}: {outcome}")


TEMPLATES: dict[str, Callable[[Tree], None] | None] = {"this": None, "naive": without_ownership}


def plain_updates(scratch: Path, times: int) -> dict[str, float]:
    """What one update takes by Copier as it is, without the shortcuts of the tests."""
    scratch.mkdir()
    projects = Projects(build(scratch / "template"), scratch)
    everything = together([edit for edit in all_edits() if not edit.alone])
    wall, cpu = [], []
    for number in range(times):
        for version in VERSIONS:
            service = projects.service(version, scratch / f"project-{number}-{version}")
            service.edit(everything)
            trust = ["--trust"] if version in BREAKING else []
            command = [sys.executable, "-m", "copier", "update", "--defaults", "--quiet", *trust]
            used, started = _children_seconds(), time.perf_counter()
            subprocess.run([*command, "--vcs-ref", HEAD], cwd=service.folder, check=True)
            wall.append(time.perf_counter() - started)
            cpu.append(_children_seconds() - used)
            shutil.rmtree(service.repository)
    medians = {"wall_s": statistics.median(wall), "cpu_s": statistics.median(cpu)}
    return {"updates": len(wall), **medians}


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def together(edits: list[Edit]) -> Edit:
    """A project that all of this was done to."""

    def apply(project: Path) -> None:
        for edit in edits:
            edit(project)

    checks = [check for edit in edits for check in edit.checks]
    return Edit("everything", "All of it.", apply, checks=checks)


def nobodys_machine(home: Path) -> None:
    (home / "copier-settings.yml").write_text("{}\n")
    (home / ".gitconfig").write_text("[user]\n\tname = Test\n\temail = test@example.com\n")
    os.environ |= {
        "HOME": str(home),
        "COPIER_SETTINGS_PATH": str(home / "copier-settings.yml"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", nargs="*", default=[])
    parser.add_argument("--versions", nargs="*", default=VERSIONS)
    parser.add_argument("--together", action="store_true", help="all of the edits in one project")
    parser.add_argument("--only", choices=list(TEMPLATES))
    parser.add_argument("--time", type=int, metavar="N", help="only time N updates per release")
    given = parser.parse_args()
    edits = [edit for edit in all_edits() if not given.edits or edit.name in given.edits]
    if given.together:
        edits = [together([edit for edit in edits if not edit.alone])]
    warnings.simplefilter("ignore")
    measured: dict[str, Any] = {"edits": len(all_edits()), "releases": VERSIONS}
    if given.time:
        with tempfile.TemporaryDirectory() as scratch:
            nobodys_machine(Path(scratch))
            measured["time"] = plain_updates(Path(scratch, "timed"), given.time)
    else:
        for name in [given.only] if given.only else TEMPLATES:
            with tempfile.TemporaryDirectory() as scratch, quicker():
                nobodys_machine(Path(scratch))
                chain = build(Path(scratch, "template"), change=TEMPLATES[name])
                measured[name] = run(chain, edits, given.versions, Path(scratch)).numbers()
    if given.edits or given.together or given.versions != VERSIONS:
        print(json.dumps(measured, indent=2))  # a part is not kept
        return
    keep(measured)


def keep(measured: dict[str, Any]) -> None:
    """Beside what was measured before, of the same edits and releases."""
    known = recorded.figures("updates") if (HERE / "results.json").exists() else {}
    same = all(known.get(name) == measured[name] for name in ("edits", "releases"))
    document = {**known, **measured} if same else measured
    recorded.keep(HERE, document, table(document))


def table(document: dict[str, Any]) -> str:
    """What `keep` writes for people."""
    lines = [
        "| template | updates | with a fault | " + " | ".join(COLUMNS) + " | crashed |",
        "|---|" + "--:|" * (len(COLUMNS) + 3),
    ]
    for name, title in {"this": "this one", "naive": "without ownership"}.items():
        if found := document.get(name):
            numbers = [found[key] for key in ("updates", "faulty", *COLUMNS, "crashed")]
            lines.append(f"| {title} | " + " | ".join(map(str, numbers)) + " |")
    said = f"{document['edits']} edits from each of {len(document['releases'])} releases."
    if timed := document.get("time"):
        said += (
            f" One update of a project with every edit takes Copier {timed['cpu_s']:.1f} s of CPU, "
            f"{timed['wall_s']:.1f} s in all (medians of {timed['updates']})."
        )
    return "\n".join([*lines, "", said]) + "\n"


if __name__ == "__main__":
    main()
