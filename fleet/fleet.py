# /// script
# requires-python = ">=3.11"
# dependencies = ["copier==9.19.1"]
# ///
"""Take the newest version of the template in many repositories: docs/fleet.md shows how.

    uv run --script fleet/fleet.py ~/orders ~/payments https://git.example.com/shop/stock.git

Every repository gets the update as one commit on a branch of its own. Its checkout is not touched:
the work is done in a worktree elsewhere, and where changes meet in the same lines, no branch is
made.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import yaml

UPDATED, NOTHING, PERSON, FAILED = "updated", "nothing to do", "needs a person", "failed"
OUTCOMES = (UPDATED, NOTHING, PERSON, FAILED)
ANSWERS = ".copier-answers.yml"
PREFIX = "template-update/"
_URL = re.compile(r"^[a-z+]+://|^[^/@]+@[^/:]+:")
_MARKER = re.compile(rb"^(?:<{7}|>{7}) ", re.MULTILINE)


class FleetError(Exception):
    """Why a repository could not be updated."""


class PersonNeeded(FleetError):  # noqa: N818 - an outcome
    """What nobody should decide for twenty repositories at once."""


@dataclass
class Result:
    """What became of one project."""

    repository: str
    project: str = "."
    outcome: str = FAILED
    reason: str = ""
    before: str = ""
    after: str = ""
    branch: str = ""
    commit: str = ""
    pushed: bool = False
    files: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """What a person calls it."""
        short = re.split(r"[/:]", self.repository.rstrip("/"))[-1].removesuffix(".git")
        return short if self.project == "." else f"{short}/{self.project}"

    def told(self) -> str:
        """The rest of its line in the report."""
        if self.outcome == UPDATED:
            where = f"{self.branch} {self.commit[:10]}{' pushed' if self.pushed else ''}"
            return f"{self.before} to {self.after}: {where}" + (
                f"; {self.reason}" if self.reason else ""
            )
        return f"{self.reason}: {', '.join(self.files)}" if self.files else self.reason


@dataclass(frozen=True)
class Options:
    """What is asked for all of them."""

    workspace: Path
    version: str = ""
    push: bool = False
    dry_run: bool = False
    check: str = ""
    data: tuple[str, ...] = ()
    timeout: float = 900.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Update all, tell how each went, and return 1 when some are left for a person."""
    given = _parser().parse_args(arguments)
    targets = [*given.repositories, *(_listed(given.list) if given.list else [])]
    if not targets:
        raise SystemExit("name repositories, or a file with one a line: --list FILE")
    options = Options(
        workspace=given.workspace.resolve(),
        version=given.version,
        push=given.push,
        dry_run=given.dry_run,
        check=given.check,
        data=tuple(given.data),
        timeout=given.timeout,
    )
    results = update_all(list(dict.fromkeys(targets)), options, jobs=given.jobs)
    print(table(results))
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in results], indent=2) + "\n")
    return int(any(one.outcome in (PERSON, FAILED) for one in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fleet", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repositories", nargs="*", help="folders, or addresses to clone")
    parser.add_argument("--list", type=Path, help="a file with one repository a line; # comments")
    parser.add_argument("--version", default="", help="this version instead of the newest")
    parser.add_argument("--push", action="store_true", help="push the branches to origin")
    parser.add_argument("--dry-run", action="store_true", help="make no branches")
    parser.add_argument("--check", default="", help='to run in each update, as "make check test"')
    parser.add_argument(
        "--data", action="append", default=[], help="an answer to change: name=value"
    )
    parser.add_argument("--json", type=Path, help="where to write the report as JSON")
    parser.add_argument("--jobs", type=int, default=4, help="how many at once")
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds for each")
    parser.add_argument(
        "--workspace", type=Path, default=Path("fleet-clones"), help="where clones are kept"
    )
    return parser


def _listed(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def update_all(targets: Sequence[str], options: Options, jobs: int) -> list[Result]:
    """Several at once, with a line on the terminal as soon as one is done."""
    finished: dict[str, list[Result]] = {}
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        waiting = {pool.submit(update, target, options): target for target in targets}
        for number, future in enumerate(as_completed(waiting), start=1):
            finished[waiting[future]] = future.result()
            for one in future.result():
                progress = (
                    f"[{number}/{len(targets)}] {one.outcome:14} {one.name} ({one.seconds:.1f} s)"
                )
                print(progress, file=sys.stderr, flush=True)
    return [one for target in targets for one in finished[target]]


def table(results: Sequence[Result]) -> str:
    """The report for a person."""
    width = max(len(one.name) for one in results)
    lines = [f"{one.outcome:14}  {one.name:{width}}  {one.told()}".rstrip() for one in results]
    counts = [sum(one.outcome == outcome for one in results) for outcome in OUTCOMES]
    summary = ", ".join(f"{n} {outcome}" for n, outcome in zip(counts, OUTCOMES, strict=True))
    return "\n".join(["", *lines, "", summary])


def update(target: str, options: Options) -> list[Result]:
    """One repository, with a result for each project in it."""
    started = time.monotonic()
    try:
        repository = _checkout(target, options.workspace)
        projects = _projects(repository)
    except (FleetError, subprocess.TimeoutExpired) as error:
        return [Result(target, reason=str(error), seconds=time.monotonic() - started)]
    results = []
    for project in projects:
        result = Result(target, project)
        try:
            _update_project(repository, result, options)
        except PersonNeeded as error:
            result.outcome, result.reason = PERSON, str(error)
        except (FleetError, OSError, subprocess.TimeoutExpired) as error:
            result.outcome, result.reason = FAILED, _first_line(str(error))
        result.seconds = round(time.monotonic() - started, 1)
        started = time.monotonic()
        results.append(result)
    return results


def _checkout(target: str, workspace: Path) -> Path:
    """The folder of a repository, cloned or brought up to date if an address was given."""
    if not _URL.match(target):
        folder = Path(target).expanduser().resolve()
        if not folder.is_dir():
            raise FleetError("there is no such folder")
        return Path(_git(folder, "rev-parse", "--show-toplevel").strip())
    # Two addresses may end in the same name.
    folder = workspace / re.sub(r"[^\w.-]+", "-", target.partition("://")[2] or target)
    if folder.exists():
        _git(folder, "fetch", "--quiet", "--prune", "origin")
        _git(folder, "remote", "set-head", "origin", "--auto")
        _git(folder, "reset", "--quiet", "--hard", "refs/remotes/origin/HEAD")
    else:
        workspace.mkdir(parents=True, exist_ok=True)
        _git(workspace, "clone", "--quiet", "--", target, str(folder))
    return folder


def _projects(repository: Path) -> list[str]:
    """The folders that were made from this template; a repository may hold several."""
    listed = _git(repository, "ls-files", "-z", "--", ANSWERS, f"*/{ANSWERS}").split("\0")
    found = [
        Path(path).parent.as_posix()
        for path in filter(None, listed)
        if "_starters" in (_answers(_git(repository, "show", f"HEAD:{path}")))
    ]
    if not found:
        raise FleetError("not made from this template: no answers file of it is committed")
    return found


def _answers(text: str) -> dict[str, object]:
    found = yaml.safe_load(text)
    return found if isinstance(found, dict) else {}


def _update_project(repository: Path, result: Result, options: Options) -> None:
    if changed := _git(repository, "status", "--porcelain", "--", result.project).splitlines():
        result.outcome, result.reason = PERSON, "uncommitted changes"
        result.files = [line[3:] for line in changed]
        return
    with _worktree(repository) as worktree:
        project = worktree / result.project
        result.before = str(_answers((project / ANSWERS).read_text()).get("_commit", ""))
        if not _copier(project, options):
            result.outcome, result.reason = NOTHING, f"is at {result.before}, which is newer"
            return
        result.after = str(_answers((project / ANSWERS).read_text()).get("_commit", ""))
        if not _git(worktree, "status", "--porcelain"):
            result.outcome, result.reason = NOTHING, f"is at {result.before}"
            return
        if conflicts := _conflicts(worktree):
            result.outcome, result.reason, result.files = PERSON, "conflicts", conflicts
            return
        place = "" if result.project == "." else "-" + result.project.replace("/", "-")
        result.branch = f"{PREFIX}{result.after}{place}"
        if _git(repository, "branch", "--all", "--list", result.branch, f"*/{result.branch}"):
            result.outcome, result.reason = NOTHING, f"the branch {result.branch} is there already"
            return
        result.reason = _lock(project)
        if options.check and (failure := _run_check(project, options)):
            result.outcome, result.reason, result.branch = PERSON, failure, ""
            return
        result.outcome = UPDATED
        if options.dry_run:
            result.branch, result.reason = "", "dry run"
            return
        _deliver(worktree, result, push=options.push)


def _deliver(worktree: Path, result: Result, *, push: bool) -> None:
    _git(worktree, "switch", "--quiet", "--create", result.branch)
    _git(worktree, "add", "--all")
    title = f"Update from the template: {result.before} to {result.after}"
    _git(worktree, "commit", "--quiet", "--no-verify", "--message", title)
    result.commit = _git(worktree, "rev-parse", "HEAD").strip()
    if push:
        try:
            _git(worktree, "push", "--quiet", "origin", result.branch)
            result.pushed = True
        except FleetError as error:
            result.reason = f"not pushed: {_first_line(str(error))}"


@contextmanager
def _worktree(repository: Path) -> Iterator[Path]:
    """What is committed, checked out elsewhere."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as scratch:
        folder = Path(scratch) / "worktree"
        _git(repository, "worktree", "add", "--quiet", "--detach", str(folder), "HEAD")
        try:
            yield folder
        finally:
            _git(repository, "worktree", "remove", "--force", str(folder))


def _copier(project: Path, options: Options) -> bool:
    """Whether there was something to update to."""
    command = [sys.executable, "-m", "copier", "update", "--quiet", "--defaults"]
    command += [f"--vcs-ref={options.version}"] if options.version else []
    command += [f"--data={one}" for one in options.data]
    done = _run(command, project, options.timeout)
    if done.returncode == 0:
        return True
    if "downgrad" in done.stderr.lower():
        return False
    if "unsafe" in done.stderr:
        raise PersonNeeded("a major version that runs a migration: see the template's UPGRADING.md")
    raise FleetError(_last_line(done.stderr))


def _conflicts(worktree: Path) -> list[str]:
    """Copier ends without an error whether or not there are any."""
    listed = _git(worktree, "ls-files", "-z", "--modified", "--others", "--exclude-standard")
    unmerged = _git(worktree, "diff", "-z", "--name-only", "--diff-filter=U")

    def is_conflict(path: str) -> bool:
        file = worktree / path
        return path.endswith(".rej") or (file.is_file() and bool(_MARKER.search(file.read_bytes())))

    found = {path for path in filter(None, listed.split("\0")) if is_conflict(path)}
    return sorted(found | set(filter(None, unmerged.split("\0"))))


def _lock(project: Path) -> str:
    """Keep the lock file in step, as CI expects it; returns what to say about it."""
    changed = _git(project, "diff", "--name-only", "--relative").split("\n")
    if "pyproject.toml" not in changed or not (project / "uv.lock").exists():
        return ""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        return "uv.lock is out of date: uv was not found"
    done = _run([uv, "lock", "--quiet"], project, 300)
    return f"uv.lock is out of date: {_last_line(done.stderr)}" if done.returncode != 0 else ""


def _run_check(project: Path, options: Options) -> str:
    done = _run(shlex.split(options.check), project, options.timeout)
    if done.returncode == 0:
        return ""
    return f"`{options.check}` fails: {_last_line(done.stdout + done.stderr)}"


def _git(folder: Path, *arguments: str) -> str:
    done = _run(["git", *arguments], folder, 600)
    if done.returncode != 0:
        raise FleetError(_first_line(done.stderr) or f"git {arguments[0]} failed")
    return done.stdout


def _run(command: Sequence[str], folder: Path, timeout: float) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _last_line(text: str) -> str:
    return _first_line("\n".join(reversed(text.splitlines())))


if __name__ == "__main__":
    sys.exit(main())
