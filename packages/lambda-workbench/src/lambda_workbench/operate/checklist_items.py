"""The items of the checklist that are about this repository."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lambda_workbench.errors import ToolError
from lambda_workbench.git import asked, git
from lambda_workbench.operate.checklist_model import (
    Finding,
    Items,
    Look,
    judged,
    met,
    not_applicable,
    not_met,
)
from lambda_workbench.packaging.audit import AUDITED
from lambda_workbench.project import ROOT, find_uv, project, run

ITEMS = Items()
_OVERRIDES = "prod's parameter_overrides in samconfig.toml"
_APIS = ("AWS::Serverless::Api", "AWS::Serverless::HttpApi")
_TABLE = "AWS::DynamoDB::Table"
_BUCKET = "AWS::S3::Bucket"
_LEAST_DAYS = 30
_AUDIT_DAYS = 30
_SAMPLE_OWNER = "Orders team"
_SAMPLE_FIELD = "unit_price_cents"


@ITEMS("alarms-reach", "Alarms reach somebody", fix=f"set AlarmEmail in {_OVERRIDES}")
def alarms_reach(look: Look) -> Finding:
    """Somebody is subscribed to what alarms send to."""
    subscriptions = look.resources("AWS::SNS::Subscription").values()
    told = [str(one["Properties"].get("Endpoint", "")) for one in subscriptions]
    named = [address for address in told if address]
    return met(f"told: {', '.join(named)}") if named else not_met("nobody is told of one in prod")


@ITEMS(
    "alarms-act",
    "Every alarm has an action",
    fix="give it AlarmActions, as the alarms in template.yaml have",
)
def alarms_act(look: Look) -> Finding:
    """An alarm without an action only changes colour."""
    alarms = look.resources("AWS::CloudWatch::Alarm")
    mute = [name for name, body in alarms.items() if not body["Properties"].get("AlarmActions")]
    if not alarms:
        return not_met("there is no alarm")
    return judged([f"{name} does nothing" for name in mute], f"{len(alarms)} alarms")


@ITEMS(
    "dashboard",
    "A dashboard shows every function",
    fix="put the function's metrics into the dashboard, in template.override.yaml",
)
def dashboard(look: Look) -> Finding:
    """Whoever is called at night looks at one page."""
    boards = look.resources("AWS::CloudWatch::Dashboard").values()
    if not boards:
        return not_met("there is none")
    shown = json.dumps([board["Properties"]["DashboardBody"] for board in boards])
    functions = look.resources("AWS::Serverless::Function")
    names = [str(body["Properties"].get("FunctionName", name)) for name, body in functions.items()]
    missing = [name for name in names if name not in shown]
    return judged([f"{name} is not on it" for name in missing], f"{len(names)} functions")


@ITEMS(
    "budget",
    "A budget tells when costs rise",
    fix="answer the question budget with yes: docs/updating.md says how",
)
def budget(look: Look) -> Finding:
    """A loop or a leak is first seen on the bill."""
    found = look.resources("AWS::Budgets::Budget")
    return met(", ".join(found)) if found else not_met("there is none")


@ITEMS(
    "concurrency",
    "Reserved concurrency is decided",
    fix=f"say ReserveConcurrency=true, or =false, in {_OVERRIDES}",
)
def concurrency(look: Look) -> Finding:
    """By default the functions share the account's concurrency with everything in it."""
    if not look.has_parameter("ReserveConcurrency"):
        return not_applicable("the template has no parameter ReserveConcurrency")
    decided = look.given.get("ReserveConcurrency")
    return met(f"ReserveConcurrency={decided}") if decided else not_met("left at its default")


@ITEMS(
    "log-retention",
    f"Logs of prod are kept {_LEAST_DAYS} days or more, and not for ever",
    fix=f"set LogRetentionDays in {_OVERRIDES}",
)
def log_retention(look: Look) -> Finding:
    """Incidents are looked into weeks later; for ever costs for ever."""
    faults = []
    groups = look.resources("AWS::Logs::LogGroup")
    for name, body in groups.items():
        days = body["Properties"].get("RetentionInDays")
        if days is None:
            faults.append(f"{name} keeps them for ever")
        elif int(days) < _LEAST_DAYS:
            faults.append(f"{name} keeps them {days} days")
    return judged(faults, f"{len(groups)} log groups")


@ITEMS(
    "log-level",
    "Prod does not log at DEBUG",
    fix=f"set LogLevel=INFO in {_OVERRIDES}",
)
def log_level(look: Look) -> Finding:
    """Debug lines cost money and drown the others."""
    level = look.parameter("LogLevel")
    return not_met("it does") if level == "DEBUG" else met(level)


@ITEMS(
    "recovery",
    "Tables can be put back to any point in time",
    fix="set PointInTimeRecoveryEnabled: true for the table",
)
def recovery(look: Look) -> Finding:
    """A faulty version writes faulty data."""
    tables = look.resources(_TABLE)
    if not tables:
        return not_applicable("no tables")
    lost = [
        f"{name} cannot"
        for name, body in tables.items()
        if not _is_true(
            (body["Properties"].get("PointInTimeRecoverySpecification") or {}).get(
                "PointInTimeRecoveryEnabled"
            )
        )
    ]
    return judged(lost, f"{len(tables)} tables")


