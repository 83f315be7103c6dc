"""CloudFormation's role and the pipeline's are allowed what a deployment needs."""

import copy
import dataclasses
import fnmatch
import shutil
from collections.abc import Mapping
from typing import Any

import pytest

from tests.iam import pipeline
from tests.iam.cases import CASES, HTTP, NAMED, REST
from tests.iam.conftest import Deployed, Deployment
from tests.iam.exceptions import EXCEPTIONS, UNKNOWN, Exemption
from tests.iam.judge import Identity, Judge
from tests.iam.needs import Need, needs_of
from tests.iam.stack import Properties

ROLE = "CloudFormationRole"


def missing(judge: Judge, who: Identity, wanted: list[Need]) -> list[str]:
    """The needs that are not met, each once."""
    found = [f"{need.type} {need.action}: {need.problem}" for need in wanted if need.problem]
    for need in wanted:
        for request, verdict in zip(need.requests, judge.verdicts(who, need.requests), strict=True):
            if not verdict.allowed:
                found.append(f"{need.type} {need.handler}: {need.action} on {request.resource}")
    return sorted(set(found))


@pytest.mark.parametrize("answers", CASES)
def test_every_action_of_the_handlers_is_allowed(
    answers: dict[str, Any], judge: Judge, deployed: Deployed
) -> None:
    deployment = deployed(answers)
    assert missing(judge, deployment.identity(ROLE), deployment.needs(judge)) == []


@pytest.mark.parametrize("stage", ["staging", "prod"])
def test_so_it_is_in_every_stage(stage: str, judge: Judge, deployed: Deployed) -> None:
    deployment = deployed({}, stage)
    assert missing(judge, deployment.identity(ROLE), deployment.needs(judge)) == []


OWN_FUNCTION = """\
  ReportsFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub order-service-${Stage}-reports
      Handler: order_service.handlers.reports.handler
      CodeUri: .
"""


def test_so_it_is_for_a_function_of_the_teams_own(judge: Judge, deployed: Deployed) -> None:
    """Its role is SAM's, with the policies of AWS that SAM gives to it."""
    project = deployed({}).project
    own = project.with_name("own")
    shutil.copytree(project, own)
    text = (own / "template.yaml").read_text()
    (own / "template.yaml").write_text(
        text.replace("Resources:\n", f"Resources:\n{OWN_FUNCTION}", 1)
    )
    deployment = Deployment(own, "dev", "eu-west-1")
    role = deployment.stack.resources["ReportsFunctionRole"]["Properties"]
    assert len(role["ManagedPolicyArns"]) == 2
    wanted = [need for need in deployment.needs(judge) if need.logical_id.startswith("Reports")]
    assert missing(judge, deployment.identity(ROLE), wanted) == []


OWN_RESOURCES = """\
  Totals:
    Type: AWS::SQS::Queue
  TotalsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties: {Queues: [!Ref Totals], PolicyDocument: {Statement: []}}
  Reports:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: !Sub "order-service-${Stage}-reports"}
  Clicks:
    Type: AWS::Kinesis::Stream
    Properties:
      Name: !Sub "order-service-${Stage}-clicks"
      StreamEncryption: {EncryptionType: KMS, KeyId: alias/aws/kinesis}
      StreamModeDetails: {StreamMode: ON_DEMAND}
  Token:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: !Sub "order-service/${Stage}/partner", GenerateSecretString: {}}
  Payments:
    Type: AWS::Events::Rule
    Properties: {Name: !Sub "order-service-${Stage}-payments", Targets: []}
"""


