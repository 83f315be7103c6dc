# /// script
# requires-python = ">=3.11"
# dependencies = ["copier==9.19.1"]
# ///
"""Bring a Lambda project that was written by hand under the template: docs/adopting.md shows how.

    uv run --script adopt/adopt.py --template https://git.example.com/team/template.git \\
        --data project_name="Order Service" --data triggers="[api, queue]" path/to/project

Writes the files that the project does not have, and ADOPTION.md about those that it has. No file
that is there is changed, moved or deleted, and nothing is committed.
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pathspec import PathSpec

ANSWERS = ".copier-answers.yml"
REPORT = "ADOPTION.md"
BESIDE = ".adoption"
KINDS = ("managed", "shared", "yours")


class AdoptionError(Exception):
    """Why this project cannot be adopted as it is."""


@dataclass
class Survey:
    """What a project consists of, as far as that can be read."""

    handlers: list[tuple[str, int, str]] = field(default_factory=list)
    dependencies: dict[str, list[str]] = field(default_factory=dict)
    infrastructure: dict[str, str] = field(default_factory=dict)
    functions: list[tuple[str, str, list[str]]] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    pipelines: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of each file that the template has for the project."""

    written: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Look, generate, write what is missing, report."""
    given = _parser().parse_args(arguments)
    project = given.project.expanduser().resolve()
    template = given.template
    if Path(template).expanduser().exists():
        template = str(Path(template).expanduser().resolve())  # a relative one breaks updates
    try:
        adopt(project, template, given.version, given.data, dry_run=given.dry_run)
    except AdoptionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="adopt", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("project", type=Path, help="the folder of the project, committed in git")
    parser.add_argument("--template", required=True, help="the template's full address")
    parser.add_argument("--version", default="", help="this version instead of the newest")
    parser.add_argument("--data", action="append", default=[], help="an answer: name=value")
    parser.add_argument("--dry-run", action="store_true", help="print the report, write nothing")
    return parser


def adopt(
    project: Path, template: str, version: str, data: Sequence[str], *, dry_run: bool = False
) -> None:
    """Everything but the command line."""
    files = _committed_files(project)
    survey = look(project, files)
    with tempfile.TemporaryDirectory(prefix="adopt-") as scratch:
        generated = Path(scratch) / "generated"
        if not any(one.startswith("project_name=") for one in data):
            data = [*data, f"project_name={_name_of(project)}"]
        _generate(template, version, data, generated)
        answers = yaml.safe_load((generated / ANSWERS).read_text(encoding="utf-8"))
        owners = _owners(template, str(answers["_commit"]), Path(scratch) / "template")
        outcome = fill_in(generated, project, dry_run=dry_run)
        text = report(survey, outcome, answers, owners, generated, project)
        if dry_run:
            print(text)
            return
        for path in outcome.differing:
            _copy(generated / path, project / BESIDE / path)
        (project / REPORT).write_text(text, encoding="utf-8")
    print(
        f"{len(outcome.written)} files written, {len(outcome.differing) + len(outcome.blocked)} to"
        f" reconcile. Nothing was committed. Read {REPORT}, then look at `git status`."
    )


def _committed_files(project: Path) -> list[str]:
    """Everything in the project; refuses when something could get lost or was adopted before."""
    if not project.is_dir():
        raise AdoptionError(f"{project} is not a folder")
    try:
        changed = _git(project, "status", "--porcelain", "--", ".")
    except AdoptionError as error:
        raise AdoptionError("the project must be in git, so that all this can be undone") from error
    if changed:
        raise AdoptionError("there are uncommitted changes: commit or stash them first")
    for name in (ANSWERS, REPORT, BESIDE):
        if (project / name).exists():
            raise AdoptionError(f"{name} is there already: this project was adopted before")
    return [name for name in _git(project, "ls-files", "-z", "--", ".").split("\0") if name]


def _name_of(project: Path) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", " ", project.name).split()
    return " ".join(word[:1].upper() + word[1:] for word in words)[:60] or "Service"


# --- Looking around ---

_TRIGGERS: dict[str, dict[str, Any]] = {
    "Api": {"triggers": ["api"], "api_type": "rest"},
    "HttpApi": {"triggers": ["api"], "api_type": "http"},
    "SQS": {"triggers": ["queue"]},
    "Kinesis": {"triggers": ["stream"], "stream_source": "kinesis"},
    "DynamoDB": {"triggers": ["stream"], "stream_source": "dynamodb"},
    "EventBridgeRule": {"triggers": ["events"]},
    "CloudWatchEvent": {"triggers": ["events"]},
    "Schedule": {"triggers": ["schedule"]},
    "ScheduleV2": {"triggers": ["schedule"]},
    "S3": {"triggers": ["storage"]},
    "SNS": {"triggers": ["topic"]},
}
# The same in the words of the CDK and of Terraform.
_IN_CODE = {
    r"\b(?:Lambda)?RestApi\b|\baws_api_gateway_rest_api\b": "Api",
    r"\bHttpApi\b|\baws_apigatewayv2_api\b": "HttpApi",
    r"\bSqsEventSource\b|\bSqsSubscription\b": "SQS",
    r"\bKinesisEventSource\b": "Kinesis",
    r"\bDynamoEventSource\b": "DynamoDB",
    r"\bevent_pattern\b|\bEventPattern\b": "EventBridgeRule",
    r"\bSchedule\.(?:rate|cron|expression)\b|\bschedule_expression\b": "Schedule",
    r"\bS3EventSource\b|\bLambdaDestination\b|\baws_s3_bucket_notification\b": "S3",
    r"\bSnsEventSource\b|\bLambdaSubscription\b": "SNS",
}
_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")
_PIPELINE = re.compile(
    r"^\.github/workflows/[^/]+\.ya?ml$|(?:^|/)(?:\.gitlab-ci\.yml|buildspec\.ya?ml|Jenkinsfile)$"
)


class _AnyTag(yaml.SafeLoader):
    """Reads CloudFormation's own tags as plain values."""