@ITEMS(
    "deletion",
    "What keeps data outlives its stack, and tables cannot be deleted",
    fix="set DeletionPolicy: Retain and, for a table, DeletionProtectionEnabled: true in prod",
)
def deletion(look: Look) -> Finding:
    """A deleted stack, or a renamed resource, takes its data along."""
    keepers = look.resources(_TABLE, _BUCKET)
    if not keepers:
        return not_applicable("nothing keeps data")
    faults = []
    for name, body in keepers.items():
        properties = body.get("Properties") or {}
        # What expires by itself may go.
        lasting = "TimeToLiveSpecification" not in properties
        if lasting and not str(body.get("DeletionPolicy", "Delete")).startswith("Retain"):
            faults.append(f"{name} goes with the stack")
        if body["Type"] == _TABLE and not _is_true(properties.get("DeletionProtectionEnabled")):
            faults.append(f"{name} can be deleted")
    return judged(faults, f"{len(keepers)} resources")


@ITEMS(
    "auth",
    "The API lets in only whom it knows",
    fix="answer api_auth with something else than none, or say here why it is open",
)
def auth(look: Look) -> Finding:
    """An open API is a decision, and one to be written down."""
    apis = look.resources(*_APIS)
    if not apis:
        return not_applicable("no API")
    rules = {name: body["Properties"].get("Auth") or {} for name, body in apis.items()}
    open_ones = [
        f"{name} is open to anyone"
        for name, rule in rules.items()
        if rule.get("DefaultAuthorizer", "NONE") == "NONE" and not rule.get("ApiKeyRequired")
    ]
    return judged(open_ones, ", ".join(_authorizer(rule) for rule in rules.values()))


@ITEMS(
    "cors",
    "Only pages that are named may call the API",
    fix="name them in the answer cors_origins",
)
def cors(look: Look) -> Finding:
    """With `*` any page in the world may, with the caller's rights."""
    allowed: list[str] = []
    for body in look.resources(*_APIS).values():
        properties = body["Properties"]
        rule = properties.get("CorsConfiguration") or properties.get("Cors") or {}
        rule = {"AllowOrigin": rule} if isinstance(rule, str) else rule
        origins = rule.get("AllowOrigins") or rule.get("AllowOrigin") or []
        allowed += [origins] if isinstance(origins, str) else origins
    if not allowed:
        return not_applicable("no page may")
    everybody = any(one.strip("'") == "*" for one in allowed)
    named = ", ".join(one.strip("'") for one in allowed)
    return judged(["every page may"] if everybody else [], named)


@ITEMS(
    "shifting",
    "A new version takes over little by little in prod",
    fix=f"set TrafficShifting=Canary10Percent5Minutes in {_OVERRIDES}",
)
def shifting(look: Look) -> Finding:
    """An alarm can take a bad version back while few have seen it."""
    how = look.parameter("TrafficShifting")
    if not how:
        return not_applicable("the template has no parameter TrafficShifting")
    return not_met("all at once") if how == "AllAtOnce" else met(how)


@ITEMS(
    "owner",
    "The runbook names who answers for the service",
    fix="answer the question owner: docs/updating.md says how",
)
def owner(look: Look) -> Finding:
    """Whoever finds it broken has to know whom to ask."""
    named = re.search(r"Owner: (.+?)\. Region:", look.text("docs/runbook.md"))
    if named is None:
        return not_met("docs/runbook.md names no owner")
    if named[1] == _SAMPLE_OWNER:
        return not_met(f"it still says {_SAMPLE_OWNER}, the template's example")
    return met(named[1])


@ITEMS(
    "sample-domain",
    "The template's example has made room for your own domain",
    fix="replace the order service in domain/ by what your service is about",
)
def sample_domain(_: Look) -> Finding:
    """An example that is deployed takes orders that nobody fulfils."""
    folder = ROOT / "src" / project().package / "domain"
    left = [
        path.relative_to(ROOT).as_posix()
        for path in sorted(folder.rglob("*.py"))
        if _SAMPLE_FIELD in path.read_text(encoding="utf-8")
    ]
    return judged([f"{path} is the example" for path in left], "none of it is left")


@ITEMS("licence", "The licence is there", fix="put the text of the licence into LICENSE")
def licence(look: Look) -> Finding:
    """Without one nobody knows what may be done with the code."""
    stated = str(look.pyproject["project"].get("license", ""))
    if not look.text("LICENSE").strip():
        return not_met("LICENSE is missing or empty")
    return met(stated) if stated else not_met("pyproject.toml names no licence")