def test_so_it_is_for_resources_that_the_team_adds(judge: Judge, deployed: Deployed) -> None:
    """Of types that the answers alone would not have brought."""
    plain = deployed({"triggers": ["api"], "data_store": "none"})
    own = plain.project.with_name("own-resources")
    shutil.copytree(plain.project, own)
    text = (own / "template.yaml").read_text()
    (own / "template.yaml").write_text(
        text.replace("Resources:\n", f"Resources:\n{OWN_RESOURCES}", 1)
    )
    deployment = Deployment(own, "dev", "eu-west-1")
    names = set(deployment.stack.resources) - set(plain.stack.resources)
    wanted = [need for need in deployment.needs(judge) if need.logical_id in names]
    assert {need.logical_id for need in wanted} >= {"Totals", "Reports", "Clicks", "Payments"}
    assert missing(judge, deployment.identity(ROLE), wanted) == []
    assert missing(judge, plain.identity(ROLE), wanted) != []


@pytest.mark.parametrize(
    ("answers", "action"),
    [
        (HTTP, "apigateway:TagResource"),
        (HTTP, "codedeploy:StopDeployment"),
        (HTTP, "sns:Unsubscribe"),
        (HTTP, "lambda:GetFunctionScalingConfig"),
        (HTTP, "kms:EnableKeyRotation"),
        (REST, "apigateway:SetWebACL"),
    ],
)
def test_an_action_that_is_taken_away_is_missed(
    answers: dict[str, Any], action: str, judge: Judge, deployed: Deployed
) -> None:
    deployment = deployed(answers)
    wanted = [need for need in deployment.needs(judge) if need.action == action]
    assert missing(judge, _without(deployment.identity(ROLE), action), wanted)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("codedeploy:StopDeployment", "arn:aws:codedeploy:eu-west-1:111111111111:application:*"),
        ("sqs:CreateQueue", "arn:aws:sqs:eu-west-1:111111111111:another-*"),
        ("secretsmanager:CreateSecret", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:C-*"),
    ],
)
def test_an_action_on_something_else_is_missed(
    action: str, resource: str, judge: Judge, deployed: Deployed
) -> None:
    deployment = deployed(HTTP)
    who = deployment.identity(ROLE)
    moved = Identity(who.arn, (*_without(who, action).policies, _allowing(action, resource)))
    wanted = [need for need in deployment.needs(judge) if need.action == action]
    assert missing(judge, moved, wanted)


