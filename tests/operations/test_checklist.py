"""`make checklist`: a project that is ready meets every item; a fault shows at its item alone."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import support
from tests.conftest import shared_folder
from tests.operations.conftest import Running, Tools

# What a team does before it goes to production, in the order of the items.
READY = {
    "samconfig.toml": [
        ("""    # Fill it in, or nobody hears of an alarm.\n    'AlarmEmail=""',""", "MAIL"),
        ("MAIL", """    "AlarmEmail=ops@example.com",\n    "ReserveConcurrency=true","""),
    ],
    "template.override.yaml": [
        (
            "Resources: {}",
            """\
Resources:
  Costs:
    Type: AWS::Budgets::Budget
    Properties:
      Budget: {BudgetType: COST, TimeUnit: MONTHLY, BudgetLimit: {Amount: 50, Unit: USD}}""",
        )
    ],
}
FUNCTION = """\
  Extra:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: extra, Handler: extra.handler, Runtime: python3.13}
"""
ALARM = """\
  Mute:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: AWS/SQS, MetricName: NumberOfMessagesSent}
"""
TABLE = """\
  Carriers:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: %s
    Properties:
      DeletionProtectionEnabled: true
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: %s}
"""
API = """\
  HttpApi:
    Properties:
      %s
"""
OVERRIDE = ("template.override.yaml", "Resources:\n")
PLANTED_KEY = "AKIA" + "QWERTYUIOPASDFGH"  # pragma: allowlist secret


def added(text: str) -> dict[str, Any]:
    """A fault that is in the team's part of the template."""
    return {"path": OVERRIDE[0], "old": OVERRIDE[1], "new": OVERRIDE[1] + text}


def edited(path: str, old: str, new: str) -> dict[str, Any]:
    return {"path": path, "old": old, "new": new}


def given(parameter: str) -> dict[str, Any]:
    """A fault that is in what prod is given."""
    return edited("samconfig.toml", '"Stage=prod",', f'"Stage=prod",\n    "{parameter}",')


# One fault for each item. `run` and `back` are commands before and after.
FAULTS: dict[str, dict[str, Any]] = {
    "alarms-reach": edited("samconfig.toml", "AlarmEmail=ops@example.com", "AlarmEmail="),
    "alarms-act": added(ALARM),
    "dashboard": added(FUNCTION),
    "budget": edited("template.override.yaml", "AWS::Budgets::Budget", "Custom::Nothing"),
    "concurrency": edited("samconfig.toml", '"ReserveConcurrency=true",', ""),
    "log-retention": edited("samconfig.toml", '"LogRetentionDays=90"', '"LogRetentionDays=14"'),
    "log-level": edited(
        "samconfig.toml", '"LogLevel=INFO",\n    "LogRetentionDays=90"', '"LogLevel=DEBUG"'
    ),
    "recovery": added(TABLE % ("Retain", "false")),
    "deletion": added(TABLE % ("Delete", "true")),
    "auth": added(API % "Auth: {DefaultAuthorizer: NONE}"),
    "cors": added(API % 'CorsConfiguration: {AllowOrigins: ["*"]}'),
    "shifting": given("TrafficShifting=AllAtOnce"),
    "owner": edited("docs/runbook.md", "Owner: Platform.", "Owner: Orders team."),
    "sample-domain": edited(
        "src/order_service/domain/orders.py", "price_cents", "unit_price_cents"
    ),
    "licence": {"path": "LICENSE", "whole": "\n"},
    "tests": {
        "path": ".pytest_cache/v/cache/lastfailed",
        "whole": '{"tests/unit/test_x.py::test_y": true}',
    },
    "locked": {
        "run": ["git", "rm", "-q", "--cached", "uv.lock"],
        "back": ["git", "add", "uv.lock"],
    },
    "audited": {"path": ".local/audited.lock", "whole": "an older lock"},
    "cooldown": {
        **edited("pyproject.toml", 'exclude-newer = "7 days"', ""),
        "run": ["sh", "-c", "$UV lock -q --offline && cp uv.lock .local/audited.lock"],
        "back": ["sh", "-c", "git checkout -q uv.lock && cp uv.lock .local/audited.lock"],
    },
    "secrets": {"path": "notes.txt", "whole": f"key = {PLANTED_KEY}\n", "scan": True},
    "template": {
        "run": ["git", "-C", "../template", "commit", "-q", "--allow-empty", "-m", "Newer"],
        "back": ["git", "-C", "../template", "reset", "-q", "--hard", "HEAD~1"],
        "online": True,
    },
    "drift": {
        **edited("tests/conftest.py", "What all tests share", "What all our tests share"),
        "online": True,
    },
}
ASKED_OF_A_STAGE = {"deployed", "subscribed", "quiet", "failures", "prepared", "deploy-role"}

