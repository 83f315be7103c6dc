"""Time `copier copy` and `copier update` beside an empty template and other generators.

    python -m benchmarks.generation [--repeats 5] [--peers FOLDER] [--sam-template FOLDER]

Everything runs as a command of its own, as a person starts it, in turn and again. Compared is CPU
time, with that of the `git` commands that Copier runs; elapsed time is beside it.

`--peers` is the `bin` folder of a virtual environment with cookiecutter and aws-sam-cli; a template
of AWS's (a folder with cookiecutter.json) is given with `--sam-template`. Without them they are
left out.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import recorded
from tests.questions.repositories import commit, repository
from tests.support import snapshot

HERE = Path(__file__).resolve().parent
EVERYTHING = {
    "triggers": "[api,queue,stream,events,schedule,storage,topic]",
    "api_auth": "authorizer",
    "network": "new",
}
# Files of a synthetic template, to see the growth.
SIZES = (1, 25, 50, 100, 200)


@dataclass
class Timed:
    """One command; lists have one entry per repeat."""

    name: str
    files: int = 0
    cpu_s: list[float] = field(default_factory=list)
    wall_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Command:
    """`prepare` gives the folder to work in, made anew each time; `arguments` are run in it."""

    name: str
    arguments: list[str]
    prepare: Callable[[Path], None] = lambda folder: folder.mkdir()


def main() -> None:
    parser = argparse.ArgumentParser(description="Time generating and updating.")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--copier", default=str(Path(sys.executable).parent / "copier"))
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--sam-template", type=Path)
    parser.add_argument("--output", type=Path, default=HERE)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        document = _measure(Path(scratch), arguments)
    recorded.keep(arguments.output, document, _table(document))


def _measure(scratch: Path, arguments: argparse.Namespace) -> list[dict[str, object]]:
    os.environ |= {
        "HOME": str(scratch),
        "COPIER_SETTINGS_PATH": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        "GIT_AUTHOR_NAME": "b", "GIT_AUTHOR_EMAIL": "b@example.com",
        "GIT_COMMITTER_NAME": "b", "GIT_COMMITTER_EMAIL": "b@example.com",
    }  # fmt: skip
    commands = [*_ours(scratch, arguments.copier), *_peers(scratch, arguments)]
    results = [Timed(command.name) for command in commands]
    for number in range(arguments.repeats):
        for command, result in zip(commands, results, strict=True):
            folder = scratch / "work"
            shutil.rmtree(folder, ignore_errors=True)
            command.prepare(folder)
            began = time.perf_counter()
            process = subprocess.Popen(
                command.arguments, cwd=folder,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            result.wall_s.append(round(time.perf_counter() - began, 3))
            result.cpu_s.append(round(usage.ru_utime + usage.ru_stime, 3))
            if process.returncode:
                sys.exit(f"{command.name} failed: {' '.join(command.arguments)}")
            result.files = _count(folder)
            print(f"{number + 1}: {command.name} {result.cpu_s[-1]:.2f} s", flush=True)
    return [asdict(result) for result in results]


def _ours(scratch: Path, copier: str) -> list[Command]:
    copy = [copier, "copy", "--quiet", "--defaults", "--vcs-ref", "HEAD"]
    template = snapshot(scratch / "template")
    everything = [f"--data={name}={value}" for name, value in EVERYTHING.items()]
    commands = [
        Command("empty template", [*copy, str(_synthetic(scratch, 1)), "out"]),
        Command("default", [*copy, str(template), "out"]),
        Command("everything", [*copy, *everything, str(template), "out"]),
    ]
    generated = scratch / "generated"
    subprocess.run([*copy, str(template), str(generated)], check=True)
    repository(generated)
    later = _released(template, scratch / "later")
    moved = scratch / "moved"
    shutil.copytree(generated, moved, symlinks=True)
    answers = moved / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace(str(template), str(later)))
    commit(moved, "Take it from where the later version is")
    update = [copier, "update", "--quiet", "--defaults", "--vcs-ref", "HEAD"]

    def project(source: Path) -> Callable[[Path], None]:
        def prepare(folder: Path) -> None:
            shutil.copytree(source, folder, symlinks=True)

        return prepare

    commands += [
        Command("update, nothing new", update, project(generated)),
        Command("update across a release", update, project(moved)),
    ]
    return commands + [
        Command(f"template of {size} files", [*copy, str(_synthetic(scratch, size)), "out"])
        for size in SIZES[1:]
    ]


def _peers(scratch: Path, arguments: argparse.Namespace) -> list[Command]:
    if not arguments.peers:
        return []
    template = scratch / "cookiecutter"
    inside = template / "{{ cookiecutter.name }}"
    inside.mkdir(parents=True)
    (template / "cookiecutter.json").write_text('{"name": "service"}\n')
    (inside / "README.md").write_text("# {{ cookiecutter.name }}\n")
    cookiecutter = str(arguments.peers / "cookiecutter")
    commands = [
        Command("cookiecutter, empty template", [cookiecutter, "--no-input", str(template)])
    ]
    if arguments.sam_template:
        location = str(arguments.sam_template.resolve())
        sam = [str(arguments.peers / "sam"), "init", "--no-input", "--location", location]
        commands += [
            Command("cookiecutter, AWS's hello world", [cookiecutter, "--no-input", location]),
            Command("sam init, AWS's hello world", [*sam, "--name", "service"]),
        ]
    return commands


def _released(template: Path, folder: Path) -> Path:
    """A later version: a line more in a shared, a managed and a documentation file."""
    shutil.copytree(template, folder, symlinks=True)
    for name in ("Makefile.jinja", "docs/updating.md.jinja", "tests/conftest.py"):
        with (folder / "template" / name).open("a") as file:
            file.write("\n# a later release\n")
    commit(folder, "Release")
    return folder


def _synthetic(scratch: Path, files: int) -> Path:
    """A template with one question and so many small files."""
    folder = scratch / f"synthetic-{files}"
    if not folder.exists():
        folder.mkdir()
        (folder / "copier.yml").write_text("name: {type: str, default: service}\n")
        (folder / "{{ _copier_conf.answers_file }}.jinja").write_text(
            "{{ _copier_answers | to_nice_yaml }}"
        )
        for number in range(files - 1):
            text = "{{ name }}\n" + "a line of text\n" * 50
            (folder / f"file{number}.txt.jinja").write_text(text)
        repository(folder)
    return folder


def _count(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*") if ".git" not in path.parts)


def _table(document: list[dict[str, object]]) -> str:
    def median(entry: dict[str, object], name: str) -> float:
        values = entry[name]
        assert isinstance(values, list)
        return float(statistics.median(values))

    empty = document[0]
    lines = [
        "| command | files | CPU s | × an empty template's copy | elapsed s |",
        "|---|--:|--:|--:|--:|",
    ]
    for entry in document:
        cpu, wall = median(entry, "cpu_s"), median(entry, "wall_s")
        spread = entry["cpu_s"]
        assert isinstance(spread, list)
        cells = (
            f"{entry['name']}",
            f"{entry['files']}",
            f"{cpu:.2f} ({min(spread):.2f}–{max(spread):.2f})",
            f"{cpu / median(empty, 'cpu_s'):.2f}",
            f"{wall:.2f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
