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
from dataclasses import dataclass, field
from pathlib import Path

from tests.updates.chain import BREAKING, HEAD, VERSIONS, Chain, build
from tests.updates.edits import Edit, all_edits
from tests.updates.releases import Tree
from tests.updates.service import Projects, Service, inspect, on_disk
from tests.updates.speed import quicker

COLUMNS = ("lost", "touched", "conflicts", "recreated", "misplaced", "stale")


@dataclass
class Result:
    updates: int = 0
    failed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    bad_updates: int = 0
    details: list[str] = field(default_factory=list)

    def row(self, name: str) -> str:
        counts = [str(self.counts[column]) for column in COLUMNS]
        cells = [name, str(self.updates), str(self.bad_updates), *counts, str(self.failed)]
        return "| " + " | ".join(cells) + " |"


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


def plain_updates(scratch: Path, times: int) -> str:
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
    rows = [
        f"{name} {statistics.median(seconds):.1f} s ({min(seconds):.1f} to {max(seconds):.1f})"
        for name, seconds in (("clock", wall), ("processor", cpu))
    ]
    return f"{len(wall)} updates of a project with every edit: {', '.join(rows)}"


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
    parser.add_argument("--only", choices=["this", "naive"])
    parser.add_argument("--time", type=int, metavar="N", help="only time N updates per release")
    parser.add_argument("--json", type=Path, help="also write the numbers there")
    given = parser.parse_args()
    edits = [edit for edit in all_edits() if not given.edits or edit.name in given.edits]
    if given.together:
        edits = [together([edit for edit in edits if not edit.alone])]
    warnings.simplefilter("ignore")
    if given.time:
        with tempfile.TemporaryDirectory() as scratch:
            nobodys_machine(Path(scratch))
            print(plain_updates(Path(scratch, "timed"), given.time))
        return
    templates = {"this": None, "naive": without_ownership}
    results = {}
    with tempfile.TemporaryDirectory() as scratch, quicker():
        nobodys_machine(Path(scratch))
        for name, change in templates.items():
            if given.only in {None, name}:
                folder = Path(scratch, name)
                folder.mkdir()
                chain = build(folder / "template", change=change)
                results[name] = run(chain, edits, given.versions, folder)
    print(f"{len(edits)} edits from each of {len(given.versions)} releases\n")
    print("| template | updates | with a fault | " + " | ".join(COLUMNS) + " | crashed |")
    print("|---|" + "--:|" * (len(COLUMNS) + 3))
    for name, result in results.items():
        print(result.row({"this": "this one", "naive": "without ownership"}[name]))
    for name, result in results.items():
        print(f"\n{name}:\n" + "\n".join(result.details[:200]))
    if given.json:
        numbers = {
            name: {"updates": r.updates, "faulty": r.bad_updates, "crashed": r.failed, **r.counts}
            for name, r in results.items()
        }
        given.json.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
