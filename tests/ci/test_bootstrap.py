"""The stack that a stage stands on: who may take its roles, and the limits of IAM.

What the roles may and may not do is simulated in tests/iam.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lambda_workbench.bootstrap.compose import Service, compose, policies
from tests import support
from tests.conformance.cloudformation import Template, load
from tests.conftest import Render
from tests.iam.stack import Bootstrap
from tests.support import TRIGGERS

LONGEST = "a-23456789-123456789-123456789-123456789"
# The most of everything, over each kind of API.
MOST: dict[str, dict[str, Any]] = {
    "http": {"api_auth": "authorizer"},
    "rest": {"api_type": "rest", "api_auth": "api_key", "api_firewall": True},
}
ALL_OPTIONS: dict[str, Any] = {
    "triggers": TRIGGERS,
    "network": "new",
    "encryption": "customer_key",
    "feature_flags": "appconfig",
    "startup": "provisioned",
    "budget": True,
    "packaging": "image",
    "project_slug": LONGEST,
}
PROFILES: dict[str, dict[str, Any]] = {
    "default": {},
    "everything over HTTP": {**ALL_OPTIONS, **MOST["http"]},
    "everything over REST": {**ALL_OPTIONS, **MOST["rest"]},
    "no pipeline": {"ci": "none", "packaging": "image"},
    "queue only, nothing kept": {"triggers": ["queue"], "data_store": "none"},
}
GIVEN = {
    "GitHubOrganisation": "acme",
    "GitHubOrganisationId": "42",
    "GitHubRepository": "orders",
    "GitHubRepositoryId": "4711",
}
PROVIDER = "token.actions.githubusercontent.com"


@pytest.fixture(scope="module")
def default_project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return support.render(template, tmp_path_factory.mktemp("project"))


@pytest.mark.parametrize("answers", PROFILES.values(), ids=PROFILES)
def test_cfn_lint_finds_nothing(answers: dict[str, Any], render: Render) -> None:
    project = render(**answers)
    (project / "bootstrap.yaml").write_text(support.bootstrap_template(project))
    assert not support.run(["cfn-lint", "bootstrap.yaml"], cwd=project).failure


@pytest.mark.parametrize(
    ("form", "subject"),
    [
        ("immutable", "repo:acme@42/orders@4711:environment:staging"),
        ("names", "repo:acme/orders:environment:staging"),
    ],
)
def test_one_repository_and_environment_may_take_the_role(
    form: str, subject: str, default_project: Path
) -> None:
    made = Bootstrap(default_project, "staging", "eu-west-1", SubjectForm=form)
    (statement,) = _trust(made, "DeployRole")
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::111111111111:oidc-provider/{PROVIDER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{PROVIDER}:aud": "sts.amazonaws.com", f"{PROVIDER}:sub": subject}
        },
    }


def test_the_new_form_is_the_default(default_project: Path) -> None:
    template = load(support.bootstrap_template(default_project))
    assert template["Parameters"]["SubjectForm"]["Default"] == "immutable"


def test_cloudformation_takes_its_role_for_one_stack(default_project: Path) -> None:
    """AWS does not say whether CloudFormation names the stack; if so, it has to be this one."""
    (statement,) = _trust(Bootstrap(default_project, "staging", "eu-west-1"), "CloudFormationRole")
    stack = "arn:aws:cloudformation:eu-west-1:111111111111:stack/order-service-staging/*"
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "cloudformation.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEqualsIfExists": {"aws:SourceAccount": "111111111111"},
            "ArnLikeIfExists": {"aws:SourceArn": stack},
        },
    }


def _trust(made: Bootstrap, role: str) -> list[dict[str, Any]]:
    document = made.of_type("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]
    found: list[dict[str, Any]] = document["Statement"]
    return found


@pytest.mark.parametrize("answers", MOST.values(), ids=MOST)
def test_policies_stay_within_their_limit(
    answers: dict[str, Any], render: Render, monkeypatch: pytest.MonkeyPatch
) -> None:
    """6,144 characters without spaces, ten policies on a role, 64 characters of a role's name:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    monkeypatch.setattr("tests.conformance.cloudformation.PARTITION", "aws-us-gov")
    project = render(**ALL_OPTIONS, **answers)
    made = Bootstrap(
        project, "staging", "ap-southeast-2", ExtraPolicyArn="arn:aws:iam::111111111111:policy/x"
    )
    sizes = {
        name: len(json.dumps(properties["PolicyDocument"], separators=(",", ":")))
        for name, properties in made.of_type("AWS::IAM::ManagedPolicy").items()
    }
    assert len(sizes) >= 10
    assert max(sizes.values()) <= 6144, sizes
    for properties in made.of_type("AWS::IAM::Role").values():
        assert len(properties["ManagedPolicyArns"]) <= 10
        assert len(properties["RoleName"]) <= 64
    (bucket,) = made.of_type("AWS::S3::Bucket").values()
    assert len(bucket["BucketName"]) <= 63