@ITEMS("tests", "Tests pass and cover enough", fix="make test")
def tests(look: Look) -> Finding:
    """What the last `make test` has left behind is looked at; nothing is run again."""
    data = ROOT / ".coverage"
    if not data.exists():
        return not_met("they have not been run here")
    newest = max(_sources(), key=lambda path: path.stat().st_mtime)
    if newest.stat().st_mtime > data.stat().st_mtime:
        changed = newest.relative_to(ROOT).as_posix()
        return not_met(f"{changed} is newer than the last run")
    failures = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    if failures.exists() and (failed := json.loads(failures.read_text(encoding="utf-8"))):
        return not_met(f"{len(failed)} failed, such as {min(failed)}")
    done = _tool("coverage", "report", "--format=total")
    least = look.pyproject["tool"]["coverage"]["report"]["fail_under"]
    if done.returncode != 0:
        return not_met(f"{done.stdout.strip() or '?'} percent covered, {least} are asked for")
    return met(f"{done.stdout.strip()} percent covered")


@ITEMS(
    "locked",
    "Dependencies are locked, and the lock is committed",
    fix="make setup, then commit uv.lock",
)
def locked(_: Look) -> Finding:
    """The same commit has to give the same package, and to be checked by the same programs."""
    if not (ROOT / "uv.lock").exists():
        return not_met("uv.lock is missing")
    if not asked(ROOT, "ls-files", "uv.lock"):
        return not_met("uv.lock is not committed")
    try:
        run([find_uv(), "lock", "--check", "--offline", "--quiet"], quiet=True)
    except ToolError:
        return not_met("uv.lock does not fit pyproject.toml")
    return met("uv.lock fits pyproject.toml")


@ITEMS(
    "audited",
    f"The locked dependencies were audited in the last {_AUDIT_DAYS} days",
    fix="make audit",
)
def audited(_: Look) -> Finding:
    """`make audit` keeps a copy of the lock file that it found no vulnerability in."""
    if not AUDITED.exists():
        return not_met("make audit has not passed here")
    lock = ROOT / "uv.lock"
    if not lock.exists() or lock.read_bytes() != AUDITED.read_bytes():
        return not_met("uv.lock has changed since make audit")
    then = datetime.datetime.fromtimestamp(AUDITED.stat().st_mtime, datetime.UTC)
    days = (datetime.datetime.now(datetime.UTC) - then).days
    return not_met(f"{days} days ago") if days > _AUDIT_DAYS else met(f"{days} days ago")


@ITEMS(
    "cooldown",
    "A release of a dependency is left alone for some days",
    fix='set exclude-newer = "7 days" under [tool.uv] in pyproject.toml',
)
def cooldown(look: Look) -> Finding:
    """Foul play is mostly found within days."""
    wait = (look.pyproject["tool"].get("uv") or {}).get("exclude-newer", "")
    return met(str(wait)) if wait else not_met("pyproject.toml has no exclude-newer")


@ITEMS(
    "secrets",
    "No secret is in the repository",
    fix="take it out, and replace it where it is used: it is in git's history",
)
def secrets(_: Look) -> Finding:
    """As `make secrets` does."""
    if not asked(ROOT, "rev-parse", "--git-dir"):
        return not_met("this is no git repository, so nothing could be looked at")
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    said = _said_by_hooks([name for name in listed.split("\0") if name])
    where = re.findall(r"Location: *(\S+)", said)
    return judged([f"one in {place}" for place in where], "none found")


def _said_by_hooks(files: Sequence[str]) -> str:
    """What .pre-commit-config.yaml's hooks for secrets say about files."""
    hooks = ("secrets", "secrets-in-tests")
    return "".join(_tool("pre-commit", "run", hook, "--files", *files).stdout for hook in hooks)


@ITEMS("template", "The template's newest version is taken", fix="make template-update")
def template(look: Look) -> Finding:
    """New practices arrive with it."""
    if not look.online:
        return not_applicable("asked with ARGS=--online, as it needs the template's repository")
    done = _workbench("template-status")
    if done.returncode != 0:
        return not_met(f"could not be found out: {_last_line(done)}")
    if "Up to date." in done.stdout:
        return met("up to date")
    newest = re.search(r"^newest +(.+)$", done.stdout, re.MULTILINE)
    return not_met(f"{newest[1] if newest else 'a newer one'} is out")


@ITEMS(
    "drift",
    "The template's files are as the template has them",
    fix="make drift ARGS=--diff, and move what differs to the file that is yours",
)
def drift(look: Look) -> Finding:
    """An edited file makes every later update harder."""
    if not look.online:
        return not_applicable("asked with ARGS=--online, as it needs the template's repository")
    done = _workbench("drift", "--check")
    if done.returncode == 0:
        return met("they are")
    edited = re.findall(r"^ +managed +(?:edited|missing) .*?(\S+)$", done.stdout, re.MULTILINE)
    return not_met(", ".join(edited) or f"could not be found out: {_last_line(done)}")


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _authorizer(rule: dict[str, Any]) -> str:
    return "an API key" if rule.get("ApiKeyRequired") else str(rule["DefaultAuthorizer"])


def _sources() -> Iterator[Path]:
    yield ROOT / "pyproject.toml"
    for folder in ("src", "tests/unit", "tests/integration", "tests/fakes"):
        yield from (ROOT / folder).rglob("*.py")


def _tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / name), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _workbench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lambda_workbench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = f"{done.stdout}{done.stderr}".strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