# Goes through the faults in one process. The scan for secrets takes seconds and looks at all files,
# so it runs on the project as it is and for its own fault; what was covered is worked out once.
DRIVER = """\
import functools, json, os, subprocess, sys
from pathlib import Path
from lambda_workbench.operate import checklist_items, checklist_stage
from lambda_workbench.operate.checklist_model import Look

scan = checklist_items._said_by_hooks
checklist_items._tool = functools.cache(checklist_items._tool)

def states(online):
    look = Look(service=None, online=online)
    items = [*checklist_items.ITEMS, *checklist_stage.ITEMS]
    return {item.name: [*vars(item.look(look)).values()] for item in items}

def with_fault(fault):
    path = Path(fault.get("path", "pyproject.toml"))
    was = path.read_text() if path.exists() else None
    times = os.stat(path) if path.exists() else None
    if "path" in fault:
        text = fault.get("whole") or was.replace(fault["old"], fault["new"])
        assert text != was, f"{path} has no {fault.get('old')!r}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if times:  # or the tests would have to be run again
            os.utime(path, (times.st_atime, times.st_mtime))
    try:
        if "run" in fault:
            subprocess.run(fault["run"], check=True)
        checklist_items._said_by_hooks = scan if fault.get("scan") else lambda _files: ""
        return states(fault.get("online", False))
    finally:
        if "path" in fault and was is None:
            path.unlink()
        elif "path" in fault:
            path.write_text(was)
            os.utime(path, (times.st_atime, times.st_mtime))
        if "back" in fault:
            subprocess.run(fault["back"], check=True)

faults = json.loads(Path(sys.argv[1]).read_text())
found = {"as it is": states(online=True)}
for name, fault in faults.items():
    found[name] = with_fault(fault)
Path(sys.argv[1]).with_suffix(".out").write_text(json.dumps(found))
"""

# As if the tests had run and gone everywhere.
COVER = """\
import coverage
from coverage.python import PythonFileReporter
from pathlib import Path

data = coverage.CoverageData()
for path in map(Path.resolve, Path("src").rglob("*.py")):
    report = PythonFileReporter(str(path), coverage.Coverage())
    data.add_arcs({str(path): report.arcs()})
data.write()
"""


@pytest.fixture(scope="module")
def ready(template: Path, service_tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """A project that is ready for production, but for what is asked of a deployed stage."""
    with shared_folder(tmp_path_factory, "checklist") as (folder, empty):
        tools = Tools(folder / "project", service_tools / "bin" / "python")
        if empty:
            shutil.copytree(template, folder / "template", symlinks=True)
            make_ready(folder, tools)
    return tools


def make_ready(folder: Path, tools: Tools) -> None:
    answers = {"owner": "Platform", "cors_origins": "https://shop.example.com"}
    project = support.render(folder / "template", folder / "project", answers)
    for path, edits in READY.items():
        for old, new in edits:
            tools.edit(path, old, new)
    for file in (project / "src").rglob("domain/*.py"):
        file.write_text(file.read_text().replace("unit_price_cents", "price_cents"))
    for command in (
        [support.UV, "lock", "--quiet"],
        ["git", "init", "-q", "-b", "main"],
        ["git", "add", "-A"],
        ["git", "commit", "-qm", "Start"],
    ):
        done = support.run(command, cwd=project)
        assert not done.failure, done.failure
    (project / ".local").mkdir()
    (project / ".venv").symlink_to(tools.python.parent.parent)  # where hooks look for their tools
    shutil.copy(project / "uv.lock", project / ".local" / "audited.lock")
    assert not tools.run_tool("python", "-c", COVER).failure


def write(path: Path, text: str) -> None:
    path.write_text(text)


@pytest.fixture(scope="module")
def states(
    ready: Tools, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, list[str]]]:
    """State and reason of every item: for the project as it is, and with each fault."""
    with shared_folder(tmp_path_factory, "checklist-states") as (folder, empty):
        listed = folder / "faults.json"
        if empty:
            listed.write_text(json.dumps(FAULTS))
            write(ready.project / "try_faults.py", DRIVER)
            done = ready.run("try_faults", str(listed))
            assert not done.failure, done.failure
    found: dict[str, dict[str, list[str]]] = json.loads(listed.with_suffix(".out").read_text())
    return found


def test_a_project_that_is_ready_meets_every_item(states: dict[str, dict[str, list[str]]]) -> None:
    found = states["as it is"]
    assert {name: reason for name, (state, reason) in found.items() if state == "NOT MET"} == {}
    moot = {name for name, (state, _) in found.items() if state == "not applicable"}
    assert moot == ASKED_OF_A_STAGE
    assert set(found) == set(FAULTS) | ASKED_OF_A_STAGE


@pytest.mark.parametrize("item", FAULTS)
def test_a_fault_shows_at_its_item_and_nowhere_else(
    item: str, states: dict[str, dict[str, list[str]]]
) -> None:
    before, after = states["as it is"], states[item]
    online = FAULTS[item].get("online", False)
    changed = {
        name: after[name][0]
        for name in before
        if after[name][0] != before[name][0] and (online or name not in {"template", "drift"})
    }
    assert changed == {item: "NOT MET"}, after[item]