def _allowing(action: str, resource: str) -> Mapping[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _without(who: Identity, action: str) -> Identity:
    policies = []
    for policy in who.policies:
        less: dict[str, Any] = copy.deepcopy(dict(policy))
        for statement in less["Statement"]:
            given = statement["Action"]
            actions = [given] if isinstance(given, str) else given
            statement["Action"] = [a for a in actions if a != action] or ["sts:GetCallerIdentity"]
        policies.append(less)
    return Identity(who.arn, tuple(policies))


def test_no_exception_is_for_nothing(judge: Judge, deployed: Deployed) -> None:
    """Each is for a resource that is made, and for actions that the schema lists."""
    for exemption in EXCEPTIONS:
        deployment, name = _one_of(exemption, judge, deployed)
        listed = [need for need in deployment.needs(judge) if need.logical_id == name]
        for pattern in exemption.actions:
            assert any(
                fnmatch.fnmatchcase(need.action, pattern) and need.handler in exemption.handlers
                for need in listed
            ), f"{exemption.kind} {pattern}"


@pytest.mark.parametrize(
    "exemption", EXCEPTIONS, ids=lambda e: f"{e.kind.removeprefix('AWS::')}-{e.actions[0]}"
)
def test_an_exception_ends_with_its_reason(
    exemption: Exemption, judge: Judge, deployed: Deployed
) -> None:
    """With the property that the reason says is missing, the actions are asked for."""
    deployment, name = _one_of(exemption, judge, deployed)
    (key,) = deployment.stack.of_type("AWS::KMS::Key")
    mutation = _filled(exemption.mutation, deployment.stack.arn_of(key))
    changed = _merged(deployment.stack.resources[name]["Properties"], mutation)
    left_out = {
        (need.handler, need.action)
        for need in deployment.needs(judge)
        if need.logical_id == name and need.exemption is exemption
    }
    asked = [
        need
        for need in needs_of(judge, deployment.stack, name, changed)
        if (need.handler, need.action) in left_out
    ]
    assert len(asked) == len(left_out) > 0
    for need in asked:
        assert need.exemption is not exemption
        assert need.requests or need.problem or need.action in UNKNOWN, need.action


def _one_of(exemption: Exemption, judge: Judge, deployed: Deployed) -> tuple[Deployment, str]:
    """A deployment, and a resource of it that has this exception."""
    for answers in NAMED.values():
        deployment = deployed(answers)
        for need in deployment.needs(judge):
            if need.exemption is exemption:
                return deployment, need.logical_id
    raise AssertionError(f"no resource has the exception for {exemption.actions}")


def _filled(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(item, key) for name, item in value.items()}
    return key if value == "{key}" else value


def _merged(before: Properties, mutation: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **before,
        **{
            name: _merged(before[name], value)
            if isinstance(value, Mapping) and isinstance(before.get(name), Mapping)
            else value
            for name, value in mutation.items()
        },
    }


def test_actions_unknown_to_the_reference_are_listed(judge: Judge, deployed: Deployed) -> None:
    known = judge.actions(UNKNOWN)
    assert [name for name, found in known.items() if found] == [], "the reference has them now"
    asked = {need.action for answers in NAMED.values() for need in deployed(answers).needs(judge)}
    assert asked >= set(UNKNOWN)


@pytest.mark.parametrize("answers", CASES)
def test_the_pipeline_may_call_what_it_calls(
    answers: dict[str, Any], judge: Judge, deployed: Deployed
) -> None:
    """Every operation that the commands call is known here, and allowed for what it is about."""
    if answers.get("ci") == "none":
        pytest.skip("no pipeline")
    dev, prod = deployed(answers), deployed(answers, "prod")
    for deployment, wanted in (
        (dev, pipeline.of_deployment(dev.project) | pipeline.of_tests(dev.project)),
        (prod, pipeline.of_deployment(prod.project)),
    ):
        who = deployment.identity("DeployRole")
        for call in sorted(wanted):
            requests = pipeline.requests(deployment.stack, call)
            verdicts = judge.verdicts(who, requests)
            refused = [r for r, v in zip(requests, verdicts, strict=True) if not v.allowed]
            assert refused == [], call


def test_the_pipeline_changes_the_stack_as_the_role_of_cloudformation_only(
    judge: Judge, deployed: Deployed
) -> None:
    deployment = deployed({})
    who = deployment.identity("DeployRole")
    for call in [("cloudformation", "create_change_set"), ("cloudformation", "delete_stack")]:
        for request in pipeline.requests(deployment.stack, call):
            if "cloudformation:RoleArn" in request.context:
                assert judge.allows(who, request)
                for other in ({}, {"cloudformation:RoleArn": who.arn}):
                    kept = {k: v for k, v in request.context.items() if "RoleArn" not in k}
                    asked = dataclasses.replace(request, context={**kept, **other})
                    assert not judge.allows(who, asked)


def test_the_pipeline_cannot_take_over_what_is_there(judge: Judge, deployed: Deployed) -> None:
    """An import would give what is another's the tags of this stack."""
    deployment = deployed({})
    who = deployment.identity("DeployRole")
    request, *_ = pipeline.requests(deployment.stack, ("cloudformation", "create_change_set"))
    kinds = {"cloudformation:ImportResourceTypes": ["AWS::ApiGatewayV2::Api"]}
    assert judge.allows(who, request)
    assert not judge.allows(who, dataclasses.replace(request, context={**request.context, **kinds}))


def test_no_command_asks_cloudformation_for_what_there_is(deployed: Deployed) -> None:
    """The `list` handlers of the schemas answer Cloud Control API and the IaC generator, no stack:
    https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html
    """
    project = deployed(HTTP).project
    called = pipeline.of_deployment(project) | pipeline.of_tests(project)
    assert not [call for call in called if call[0] == "cloudcontrol" or "generated" in call[1]]
