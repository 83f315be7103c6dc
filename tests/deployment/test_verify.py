"""`make verify`: a stage from its first deployment to its end, with a report.

The emulator has no CodeDeploy, so a played stage stands in for the step with the bad version. How
CloudFormation ends an update that CodeDeploy took back:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html
"""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests import support
from tests.deployment.conftest import Place
from tests.operations.conftest import workbench

BROKEN = """\
Resources:
  Broken:
    Type: AWS::Logs::LogStream
    Properties:
      LogGroupName: nobody
"""

PLAYED = """
import contextlib
from lambda_workbench.operate import verify, verify_steps
from lambda_workbench.operate.sandbox import Finished, Live, Sandbox
from lambda_workbench.operate.service import Service

class Calls:
    made, failed = 600, 60

class Played(Sandbox):
    status = "UPDATE_COMPLETE"
    reached = {"api": Live("4", "good", False)}
    end = {}
    alarms_on = []
    deployed = ()
    code = "good"

    def __init__(self):
        super().__init__(Service("dev"), None)

    def deploy(self, version, *arguments):
        self.deployed = (self.code, version, *arguments)
        print("deployed:", *self.deployed)
        for name, value in self.end.items():
            setattr(self, name, value)
        return Finished(self.exit, "error: an alarm took it back")

    @contextlib.contextmanager
    def bad_code(self):
        self.code = "bad"
        yield
        self.code = "good"

    def live(self):
        return self.reached

    def alarms(self):
        return self.alarms_on

@contextlib.contextmanager
def traffic(_service):
    yield Calls

verify_steps.traffic = traffic
verify_steps.events_of = lambda _service: {"api": None}
played = Played()
"""
STEP = """
nothing = lambda _sandbox: []
steps = {"bad version": verify_steps.bad_version, "then": nothing, "last": nothing}
first, then, _last = verify.verify(played, steps)
print("result:", first.state, *first.evidence, "| then:", then.state)
"""


def rows(report: str) -> dict[str, str]:
    """What became of each step."""
    return dict(re.findall(r"^\| \d\. ([^|]+) \| ([^|]+) \|", report, re.MULTILINE))


def written(place: Place, stage: str = "local") -> str:
    return (place.project / ".local" / f"verify-{stage}.md").read_text()


def changes(place: Place) -> str:
    """What of the files that git has is another than at first."""
    return support.run(["git", "status", "--porcelain", "src", "dist"], cwd=place.project).output


def test_every_step_is_made_on_the_emulator_as_far_as_that_goes(place: Place) -> None:
    done = place.run("verify", "local")

    assert not done.failure, done.failure
    report = written(place)
    assert rows(report) == {
        "Deploy from nothing": "done",
        "End-to-end tests": "done",
        "Update of the code": "done",
        "Update of a setting": "done",
        "Bad version, taken back by the canary": "not tried",
        "Roll forward": "done",
        "Redrive": "done",
        "Delete everything": "done",
    }
    assert "taken back by the canary: the emulator has no CodeDeploy" in report
    for evidence in (
        r"CREATE_COMPLETE; versions: api 1, queue 1",
        r"\d+ passed",
        r"api: 1 → 2, queue: 1 → 2",
        r"LogLevel: INFO → WARNING",
        r"api: 3 → 4, queue: 3 → 4",
        r"1 sent back; 0 in order-service-local-orders-dead-letters now",
        r"the stack is deleted",
        r"- boto3: \d",
        r"- region: eu-west-1",
    ):
        assert re.search(evidence, report), evidence
    assert "000000000000" in done.output
    assert "000000000000" not in report
    assert changes(place) == ""


def test_a_step_that_fails_ends_it_and_what_was_made_goes(place: Place) -> None:
    place.override(BROKEN)

    done = place.run("verify", "local")

    assert done.code == 1
    report = written(place)
    became = rows(report)
    assert became.pop("Deploy from nothing") == "failed"
    assert became.pop("Delete everything") == "done"
    assert set(became.values()) == {"not tried"}
    assert "Broken (AWS::Logs::LogStream)" in report
    assert "- Redrive: a step before it failed" in report