def test_it_tells_the_reason_and_what_to_do_and_takes_a_decision(ready: Tools) -> None:
    pyproject = ready.project / "pyproject.toml"
    was, times = pyproject.read_text(), pyproject.stat()
    ready.edit("template.override.yaml", "AWS::Budgets::Budget", "Custom::Nothing")
    try:
        shown = ready.run("checklist")
        assert shown.code == 1
        assert re.search(r"^NOT MET +budget +.*: there is none$", shown.output, re.MULTILINE)
        assert "To do: answer the question budget with yes" in shown.output
        assert "21 met" not in shown.output

        pyproject.write_text(
            f'{was}\n[tool.lambda-workbench.checklist]\nbudget = "one for all of us"\n'
        )
        os.utime(pyproject, (times.st_atime, times.st_mtime))
        decided = ready.run("checklist", "--json")
        items = {item["name"]: item for item in json.loads(decided.output)["items"]}
        assert items["budget"]["state"] == "not applicable"
        assert items["budget"]["reason"] == "decided: one for all of us"
        assert decided.code == 0

        pyproject.write_text(f'{was}\n[tool.lambda-workbench.checklist]\nbugdet = "misspelt"\n')
        misspelt = ready.run("checklist")
        assert "names no item: bugdet" in misspelt.output
    finally:
        pyproject.write_text(was)
        os.utime(pyproject, (times.st_atime, times.st_mtime))
        ready.edit("template.override.yaml", "Custom::Nothing", "AWS::Budgets::Budget")


# --- with a stage ---

LOOK_AT_STAGE = """\
import json
from lambda_workbench.operate import checklist_stage
from lambda_workbench.operate.checklist_model import Look
from lambda_workbench.operate.asking import service_of

look = Look(service=service_of("local", "checklist"), online=False)
print(json.dumps({item.name: [*vars(item.look(look)).values()] for item in checklist_stage.ITEMS}))
"""


def stage(running: Running) -> dict[str, list[str]]:
    write(running.project / "try_stage.py", LOOK_AT_STAGE)
    done = running.run("try_stage")
    assert not done.failure, done.failure
    found: dict[str, list[str]] = json.loads(done.output)
    return found


@pytest.fixture
def subscribed(running: Running) -> Iterator[None]:
    """Somebody hears of alarms."""
    sns = running.client("sns")
    topic = next(
        one["TopicArn"] for one in sns.list_topics()["Topics"] if one["TopicArn"].endswith("alarms")
    )
    made = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint="arn:aws:sqs:eu-west-1:000000000000:shop-local-orders-dead-letters",
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    yield
    sns.unsubscribe(SubscriptionArn=made)


@pytest.mark.usefixtures("subscribed")
def test_a_deployed_stage_is_looked_at(running: Running) -> None:
    before = stage(running)
    assert {name: found[0] for name, found in before.items()} == {
        "deployed": "met",
        "subscribed": "met",
        "quiet": "met",
        "failures": "met",
        "prepared": "not applicable",
        "deploy-role": "not applicable",
    }, before

    alarm = "shop-local-queue-errors"  # the emulator is deployed to without alarms
    watch = running.client("cloudwatch")
    watch.put_metric_alarm(
        AlarmName=alarm,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0,
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
    )
    watch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="planted")
    noisy = stage(running)
    watch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="over")
    assert differs(before, noisy) == {"quiet": ["NOT MET", f"{alarm} is on"]}

    failures = running.queue("topic-failures")
    running.client("sqs").send_message(QueueUrl=failures, MessageBody="{}")
    waiting = stage(running)
    running.client("sqs").purge_queue(QueueUrl=failures)
    assert differs(before, waiting) == {"failures": ["NOT MET", "1 in shop-local-topic-failures"]}


def test_nobody_hears_of_alarms(running: Running) -> None:
    assert stage(running)["subscribed"] == ["NOT MET", "nobody is subscribed"]


def differs(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: found for name, found in after.items() if found[0] != before[name][0]}


ROLE = """\
import json, sys
from lambda_workbench.operate.checklist_stage import judge_deploy_role
from lambda_workbench.local.emulator import shared_endpoint
from lambda_workbench.local.local_env import enter_local_environment
from lambda_workbench.operate.service import Service

enter_local_environment()
print(json.dumps([*vars(judge_deploy_role(Service("dev", shared_endpoint()))).values()]))
"""
EXACT = "repo:acme@12/shop@345:environment:dev"


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (EXACT, "shop-deploy-dev"),
        ("repo:acme@/shop@345:environment:dev", "it lets in repo:acme@/shop@345:environment:dev"),
        ("repo:acme/*:environment:dev", "it lets in repo:acme/*:environment:dev"),
        ("repo:acme/shop:environment:prod", "it is not for the environment dev"),
    ],
)
def test_the_role_that_deploys_is_for_one_repository(
    running: Running, subject: str, reason: str
) -> None:
    iam = running.client("iam")
    equal = {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": subject,
    }
    rule: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity"}
    rule |= {"Principal": {"Federated": "github"}, "Condition": {"StringEquals": equal}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
    iam.create_role(RoleName="shop-deploy-dev", AssumeRolePolicyDocument=document)
    write(running.project / "try_role.py", ROLE)
    try:
        done = running.run("try_role")
    finally:
        iam.delete_role(RoleName="shop-deploy-dev")
    assert json.loads(done.output) == ["met" if subject == EXACT else "NOT MET", reason]