def _plain(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_AnyTag.add_multi_constructor("!", _plain)


def look(project: Path, files: Sequence[str]) -> Survey:
    """Read every file that could tell something."""
    survey = Survey()
    for name in files:
        path = project / name
        if not path.is_file() or path.stat().st_size > 1_000_000:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if _PIPELINE.search(name):
            survey.pipelines.append(name)
        elif _TEST_FILE.search(name):
            survey.tests.append(name)
        elif name.endswith(".py"):
            _look_at_python(survey, name, text)
        elif re.fullmatch(r"requirements[\w.-]*\.txt", path.name):
            survey.dependencies[name] = _requirements(text)
        elif path.name == "pyproject.toml":
            survey.dependencies[name] = _project_dependencies(text)
        elif path.name == "cdk.json":
            survey.infrastructure[name] = "AWS CDK"
        elif re.fullmatch(r"serverless\.ya?ml", path.name):
            survey.infrastructure[name] = "Serverless Framework"
        elif path.suffix == ".tf":
            survey.infrastructure[name] = "Terraform"
            _look_for_triggers(survey, text)
        elif path.suffix in {".yaml", ".yml", ".template"}:
            _look_at_template(survey, name, text)
    return survey


def _look_at_python(survey: Survey, name: str, text: str) -> None:
    try:
        module = ast.parse(text)
    except SyntaxError:
        return
    if re.search(r"\baws_cdk\b", text):
        _look_for_triggers(survey, text)
    for node in module.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        parameters = [one.arg.strip("_") for one in node.args.args]
        called = node.name in {"handler", "lambda_handler"}
        if len(parameters) == 2 and (called or parameters == ["event", "context"]):
            survey.handlers.append((name, node.lineno, node.name))


def _look_for_triggers(survey: Survey, text: str) -> None:
    for pattern, kind in _IN_CODE.items():
        if re.search(pattern, text):
            _note(survey, kind)


def _note(survey: Survey, kind: str) -> None:
    for answer, value in _TRIGGERS.get(kind, {}).items():
        if answer == "triggers":
            known = survey.answers.setdefault("triggers", [])
            known += [one for one in value if one not in known]
        else:
            survey.answers[answer] = value


def _look_at_template(survey: Survey, name: str, text: str) -> None:
    if "AWSTemplateFormatVersion" not in text and "AWS::Serverless" not in text:
        return
    try:
        template = yaml.load(text, Loader=_AnyTag)  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        return
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        return
    resources = template["Resources"]
    survey.infrastructure[name] = "AWS SAM" if "Transform" in template else "CloudFormation"
    shared = (template.get("Globals") or {}).get("Function") or {}
    for logical_id, resource in resources.items():
        if resource.get("Type") != "AWS::Serverless::Function":
            continue
        properties = {**shared, **(resource.get("Properties") or {})}
        events = [str(one.get("Type")) for one in (properties.get("Events") or {}).values()]
        for kind in events:
            _note(survey, kind)
        runtime = re.fullmatch(r"python(3\.\d+)", str(properties.get("Runtime", "")))
        if runtime and runtime[1] in {"3.12", "3.13", "3.14"}:
            survey.answers["python_version"] = runtime[1]
        if properties.get("Architectures"):
            survey.answers["architecture"] = properties["Architectures"][0]
        module, _, function = str(properties.get("Handler", "")).rpartition(".")
        code = str(properties.get("CodeUri", ".")).strip("./")
        source = "/".join(part for part in (code, module.replace(".", "/") + ".py") if part)
        survey.functions.append((logical_id, f"{source}:{function}", events))


def _requirements(text: str) -> list[str]:
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def _project_dependencies(text: str) -> list[str]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return []
    found = list(data.get("project", {}).get("dependencies", []))
    poetry = data.get("tool", {}).get("poetry", {}).get("dependencies", {})
    found += [f"{name} ({version})" for name, version in poetry.items() if name != "python"]
    return found


# --- Generating and writing ---


def _generate(template: str, version: str, data: Sequence[str], folder: Path) -> None:
    command = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults"]
    command += [f"--vcs-ref={version}"] if version else []
    command += [f"--data={one}" for one in data]
    done = subprocess.run(
        [*command, "--", template, str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["copier failed"]
        raise AdoptionError(lines[-1].strip())
    recorded = yaml.safe_load((folder / ANSWERS).read_text(encoding="utf-8"))
    if "_commit" not in recorded:
        raise AdoptionError(f"{template} is no git repository: later updates need one")


def _owners(template: str, commit: str, folder: Path) -> dict[str, PathSpec[Any]]:
    """Whose a path is, from the tables of the version that was generated."""
    template = re.sub(r"^gh:", "https://github.com/", re.sub(r"^git\+", "", template))
    _git(Path.cwd(), "clone", "--quiet", "--no-checkout", "--", template, str(folder))
    owners = {}
    for kind in KINDS:
        rows = yaml.safe_load(_git(folder, "show", f"{commit}:includes/ownership/{kind}.yml"))
        patterns = [pattern for row in rows for pattern in row[1:]]
        owners[kind] = PathSpec.from_lines("gitignore", patterns)
    return owners


def fill_in(generated: Path, project: Path, *, dry_run: bool = False) -> Outcome:
    """Write what the project does not have."""
    outcome = Outcome()
    there = {
        path.relative_to(project).as_posix().lower()
        for path in project.rglob("*")
        if ".git" not in path.relative_to(project).parts
    }
    names = sorted(
        path.relative_to(generated).as_posix() for path in generated.rglob("*") if path.is_file()
    )
    for name in names:
        target = project / name
        parents = [project.joinpath(*Path(name).parts[:n]) for n in range(1, len(Path(name).parts))]
        if any(parent.is_symlink() or parent.is_file() for parent in parents):
            outcome.blocked.append(name)
        elif target.is_file() and target.read_bytes() == (generated / name).read_bytes():
            outcome.same.append(name)
        elif target.exists() or target.is_symlink() or name.lower() in there:
            outcome.differing.append(name)
        else:
            outcome.written.append(name)
            if not dry_run:
                _copy(generated / name, target)
    outcome.ignored = _ignored(project, outcome.written)
    return outcome


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def _ignored(project: Path, names: Iterable[str]) -> list[str]:
    done = subprocess.run(
        ["git", "check-ignore", "--stdin", "-z"],
        cwd=project,
        input="\0".join(names),
        capture_output=True,
        text=True,
        check=False,
    )
    return [name for name in done.stdout.split("\0") if name]


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise AdoptionError(f"`git {arguments[0]}` failed: {done.stderr.strip()}")
    return done.stdout


# --- Reporting ---

_WHAT_TO_DO = {
    "managed": (
        "The template's. Take its version, and move what is yours into the place beside it that"
        " docs/updating.md names. If you keep yours, updates merge into it and may conflict."
    ),
    "shared": "Both. Keep your lines and add those that are missing.",
    "yours": "Yours. Keep it; the template's version is only a start.",
}
_PLACES = {
    "template.yaml": (
        "The template's. Take its version; your resources, permissions and variables go into"
        " `template.override.yaml`, which is merged over it."
    ),
    "samconfig.toml": "Yours. Keep it, and add a section for each stage, as the template has them.",
    ".github/workflows/ci.yml": (
        "The template's. Give yours another name beside it, and take the template's version."
    ),
    "LICENSE": "The template's, as the answer `license` says. Keep yours if it says more.",
    "README.md": "Yours. Keep it, and link the pages in `docs/` from it.",
}


def report(
    survey: Survey,
    outcome: Outcome,
    answers: dict[str, Any],
    owners: dict[str, PathSpec[Any]],
    generated: Path,
    project: Path,
) -> str:
    """ADOPTION.md."""
    given = {name: value for name, value in answers.items() if not name.startswith("_")}
    package = str(given["package_name"])
    parts = [
        "# Adoption",
        f"This project is now under the template, at its version {answers['_commit']}. No file that"
        f" was there has been changed, and nothing is committed. Delete this page and `{BESIDE}/`"
        " when you are through.",
        *_reconcile(outcome, owners, generated, project),
        *_found(survey, package),
        *_answers(survey, given),
        "## Next",
        "1. Commit what was written, on a branch.\n"
        "2. Go through the list above. `git diff --no-index FILE " + BESIDE + "/FILE` compares.\n"
        "3. Move the code of one handler at a time into "
        f"`src/{package}/`, where the sample is now, and delete the sample.\n"
        "4. `make setup check test`, then `make run`. Commit the lock files that it wrote:"
        " CI takes them as they are.\n"
        "5. `make drift` says when nothing of the template's is missing any more, and"
        " `make template-update` takes newer versions.",
        "## Written",
        f"{len(outcome.written)} files that the project did not have:",
        _block(outcome.written),
    ]
    if outcome.ignored:
        parts += [
            "Your `.gitignore` hides some of them. Lift that for these, or they will not be"
            " committed:",
            _block(outcome.ignored),
        ]
    return "\n\n".join(parts) + "\n"


def _reconcile(
    outcome: Outcome, owners: dict[str, PathSpec[Any]], generated: Path, project: Path
) -> list[str]:
    if not outcome.differing and not outcome.blocked:
        return ["## To reconcile", "Nothing: no file of the template's met one of yours."]
    rows = ["| file | what to do |", "|---|---|"]
    for name in outcome.differing:
        kind = next((kind for kind in KINDS if owners[kind].match_file(name)), "managed")
        advice = _PLACES.get(name, _WHAT_TO_DO[kind])
        missing = _missing(name, generated, project)
        rows.append(f"| `{name}` | {advice}{' Missing: ' + missing + '.' if missing else ''} |")
    blocked = "Not written: a file or a link of yours is where its folder would be"
    rows += [f"| `{name}` | {blocked} |" for name in outcome.blocked]
    said = (
        "These files you have and the template has too. Yours are as they were; the template's"
        f" version of each is in `{BESIDE}/`."
    )
    return ["## To reconcile", said, "\n".join(rows)]


def _missing(name: str, generated: Path, project: Path) -> str:
    """What a shared file lacks, in a few words."""
    if not (project / name).is_file():
        return ""
    ours = (generated / name).read_text(encoding="utf-8")
    theirs = (project / name).read_text(encoding="utf-8", errors="replace")
    if name == "pyproject.toml":
        pattern = r"^\[+([\w.-]+)\]+"
    elif name == "Makefile":
        pattern = r"^([a-z][\w-]*):.*## "
    elif name == ".gitignore":
        pattern = r"^([^#\s].*)"
    else:
        return ""
    there = set(theirs.splitlines()) | set(re.findall(r"^\[*([\w.-]+)[\]:]", theirs, re.MULTILINE))
    wanted = dict.fromkeys(re.findall(pattern, ours, re.MULTILINE))
    return ", ".join(f"`{one}`" for one in wanted if one not in there)


def _found(survey: Survey, package: str) -> list[str]:
    parts = ["## Found"]
    if survey.handlers:
        rows = ["| handler | of | goes to |", "|---|---|---|"]
        for name, line, function in survey.handlers:
            declared = [one for one in survey.functions if one[1] == f"{name}:{function}"]
            kinds = [kind for _, _, events in declared for kind in events]
            triggers = {
                one for kind in kinds for one in _TRIGGERS.get(kind, {}).get("triggers", [])
            }
            to = ", ".join(f"`src/{package}/handlers/{one}.py`" for one in sorted(triggers))
            rows.append(
                f"| `{function}` in `{name}`, line {line}"
                f" | {', '.join(f'`{one[0]}`' for one in declared) or 'nothing that is declared'}"
                f" | {to or f'the module of its trigger in `src/{package}/handlers/`'} |"
            )
        parts.append("\n".join(rows))
    else:
        parts.append("No handler: no function with the parameters `event` and `context`.")
    for name, listed in survey.dependencies.items():
        if listed:
            parts += [
                f"Dependencies in `{name}`. Those of the functions belong into `dependencies` of"
                " `pyproject.toml`, tools into its group `dev`; boto3 comes with the runtime:",
                _block(listed),
            ]
    for name, kind in survey.infrastructure.items():
        parts.append(f"Infrastructure: {kind} in `{name}`. {_advice(kind)}")
    if survey.tests:
        folders = sorted({Path(name).parent.as_posix() for name in survey.tests})
        parts.append(
            f"Tests: {len(survey.tests)} files in {', '.join(f'`{one}`' for one in folders)}."
            " `make test` runs what is in `tests/unit` and `tests/integration`."
        )
    if survey.pipelines:
        named = ", ".join(f"`{one}`" for one in survey.pipelines)
        parts.append(f"Pipelines: {named}. They go on running beside the template's.")
    return parts


def _advice(kind: str) -> str:
    if kind in {"AWS SAM", "CloudFormation"}:
        return (
            "Resources that hold data keep their content only if they keep their logical id and"
            " stack: take them over into `template.override.yaml`, under the same stack name, and"
            " look at the change set before you deploy."
        )
    return (
        "The template deploys with AWS SAM, as a stack of its own. Leave what holds data where it"
        " is and give its names to the functions as variables in `template.override.yaml`, or"
        " import it into the new stack."
    )


def _answers(survey: Survey, given: dict[str, Any]) -> list[str]:
    rows = [f"{name}: {value}" for name, value in given.items()]
    parts = ["## Answers", "Used, and recorded in `" + ANSWERS + "`:", _block(rows)]
    differing = []
    for name, found in survey.answers.items():
        if isinstance(found, list):
            absent = [one for one in found if one not in given.get(name, [])]
            if absent:
                differing.append(f"{name}: also {', '.join(absent)}")
        elif name in given and given[name] != found:
            differing.append(f"{name}: {found}")
    if differing:
        parts += ["The project looks as if these would fit better:", _block(differing)]
    return parts


def _block(lines: Iterable[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