@pytest.mark.parametrize("answers", MOST.values(), ids=MOST)
def test_the_template_fits_into_a_request(answers: dict[str, Any], render: Render) -> None:
    """There is no bucket yet to take it from: 51,200 bytes,
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
    template = load(support.bootstrap_template(render(**ALL_OPTIONS, **answers)))
    assert len(json.dumps(template, separators=(",", ":")).encode()) <= 51_200


def test_every_part_together_stays_within_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A team may add what the answers leave out, up to both kinds of API beside each other."""
    monkeypatch.setattr("tests.conformance.cloudformation.PARTITION", "aws-us-gov")
    parts = support.WORKBENCH / "bootstrap/parts"
    marked = [
        fact
        for path in parts.rglob("*.yaml")
        for facts in re.findall(r" # if (.+)$", path.read_text(), re.MULTILINE)
        for fact in facts.split()
    ]
    needed = [fact for policy in policies() for by in policy.parts.values() for fact in by]
    service = Service(LONGEST, ("dev", "staging", "prod"), "github", frozenset([*marked, *needed]))
    template = load(compose(service))
    assert len(json.dumps(template, separators=(",", ":")).encode()) <= 51_200
    made = Template(template, {**GIVEN, "Stage": "staging"}, "ap-southeast-2")
    documents = made.of_type("AWS::IAM::ManagedPolicy")
    sizes = {
        name: len(json.dumps(properties["PolicyDocument"], separators=(",", ":")))
        for name, properties in documents.items()
    }
    assert len(sizes) == len(policies()) + 2
    assert max(sizes.values()) <= 6144, sizes
    attached = made.of_type("AWS::IAM::Role")["CloudFormationRole"]["ManagedPolicyArns"]
    assert len(attached) < 10  # one more is ExtraPolicyArn


def test_a_stage_beyond_the_stack_is_not_granted(default_project: Path) -> None:
    text = json.dumps(Bootstrap(default_project, "dev", "eu-west-1").resources)
    assert "order-service-dev" in text
    assert "staging" not in text
    assert "prod" not in text


def test_only_dev_gets_what_the_end_to_end_tests_need(default_project: Path) -> None:
    for stage, tested in (("dev", True), ("staging", False), ("prod", False)):
        made = Bootstrap(default_project, stage, "eu-west-1")
        assert ("TestEndToEnd" in made.resources) == tested
        assert len(made.policies("DeployRole")) == 1 + tested


def test_without_a_pipeline_there_is_no_role_for_one(render: Render) -> None:
    project = render(ci="none")
    text = support.bootstrap_template(project)
    template = load(text)
    assert "RoleArn" not in template["Outputs"]
    assert PROVIDER not in text
    assert not [name for name in template["Parameters"] if name.startswith("GitHub")]


def test_packages_are_kept_where_nobody_else_gets_at_them(default_project: Path) -> None:
    made = Bootstrap(default_project, "prod", "eu-west-1")
    bucket = made.resources["Artefacts"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    # CloudFormation goes back to a version by loading its package again.
    (rule,) = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert not [name for name in rule if name.startswith("Expiration")]
    (policy,) = made.of_type("AWS::S3::BucketPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("given", ["", "arn:aws:iam::111111111111:policy/of-the-company"])
def test_the_boundary_is_this_one_or_that_of_the_organisation(
    given: str, default_project: Path
) -> None:
    made = Bootstrap(default_project, "dev", "eu-west-1", RoleBoundaryArn=given)
    own = "arn:aws:iam::111111111111:policy/order-service-boundary-dev"
    assert made.output("BoundaryArn") == (given or own)
    assert ("RoleBoundary" in made.resources) == (not given)
    text = json.dumps(made.policies("CloudFormationRole"))
    assert json.dumps({"iam:PermissionsBoundary": given or own}) in text


def test_functions_reach_beyond_the_service_where_that_is_said(default_project: Path) -> None:
    queue = "arn:aws:sqs:eu-west-1:222222222222:payments"
    sids = [statement["Sid"] for statement in _limits(default_project)]
    assert "Beyond" not in sids
    (beyond,) = [s for s in _limits(default_project, OtherResources=queue) if s["Sid"] == "Beyond"]
    assert beyond["Resource"] == [queue]
    assert "iam:*" in beyond["NotAction"]


def _limits(project: Path, **parameters: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Bootstrap(project, "dev", "eu-west-1", **parameters).boundary[
        "Statement"
    ]
    return found
