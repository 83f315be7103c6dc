"""Stacks are changed by change sets that can be read first, and failures name their reason."""

import json

import pytest

from tests import support
from tests.deployment.conftest import Place

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "one"}}
# A stream of a log group that is not there.
BROKEN = {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": "nobody"}}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "RetainExceptOnCreate",
    "UpdateReplacePolicy": "Retain",
    "Properties": {
        "TableName": "kept",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
}
APPLY = """
import json
wanted = Wanted(json.dumps({"Resources": json.loads(sys.argv[1])}))
try:
    print("changed:", apply(stack("tried"), wanted))
except ToolError as error:
    print("refused:", error)
"""


def applied(place: Place, **resources: object) -> str:
    """What is said while a stack is brought to these resources."""
    done = place.script(APPLY, json.dumps(resources))
    assert not done.failure, done.failure
    return done.output


def test_nothing_to_change_is_a_success(place: Place) -> None:
    assert "changed: True" in applied(place, Queue=QUEUE)

    again = applied(place, Queue=QUEUE)

    assert "tried: no changes" in again
    assert "changed: False" in again


def test_what_happens_to_data_stands_out(place: Place) -> None:
    applied(place, Queue=QUEUE, Table=TABLE, Topic={"Type": "AWS::SNS::Topic"})
    other = json.loads(json.dumps(TABLE).replace('"kept"', '"renamed"'))

    said = applied(place, Table=other, New={"Type": "AWS::SNS::Topic"}).splitlines()

    assert said[0] == "tried: 1 added, 1 replaced, 2 removed"
    first, second, third = (" ".join(line.split()) for line in said[1:4])
    assert first == "!! REMOVED AWS::SQS::Queue Queue what it holds is LOST"
    assert second.startswith("!! REPLACED AWS::DynamoDB::Table Table")
    assert second.endswith(
        "the old one stays outside of the stack, with its data; the new is empty"
    )
    assert third == "removed AWS::SNS::Topic Topic"


def test_a_failure_names_the_resource_that_failed_first_and_why(place: Place) -> None:
    said = applied(place, Queue=QUEUE, Broken={**BROKEN, "DependsOn": "Queue"})

    assert "refused: tried is ROLLBACK_COMPLETE, because of Broken (AWS::Logs::LogStream):" in said
    assert "log group does not exist" in said.partition("refused:")[2]


def test_a_creation_that_failed_is_cleared_away_by_the_next_one(place: Place) -> None:
    applied(place, Broken=BROKEN)
    assert place.status("tried") == "ROLLBACK_COMPLETE"

    said = applied(place, Queue=QUEUE)

    assert "tried is ROLLBACK_COMPLETE, left by a creation that failed: deleting it first" in said
    assert place.status("tried") == "CREATE_COMPLETE"


def test_a_stack_with_nothing_but_a_change_set_is_taken_up(place: Place) -> None:
    place.client("cloudformation").create_change_set(
        StackName="tried",
        ChangeSetName="forgotten",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"Queue": QUEUE}}),
    )
    assert place.status("tried") == "REVIEW_IN_PROGRESS"

    assert "changed: True" in applied(place, Queue=QUEUE)


def test_a_refusal_leaves_the_stack_and_no_change_set_behind(place: Place) -> None:
    applied(place, Queue=QUEUE)
    done = place.script("""
def refuse(changes):
    raise ToolError("not today: " + changes[0].name)

wanted = Wanted('{"Resources": {"Other": {"Type": "AWS::SNS::Topic"}}}')
try:
    apply(stack("tried"), wanted, approve=refuse)
except ToolError as error:
    print(error)
""")

    assert "not today: " in done.output
    cloudformation = place.client("cloudformation")
    left = cloudformation.list_change_sets(StackName="tried")["Summaries"]
    assert not [one for one in left if one["ExecutionStatus"] == "AVAILABLE"]
    listed = cloudformation.list_stack_resources(StackName="tried")["StackResourceSummaries"]
    assert [one["LogicalResourceId"] for one in listed] == ["Queue"]


def test_a_template_that_is_refused_says_why(place: Place) -> None:
    said = applied(place, Queue={"Type": "AWS::Nothing::Here"})

    assert "refused: CloudFormation refused this" in said
    assert "AWS::Nothing::Here" in said


def test_the_types_that_hold_data_are_those_that_cfn_lint_knows(place: Place) -> None:
    done = place.script("""
from pathlib import Path
import json, cfnlint
from lambda_workbench.operate.changes import STATEFUL
data = Path(cfnlint.__file__).parent / "data/AdditionalSpecs/StatefulResources.json"
known = set(json.loads(data.read_text())["ResourceTypes"])
print("difference:", sorted(known ^ STATEFUL))
""")
    assert "difference: []" in done.output


