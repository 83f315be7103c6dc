"""`make rollback`: the way back works while alarms are on, and CloudFormation knows of it.

CodeDeploy lets no deployment pass while an alarm is on, one that brings the cure included:
https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeployment.html says so of
`overrideAlarmConfiguration`, which a deployment by CloudFormation cannot set. Without a
DeploymentPreference SAM leaves CodeDeploy out, and CloudFormation moves the alias itself:
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
"""

import json
from typing import Any

from tests.deployment.conftest import Place
from tests.deployment.test_change_set import PLAYED

TRANSLATED = """
from pathlib import Path
import json
from samtranslator.translator.transform import transform
from lambda_workbench.cloudformation import documents

class NoPolicies:
    def load(self):
        return {}

merged = documents.read(Path("template.yaml"))
for body in documents.resources_of_type(merged, "AWS::Serverless::Function").values():
    body["Properties"]["CodeUri"] = "s3://bucket/key"
given = {"Stage": "prod", "WatchAlarms": sys.argv[1]}
print("template:", json.dumps(transform(merged, given, NoPolicies())["Resources"]))
"""


def parameters(place: Place) -> dict[str, str]:
    """What the stack was deployed with."""
    cloudformation = place.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName="order-service-local")["Stacks"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}


def change_code(place: Place, word: str) -> None:
    """Let every function answer with other bytes."""
    (place.project / "src/order_service/word.py").write_text(f'WORD = "{word}"\n')


def deploy(place: Place, version: str, *arguments: str) -> None:
    change_code(place, version)
    done = place.run("deploy", "local", *arguments, SERVICE_VERSION=version)
    assert not done.failure, done.failure


def test_the_release_before_is_live_again(deployed: Place) -> None:
    first = deployed.live()
    deploy(deployed, "two", "--parameter", "LogLevel=WARNING")
    assert deployed.live()["CodeSha256"] != first["CodeSha256"]

    done = deployed.run("rollback", "local", "--yes")

    assert not done.failure, done.failure
    assert "order-service-local is at one again" in done.output
    live = deployed.live()
    assert live["CodeSha256"] == first["CodeSha256"]
    assert live["Environment"] == first["Environment"]
    assert int(live["Version"]) > int(first["Version"])


def test_the_way_back_goes_past_codedeploy_and_the_next_deployment_does_not(
    deployed: Place,
) -> None:
    deploy(deployed, "two")
    assert parameters(deployed)["WatchAlarms"] == "true"

    assert not deployed.run("rollback", "local", "--yes").failure
    assert parameters(deployed)["WatchAlarms"] == "false"

    deploy(deployed, "three")
    assert parameters(deployed)["WatchAlarms"] == "true"
    assert deployed.live()["Environment"]["Variables"]["SERVICE_VERSION"].startswith("three-")


def translated(place: Place, watch_alarms: str) -> dict[str, Any]:
    done = place.script(TRANSLATED, watch_alarms)
    assert not done.failure, done.failure
    (line,) = (line for line in done.output.splitlines() if line.startswith("template: "))
    resources: dict[str, Any] = json.loads(line.removeprefix("template: "))
    return resources


def test_codedeploy_is_left_out_when_alarms_are_not_watched(place: Place) -> None:
    for watched, expected in (("true", True), ("false", False)):
        resources = translated(place, watched)
        aliases = [one for one in resources.values() if one["Type"] == "AWS::Lambda::Alias"]
        assert aliases
        assert all(("UpdatePolicy" in alias) is expected for alias in aliases)
        kinds = {one["Type"] for one in resources.values()}
        assert ("AWS::CodeDeploy::DeploymentGroup" in kinds) is expected


def test_versions_are_the_same_whether_alarms_are_watched_or_not(place: Place) -> None:
    """So watching them again is no new version of any function."""
    kind = "AWS::Lambda::Version"
    first, second = (
        {name for name, one in translated(place, watched).items() if one["Type"] == kind}
        for watched in ("true", "false")
    )
    assert first == second


def test_going_back_twice_goes_further_back(deployed: Place) -> None:
    deploy(deployed, "two")
    deploy(deployed, "three")

    assert "is at two again" in deployed.run("rollback", "local", "--yes").output
    assert "is at one again" in deployed.run("rollback", "local", "--yes").output
    done = deployed.run("rollback", "local", "--yes")

    assert done.code == 1
    assert "no earlier release is on record" in done.output
    listed = deployed.run("rollback", "local", "--list").output.splitlines()
    assert [line.partition("UTC  ")[2] for line in listed] == [
        "one",
        "two  (taken back)",
        "three  (taken back)",
        "two  (taken back)",
        "one",
    ]


def test_a_version_can_be_named(deployed: Place) -> None:
    deploy(deployed, "two")
    deploy(deployed, "three")

    assert "is at one again" in deployed.run("rollback", "local", "--to", "one", "--yes").output

    done = deployed.run("rollback", "local", "--to", "four", "--yes")
    assert done.code == 1
    assert "no release four is on record; earlier ones: " in done.output


def test_nobody_goes_back_by_accident(deployed: Place) -> None:
    deploy(deployed, "two")
    before = deployed.live()

    done = deployed.run("rollback", "local")

    assert done.code == 1
    assert "goes back to one" in done.output
    assert "YES=1 goes ahead" in done.output
    assert deployed.live() == before


def test_a_stage_that_is_not_deployed_has_nothing_to_go_back_from(place: Place) -> None:
    done = place.run("rollback", "local", "--yes")

    assert done.code == 1
    assert "order-service-local is not deployed" in done.output


def test_an_update_that_is_under_way_is_cancelled(place: Place) -> None:
    said = place.script(
        PLAYED
        + """
from lambda_workbench.operate import rollback, target
from lambda_workbench.operate.releases import Release

def cancelled(played):
    played.event("UPDATE_ROLLBACK_COMPLETE")

played = Played("UPDATE_IN_PROGRESS", cancel_update_stack=cancelled)
stacks.client = lambda *_: played
rollback.target_of = lambda *_: target.Target("dev", Stack("tried", "http://nowhere"), None)
rollback.history = lambda _: []
rollback.command.main(["dev", "--yes"], standalone_mode=False)
print("calls:", played.calls)
"""
    ).output

    assert "cancel_update_stack" in said
    assert "tried is as it was before that update" in said
    assert "create_change_set" not in said
