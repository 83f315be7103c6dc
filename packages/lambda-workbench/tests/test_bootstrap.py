"""Which parts a bootstrap template has follows from the resources of the service."""

import json
import re
from pathlib import Path
from textwrap import indent
from typing import Any

import cfnlint
import pytest

from lambda_workbench.bootstrap import compose as module
from lambda_workbench.bootstrap.compose import (
    NAME,
    Service,
    compose,
    composition_of,
    policies,
    read_part,
    without_part,
)
from lambda_workbench.bootstrap.facts import facts_of
from lambda_workbench.bootstrap.of_project import composed, service_of
from lambda_workbench.cloudformation.documents import Template, load
from lambda_workbench.errors import ToolError
from lambda_workbench.preflight.check import check_files

PARTS = Path(module.__file__).parent / "parts"
# Facts that are no types: a property, a choice, or a logical id that a policy names as well.
NAMED = {
    "from-image", "in-network", "keeps-records", "topic-starts", "bucket-starts", "encrypted",
    "ci-github", "for-a-stage", "part-api", "ApiCallerRole", "TokenSecret",
}  # fmt: skip
KEY = "Key: {Type: AWS::KMS::Key}"


def stack(resources: str) -> Template:
    return load(f"Resources:\n{indent(resources, '  ')}", "template.yaml")


def service(resources: str, **settings: Any) -> Service:
    given: dict[str, Any] = {"name": "shop", "stages": ("dev", "prod"), "ci": "none", **settings}
    return Service(facts=facts_of([stack(resources)]), **given)


def statements(resources: str, policy: str = "", **settings: Any) -> set[str]:
    """The statements that a service with these resources gets, in all policies or in one."""
    found = load(compose(service(resources, **settings)), NAME)["Resources"]
    return {
        statement["Sid"]
        for name, body in found.items()
        if body["Type"] == "AWS::IAM::ManagedPolicy" and policy in name
        for statement in body["Properties"]["PolicyDocument"]["Statement"]
        if "Sid" in statement
    }


@pytest.mark.parametrize(
    ("resources", "brings"),
    [
        ("Totals: {Type: AWS::SQS::Queue}", "Queues"),
        ("Totals: {Type: AWS::DynamoDB::Table}", "Tables"),
        ("Totals: {Type: AWS::Kinesis::Stream}", "Stream"),
        ("Totals: {Type: AWS::Events::Rule}", "Rules"),
        ("Totals: {Type: AWS::ApiGateway::Account}", "LogRequests"),
        ("Totals: {Type: AWS::Lambda::Function, Properties: {PackageType: Image}}", "LoadImages"),
        ("Totals: {Type: AWS::Lambda::Function, Properties: {VpcConfig: {}}}", "FindNetwork"),
        ("ApiCallerRole: {Type: AWS::IAM::Role}", "CallApi"),
    ],
)
def test_a_resource_brings_what_cloudformation_needs_for_it(resources: str, brings: str) -> None:
    assert brings not in statements("Function: {Type: AWS::Lambda::Function}")
    assert brings in statements(f"Function: {{Type: AWS::Lambda::Function}}\n{resources}")


@pytest.mark.parametrize(
    ("resources", "brings"),
    [
        ("Totals: {Type: AWS::SQS::Queue}", "UseQueues"),
        ("Totals: {Type: AWS::SNS::Subscription, Properties: {Protocol: lambda}}", "Publish"),
        (
            "Totals: {Type: AWS::Lambda::EventSourceMapping, Properties: {DestinationConfig: {}}}",
            "UseFailedRecords",
        ),
        (
            "Totals: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {}}}",
            "UseFiles",
        ),
        ("TokenSecret: {Type: AWS::SecretsManager::Secret}", "SignTokens"),
    ],
)
def test_a_resource_brings_what_end_to_end_tests_need_for_it(resources: str, brings: str) -> None:
    others = "Mail: {Type: AWS::SNS::Subscription, Properties: {Protocol: email}}"
    assert brings not in statements(others, "TestEndToEnd", ci="github")
    assert brings in statements(f"{others}\n{resources}", "TestEndToEnd", ci="github")


def test_a_policy_that_nothing_needs_is_not_made() -> None:
    made = load(compose(service("Function: {Type: AWS::Lambda::Function}")), NAME)["Resources"]
    attached = made["CloudFormationRole"]["Properties"]["ManagedPolicyArns"]
    named = {one["Ref"] for one in attached if "Ref" in one}
    assert named == {"ManageFunctions"} == {name for name in made if name.startswith("Manage")}


def test_without_a_pipeline_nothing_takes_a_role_but_cloudformation() -> None:
    resources = "Function: {Type: AWS::Lambda::Function}"
    alone = load(compose(service(resources)), NAME)
    assert "DeployRole" not in alone["Resources"]
    assert "Rules" not in alone
    assert "DeployRole" in load(compose(service(resources, ci="github")), NAME)["Resources"]


@pytest.mark.parametrize(
    "key", ["!Ref Key", "!GetAtt Key.Arn", "!GetAtt [Key, Arn]", "!Sub '${Key.Arn}'"]
)
def test_what_is_encrypted_with_a_key_of_the_stack_is_made_with_the_right_to_use_it(
    key: str,
) -> None:
    properties = f"Properties: {{KmsMasterKeyId: {key}}}"
    assert "UseKey" in statements(f"{KEY}\nTotals: {{Type: AWS::SQS::Queue, {properties}}}")
    assert "UseKey" not in statements(f"{KEY}\nTotals: {{Type: AWS::SNS::Topic, {properties}}}")
    elsewhere = "Properties: {KmsMasterKeyId: alias/of-the-company}"
    assert "UseKey" not in statements(f"{KEY}\nTotals: {{Type: AWS::SQS::Queue, {elsewhere}}}")