# What the emulator does not do is played: each scene is a status, and the events that follow.
PLAYED = """
import datetime, itertools
import botocore.exceptions
from lambda_workbench.operate import stack as stacks

class Played:
    # The stack is in the first status, and each call named in `then` brings it to the next.
    def __init__(self, status, **then):
        self.status, self.then, self.calls, self.events_seen = status, then, [], []

    def event(self, status, name="tried", kind="AWS::CloudFormation::Stack", reason=""):
        self.events_seen.insert(0, {
            "EventId": str(len(self.events_seen)), "StackId": "arn:tried",
            "Timestamp": datetime.datetime(2026, 1, 1), "LogicalResourceId": name,
            "PhysicalResourceId": "arn:tried" if name == "tried" else name,
            "ResourceType": kind, "ResourceStatus": status, "ResourceStatusReason": reason,
        })

    def describe_stacks(self, StackName):
        self.calls.append("describe_stacks")
        if self.status == "UPDATE_IN_PROGRESS" and self.calls.count("describe_stacks") > 2:
            self.status = "UPDATE_COMPLETE"
        stack = {"StackName": "tried", "StackId": "arn:tried", "StackStatus": self.status}
        return {"Stacks": [stack]}

    def get_paginator(self, name):
        played = self
        class Pages:
            def paginate(self, **_):
                return [{"StackEvents": list(played.events_seen), "Changes": []}]
        return Pages()

    def create_change_set(self, **given):
        self.calls.append(given)
        return {"StackId": "arn:tried"}

    def describe_change_set(self, **_):
        return {"Status": "CREATE_COMPLETE"}

    def __getattr__(self, name):
        def called(**given):
            self.calls.append(name)
            if name in self.then:
                self.then[name](self)
            return {}
        return called

def play(played):
    stacks.client = lambda *_: played
    try:
        wanted = Wanted("{}", role="arn:aws:iam::1:role/r")
        print("changed:", apply(Stack("tried", "http://nowhere"), wanted))
    except ToolError as error:
        print("refused:", error)
    print("calls:", [call for call in played.calls if isinstance(call, str)])
    return played

def done(played):
    played.event("UPDATE_COMPLETE")
"""


def test_an_update_by_somebody_else_is_waited_for(place: Place) -> None:
    said = place.script(
        PLAYED + 'play(Played("UPDATE_IN_PROGRESS", execute_change_set=done))'
    ).output

    assert "tried is UPDATE_IN_PROGRESS: waiting for that to end" in said
    assert "changed: True" in said


def test_a_rollback_that_got_stuck_is_continued_first(place: Place) -> None:
    said = place.script(
        PLAYED
        + """
def continued(played):
    played.status = "UPDATE_ROLLBACK_COMPLETE"
    played.event("UPDATE_ROLLBACK_COMPLETE")

play(Played("UPDATE_ROLLBACK_FAILED", continue_update_rollback=continued, execute_change_set=done))
"""
    ).output

    assert "the last update was not rolled back completely; continuing with that" in said
    assert said.index("continue_update_rollback") < said.index("execute_change_set")
    assert "changed: True" in said


def test_a_rollback_that_stays_stuck_says_what_to_skip(place: Place) -> None:
    said = place.script(
        PLAYED
        + """
def stuck(played):
    played.event("UPDATE_FAILED", "OrdersTable", "AWS::DynamoDB::Table", "Table is being used")
    played.event("UPDATE_ROLLBACK_FAILED", reason="The following resource(s) failed to update: [x]")

play(Played("UPDATE_ROLLBACK_FAILED", continue_update_rollback=stuck))
"""
    ).output

    assert "tried is UPDATE_ROLLBACK_FAILED, because of OrdersTable (AWS::DynamoDB::Table)" in said
    assert "Table is being used" in said
    assert (
        "aws cloudformation continue-update-rollback --stack-name tried "
        "--resources-to-skip OrdersTable"
    ) in said
    assert "execute_change_set" not in said


def test_the_first_reason_is_not_one_of_those_that_only_follow(place: Place) -> None:
    said = place.script(
        PLAYED
        + """
def failed(played):
    played.event("UPDATE_FAILED", "Later", "AWS::SQS::Queue", "Resource update cancelled")
    played.event("UPDATE_FAILED", "Alias", "AWS::Lambda::Alias",
                 "CodeDeploy deployment d-1 failed: ALARM_ACTIVE")
    played.event("UPDATE_FAILED", "Other", "AWS::SQS::Queue", "Rate exceeded")
    played.event("UPDATE_ROLLBACK_COMPLETE")

play(Played("UPDATE_COMPLETE", execute_change_set=failed))
"""
    ).output

    assert (
        "refused: tried is UPDATE_ROLLBACK_COMPLETE, because of Alias (AWS::Lambda::Alias)" in said
    )
    assert "docs/runbook.md says how to deploy while an alarm is on: IGNORE_ALARMS=1" in said


def test_cloudformation_acts_as_the_role_of_the_stage(place: Place) -> None:
    said = place.script(
        PLAYED
        + """
played = play(Played("UPDATE_COMPLETE", execute_change_set=done))
(asked,) = (call for call in played.calls if isinstance(call, dict))
print("role:", asked["RoleARN"], asked["Capabilities"])
"""
    ).output

    assert "role: arn:aws:iam::1:role/r ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND']" in said


@pytest.mark.parametrize("name", ["change_set", "changes", "stack", "stack_events", "depot"])
def test_the_way_to_a_stack_knows_nothing_of_sam(name: str) -> None:
    """Another flavour of the infrastructure is to use it as it is."""
    text = (support.WORKBENCH / "operate" / f"{name}.py").read_text()
    for word in (
        "samtranslator",
        "Serverless",
        "CodeUri",
        "samconfig",
        "lambda_workbench.cloudformation",
    ):
        assert word not in text, word