def test_a_cancelled_job_leaves_nothing_behind(place: Place) -> None:
    """A runner ends a job with a signal to the command alone, while a step of it is at work."""
    command = workbench(place.python, "verify")
    with subprocess.Popen(
        [*command, "local"],
        cwd=place.project,
        env={**os.environ, **place.environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        printed = iter(running.stdout.readline, "")
        assert any(line.startswith("End-to-end tests …") for line in printed)
        assert any(line.startswith("    ") for line in printed)
        (at_work,) = children(running.pid, b"tests/e2e")
        running.send_signal(signal.SIGTERM)
        output = "".join(printed)

    assert running.returncode == 1, output
    assert not Path(f"/proc/{at_work}").exists()
    became = rows(written(place))
    assert became["Deploy from nothing"] == "done"
    assert became["End-to-end tests"] == "failed"
    assert became["Delete everything"] == "done"


def children(process: int, doing: bytes) -> list[int]:
    """The processes that one has started, and whose command names this."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    started = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return [child for child in started if doing in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_what_may_be_left_behind_is_said(place: Place) -> None:
    done = place.script(
        PLAYED
        + """
def interrupted(_sandbox):
    raise KeyboardInterrupt
def denied(_sandbox):
    raise ToolError("AccessDenied for 123456789012 with AKIAABCDEFGHIJKLMNOP")
steps = {"one": interrupted, "two": interrupted, "last": denied}
print(verify.report("dev", {}, verify.verify(played, steps)))
"""
    )

    assert not done.failure, done.failure
    assert rows(done.output) == {"one": "failed", "two": "not tried", "last": "failed"}
    report = done.output.partition("# Verification")[2]
    assert "The stage may be left behind: make delete STAGE=dev DATA=1" in report
    assert "AccessDenied for … with …" in report


def played(place: Place, exit_code: int, **end: object) -> str:
    """What becomes of the step with the bad version when its deployment ends so."""
    values = ", ".join(f'"{name}": {value}' for name, value in end.items())
    done = place.script(f"{PLAYED}\nplayed.exit = {exit_code}\nplayed.end = {{{values}}}\n{STEP}")
    assert not done.failure, done.failure
    assert "deployed: bad verify-bad --parameter TrafficShifting=Canary10Percent5Minutes" in (
        done.output
    )
    return done.output.partition("result: ")[2]


def test_a_bad_version_that_the_canary_takes_back_is_as_it_should_be(place: Place) -> None:
    said = played(place, 1, status='"UPDATE_ROLLBACK_COMPLETE"')

    assert said.startswith("done UPDATE_ROLLBACK_COMPLETE; api: 4 → 4 60 of 600 calls failed")
    assert "an alarm took it back | then: done" in said


@pytest.mark.parametrize(
    ("exit_code", "end", "reason"),
    [
        (0, {"reached": '{"api": Live("5", "bad", False)}'}, "the bad version was deployed and st"),
        (1, {"status": '"UPDATE_ROLLBACK_FAILED"'}, "the stack is UPDATE_ROLLBACK_FAILED, not"),
        (1, {}, "the stack is UPDATE_COMPLETE, not UPDATE_ROLLBACK_COMPLETE"),
        (
            1,
            {
                "status": '"UPDATE_ROLLBACK_COMPLETE"',
                "reached": '{"api": Live("4", "good", True)}',
            },
            "callers do not reach what they did before: api: 4 → 4 and another",
        ),
    ],
)
def test_a_bad_version_that_is_not_taken_back_fails_the_step(
    place: Place, exit_code: int, end: dict[str, str], reason: str
) -> None:
    said = played(place, exit_code, **end)

    assert said.startswith(f"failed {reason}")
    assert said.strip().endswith("| then: not tried")


def test_a_deployment_that_failed_without_a_failed_call_proves_nothing(place: Place) -> None:
    done = place.script(
        f"{PLAYED}\nCalls.failed = 0\nplayed.exit = 1\n"
        f'played.end = {{"status": "UPDATE_ROLLBACK_COMPLETE"}}\n{STEP}'
    )

    assert "result: failed no call has failed, so it was not the canary" in done.output


def test_the_bad_version_fails_each_time_and_is_only_in_the_copy(place: Place) -> None:
    done = place.script(
        f"""
import os, shutil, tempfile
from pathlib import Path
from lambda_workbench.project import ROOT
from lambda_workbench.operate.sandbox import Sandbox, copy_project
from lambda_workbench.operate.service import Service, wait_until
from lambda_workbench.operate.verify_steps import traffic

os.environ["UV_PYTHON"] = sys.executable
with tempfile.TemporaryDirectory() as scratch:
    copy = copy_project(Path(scratch) / "project")
    (copy / ".local").mkdir()
    shutil.copy(ROOT / ".local" / "emulator.json", copy / ".local")
    sandbox = Sandbox(Service("local", "{place.endpoint}"), copy)
    source = copy / "src/order_service/handlers/api.py"
    before = source.read_text()
    assert not sandbox.deploy("good").code
    with sandbox.bad_code():
        assert not sandbox.deploy("bad").code
    assert source.read_text() == before
    with traffic(sandbox.service) as calls:
        wait_until("functions are called", lambda: calls.made >= 4)
    print("failed:", calls.failed == calls.made)
"""
    )

    assert not done.failure, done.failure
    assert "failed: True" in done.output
    assert changes(place) == ""


@pytest.mark.parametrize(
    ("stage", "said"),
    [("prod", "so not prod"), ("", "make verify STAGE=local|dev|staging"), ("qa", "name a stage")],
)
def test_prod_and_what_is_no_stage_are_refused(place: Place, stage: str, said: str) -> None:
    done = place.aws("verify", stage, "--yes")

    assert done.code == 1
    assert said in done.output
    assert "call: " not in done.output


def test_a_stage_that_was_not_prepared_says_how_to(place: Place) -> None:
    done = place.aws("verify", "dev", "--yes")

    assert done.code == 1
    assert "make bootstrap STAGE=dev" in done.output


def test_a_stage_that_is_deployed_already_is_left_alone_without_a_yes(
    place: Place, packed: Path
) -> None:
    shutil.copytree(packed, place.project / "dist")
    place.bootstrap()
    assert not place.aws("deploy", "dev", "--prebuilt").failure
    dynamodb = place.client("dynamodb")
    (table,) = (name for name in dynamodb.list_tables()["TableNames"] if "OrdersTable" in name)
    dynamodb.put_item(TableName=table, Item={"order_id": {"S": "1"}})

    done = place.aws("verify", "dev")

    assert done.code == 1
    assert "order-service-dev is deployed already" in done.output
    assert table in done.output.partition("It holds:")[2]
    assert "Nobody is here to answer: YES=1 goes ahead" in done.output
    assert place.status("order-service-dev") == "CREATE_COMPLETE"
    assert not (place.project / ".local" / "verify-dev.md").exists()
