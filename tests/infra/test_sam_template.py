"""template.yaml and samconfig.toml: valid. tests/conformance looks at what they say."""

import json
import logging
import shlex
import tomllib
from pathlib import Path
from typing import Any

import copier
import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from tests.combinations.cover import answers, rows
from tests.support import TRIGGERS

EVERYTHING = {"triggers": TRIGGERS, "api_auth": "authorizer", "cors_origins": "https://a.example"}
TWO_PAGES = "https://a.example,https://b.example"
PROFILES: dict[str, dict[str, Any]] = {
    "default": {},
    "everything": EVERYTHING,
    "everything-in-a-vpc": {
        **EVERYTHING,
        "api_type": "rest",
        "network": "new",
        "vpc_endpoints": ["logs"],
        "stream_source": "dynamodb",
        "queue_type": "fifo",
        "encryption": "customer_key",
        "budget": True,
    },
    "everything-without-a-store": {"triggers": TRIGGERS, "api_auth": "none", "data_store": "none"},
    "http-tokens": {
        "triggers": ["api"],
        "api_auth": "jwt",
        "network": "existing",
        "budget": True,
        "startup": "provisioned",
    },
    "rest-tokens": {
        "triggers": ["api"],
        "api_type": "rest",
        "api_auth": "jwt",
        "startup": "snapstart",
    },
    "rest-keys": {
        "triggers": ["api"],
        "api_type": "rest",
        "api_auth": "api_key",
        "cors_origins": TWO_PAGES,
        "api_firewall": True,
    },
    "rest-open": {
        "triggers": ["api"],
        "api_type": "rest",
        "api_auth": "none",
        "cors_origins": "*",
        "api_cache": True,
    },
    "rest-iam": {
        "triggers": ["api"],
        "api_type": "rest",
        "api_auth": "iam",
        "cors_origins": TWO_PAGES,
    },
    "everything-with-a-layer": {**EVERYTHING, "packaging": "layer", "feature_flags": "appconfig"},
    "everything-in-an-image": {**EVERYTHING, "packaging": "image"},
    "schedule": {"triggers": ["schedule"], "schedule_expression": "cron(0 6 ? * MON-FRI *)"},
}
CASES = [pytest.param(given, id=name) for name, given in PROFILES.items()] + [
    pytest.param(answers(row), id=f"row-{number}", marks=pytest.mark.slow)
    for number, row in enumerate(rows())
]
STAGES = ["dev", "staging", "prod"]
# What a deployment has to be told; everything else has a default.
GIVEN = {
    "JwtIssuer": "https://issuer.example",
    "JwtAudience": "service",
    "JwtScope": "orders/use",
    "UserPoolArn": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a",
    "SubnetIds": "subnet-1,subnet-2",
    "SecurityGroupIds": "sg-1",
}


class Project:
    """The infrastructure part of a generated project."""

    def __init__(self, root: Path) -> None:
        self.text = (root / "template.yaml").read_text()
        self.template: dict[str, Any] = yaml_parse(self.text)
        self.settings = tomllib.loads((root / "samconfig.toml").read_text())
        self.answers: dict[str, Any] = yaml_parse((root / ".copier-answers.yml").read_text())

    @property
    def slug(self) -> str:
        return str(self.answers["project_slug"])

    def transformed(self, **parameters: str) -> dict[str, Any]:
        """The resources that CloudFormation gets to see."""
        template = yaml_parse(self.text)
        for body in template["Resources"].values():
            properties = body["Properties"]
            if body["Type"] == "AWS::Serverless::Function" and "CodeUri" in properties:
                properties["CodeUri"] = "s3://bucket/key"
            if body["Type"] == "AWS::Serverless::LayerVersion":
                properties["ContentUri"] = "s3://bucket/layer"
        required = {n: GIVEN[n] for n, p in self.template["Parameters"].items() if n in GIVEN}
        plain = transform(template, {**required, "Stage": "dev", **parameters}, NoPolicies())
        resources: dict[str, Any] = json.loads(json.dumps(plain, default=str))["Resources"]
        return resources


class NoPolicies:
    """SAM's translator asks IAM for the names of AWS's policies, which nothing here needs."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="module", params=CASES)
def project(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    destination = tmp_path_factory.mktemp("infra") / "service"
    copier.run_copy(
        str(template),
        destination,
        data=request.param,
        defaults=True,
        quiet=True,
        vcs_ref="HEAD",
        exclude=["*", "!template.yaml", "!samconfig.toml", "!.copier-answers.yml"],
    )
    return Project(destination)


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    logging.getLogger("samtranslator").setLevel(logging.ERROR)


@pytest.mark.parametrize("stage", [*STAGES, "local"])
def test_sam_translates_it_for_every_stage(project: Project, stage: str) -> None:
    kinds = {body["Type"] for body in project.transformed(Stage=stage).values()}
    assert "AWS::Lambda::Alias" in kinds
    assert not [kind for kind in kinds if kind.startswith("AWS::Serverless::")]


def test_a_firewall_stands_before_the_api_and_writes_down_what_it_stops(project: Project) -> None:
    made = project.transformed()
    resources = {body["Type"]: body["Properties"] for body in made.values()}
    firewalls = {n: body for n, body in made.items() if body["Type"] == "AWS::WAFv2::WebACL"}
    assert bool(firewalls) == bool(project.answers.get("api_firewall"))
    for name, body in firewalls.items():
        rules = {rule["Name"]: rule["Statement"] for rule in body["Properties"]["Rules"]}
        assert rules["rate"]["RateBasedStatement"]["Limit"] == {"Ref": "ApiFirewallRate"}
        groups = {r["ManagedRuleGroupStatement"]["Name"] for n, r in rules.items() if n != "rate"}
        assert groups == {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"}
        before = resources["AWS::WAFv2::WebACLAssociation"]
        assert before["WebACLArn"] == {"Fn::GetAtt": [name, "Arn"]}
        assert "/restapis/${RestApi}/stages/${Stage}" in before["ResourceArn"]["Fn::Sub"]
        logging_to = resources["AWS::WAFv2::LoggingConfiguration"]
        (group,) = logging_to["LogDestinationConfigs"]
        named = group["Fn::Sub"].rpartition(":")[2]
        assert named == f"aws-waf-logs-{project.slug}-${{Stage}}"
        log_groups = [b["Properties"] for b in made.values() if b["Type"] == "AWS::Logs::LogGroup"]
        assert {"Fn::Sub": named} in [group["LogGroupName"] for group in log_groups]
        redacted = {part["SingleHeader"]["Name"] for part in logging_to["RedactedFields"]}
        assert {"authorization", "x-api-key"} <= redacted


def test_stages_set_parameters_that_exist(project: Project) -> None:
    parameters = project.template["Parameters"]
    required = {name for name, body in parameters.items() if "Default" not in body}
    seen = set()
    for stage in STAGES:
        deploy = project.settings[stage]["deploy"]["parameters"]
        given = dict(pair.split("=", 1) for pair in deploy["parameter_overrides"])
        assert given["Stage"] == stage
        assert required <= set(given) <= set(parameters)
        for name, value in given.items():
            allowed = parameters[name].get("AllowedValues")
            assert allowed is None or value in map(str, allowed), (name, value)
        named = project.settings[stage]["global"]["parameters"]
        assert named["stack_name"] == f"{project.slug}-{stage}"
        assert all(len(shlex.split(pair)) >= 1 for pair in deploy["parameter_overrides"])
        seen.add(tuple(sorted((k, v) for k, v in given.items() if k != "Stage")))
    assert len(seen) == len(STAGES), "stages differ in nothing but their name"