def test_types_without_a_part_are_named_with_their_resources() -> None:
    first = stack("Flow: {Type: AWS::StepFunctions::StateMachine}\nA: {Type: AWS::SQS::Queue}")
    second = stack("Flow: {Type: AWS::StepFunctions::StateMachine}\nPool: {Type: Custom::Pool}")
    assert without_part([first, second]) == {
        "AWS::StepFunctions::StateMachine": ["Flow"],
        "Custom::Pool": ["Pool"],
    }


def test_every_part_is_in_a_policy_and_every_name_is_one_that_cloudformation_knows() -> None:
    table = policies()
    listed = {part for policy in table for part in policy.parts}
    assert listed == {path.stem for path in (PARTS / "manage").glob("*.yaml")}
    texts = [path.read_text() for path in PARTS.rglob("*.yaml")]
    used = {name for text in texts for found in re.findall(r" # if (.+)$", text, re.MULTILINE)
            for name in found.split()}  # fmt: skip
    used |= {name for policy in table for needed in policy.parts.values() for name in needed}
    index = Path(cfnlint.__file__).parent / "data/schemas/providers/eu-west-1.json"
    assert used - NAMED <= set(json.loads(index.read_text()))
    assert used >= NAMED


def test_the_comments_stay() -> None:
    text = compose(service("Totals: {Type: AWS::ApiGateway::Account}"))
    assert "# The account has one role with which all REST APIs log.\n" in text
    assert " # if " not in text
    assert not re.search(r"<[a-z]+>", text)


def test_names_are_text_whatever_yaml_would_read_in_them() -> None:
    parameters = load(compose(service(KEY, name="no", stages=("on", "off")), "on"), NAME)[
        "Parameters"
    ]
    assert parameters["Service"]["Default"] == "no"
    assert parameters["Stage"]["AllowedValues"] == ["on", "off"]
    assert parameters["Stage"]["Default"] == "on"


def test_the_composition_is_another_when_rights_are_and_not_when_comments_are() -> None:
    def with_parts(old: str = "", new: str = "", resources: str = KEY) -> str:
        def read(name: str) -> str:
            return read_part(name).replace(old, new) if old else read_part(name)

        return composition_of(load(compose(service(resources), read=read), NAME))

    before = with_parts()
    assert re.fullmatch("[0-9a-f]{16}", before)
    assert with_parts("# KMS may take", "# KMS might take") == before
    assert with_parts("kms:CreateKey", "kms:CreateCustomKeyStore") != before
    assert with_parts(resources=f"{KEY}\nTotals: {{Type: AWS::SQS::Queue}}") != before


class Texts(dict[str, str]):
    """A project in memory."""

    def read(self, name: str) -> str | None:
        return self.get(name)


PROJECT = {
    "pyproject.toml": """
[project]
name = "shop"
[tool.lambda-workbench]
ci = "github"
""",
    "samconfig.toml": """
[dev.deploy.parameters]
stack_name = "shop-dev"
region = "eu-west-1"
parameter_overrides = ["Stage=dev"]

[prod.deploy.parameters]
stack_name = "shop-prod"
region = "eu-west-1"
parameter_overrides = ["Stage=prod"]
""",
    "template.yaml": "Parameters: {Stage: {Type: String}}\nResources: {A: {Type: AWS::SQS::Queue}}",
    "template.override.yaml": """
Resources:
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties: {RoleArn: !Sub "arn:aws:iam::${AWS::AccountId}:role/flow", DefinitionString: "{}"}
""",
}


def test_a_project_says_its_name_its_stages_and_what_deploys_it() -> None:
    template = load(composed(Texts(PROJECT)), NAME)
    assert template["Parameters"]["Service"]["Default"] == "shop"
    assert template["Parameters"]["Stage"]["AllowedValues"] == ["dev", "prod"]
    assert "DeployRole" in template["Resources"]


def test_a_pipeline_that_is_not_known_is_refused() -> None:
    text = PROJECT["pyproject.toml"].replace("github", "gitlab")
    with pytest.raises(ToolError, match="ci = 'gitlab': expected github or none"):
        service_of(Texts({**PROJECT, "pyproject.toml": text}), [])


def test_preflight_looks_at_a_stage_in_which_a_parameter_has_no_value_yet() -> None:
    template = """
Parameters: {Stage: {Type: String}, Issuer: {Type: String, AllowedPattern: "https://.+"}}
Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: "not a name"}}}
"""
    config = PROJECT["samconfig.toml"].replace('"Stage=dev"', '"Stage=dev", "Issuer="')
    changed = {"template.yaml": template, "samconfig.toml": config, "template.override.yaml": ""}
    found = check_files(Texts({**PROJECT, **changed}), stages=["dev"], lint=False).findings
    assert "queue-name" in {finding.rule for finding in found}


def test_preflight_names_the_types_for_which_cloudformation_gets_nothing() -> None:
    result = check_files(Texts(PROJECT), lint=False)
    (notice,) = map(str, result.notices)
    assert notice.startswith("template.override.yaml:3: note: AWS::StepFunctions::StateMachine")
    assert "(Flow)" in notice
    assert "ExtraPolicyArn" in notice
