"""The stack that lets GitHub deploy: who may take its role, and how far the role reaches."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import load

from tests import support
from tests.conftest import Render

EVERYTHING = ["api", "queue", "stream", "events", "schedule", "storage", "topic"]
PROFILES: dict[str, dict[str, Any]] = {
    "default": {},
    "everything in a new network": {
        "triggers": EVERYTHING,
        "api_auth": "authorizer",
        "network": "new",
    },
    "everything over REST, with a key of its own": {
        "triggers": EVERYTHING,
        "api_type": "rest",
        "api_auth": "api_key",
        "stream_source": "dynamodb",
        "network": "existing",
        "encryption": "customer_key",
        "api_firewall": True,
    },
    "queue only, nothing kept": {"triggers": ["queue"], "data_store": "none"},
    "api only, nothing kept": {
        "triggers": ["api"],
        "data_store": "none",
        "startup": "provisioned",
        "budget": True,
    },
    "layer": {"triggers": EVERYTHING, "packaging": "layer", "feature_flags": "appconfig"},
    "image": {"triggers": EVERYTHING, "packaging": "image"},
}
PROVIDER = "token.actions.githubusercontent.com"
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "111111111111",
    "Stage": "staging",
    "GitHubOrganisation": "acme",
    "GitHubOrganisationId": "42",
    "GitHubRepository": "orders",
    "GitHubRepositoryId": "4711",
}
# Actions for which AWS offers no resource to name, or that a condition narrows down.
ANY_RESOURCE = {
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "appconfig:CreateApplication",
    "appconfig:CreateDeploymentStrategy",
    "appconfig:TagResource",
    "cloudwatch:DescribeAlarms",
    "ecr:GetAuthorizationToken",
    "kms:CreateKey",
    "kms:ListAliases",
    "kms:TagResource",
    "lambda:CreateEventSourceMapping",
    "lambda:DeleteEventSourceMapping",
    "lambda:ListEventSourceMappings",
    "lambda:UpdateEventSourceMapping",
    "logs:DeleteQueryDefinition",
    "logs:DescribeLogGroups",
    "logs:DescribeQueryDefinitions",
    "logs:PutQueryDefinition",
    "secretsmanager:GetRandomPassword",
}
SERVICES = ("apigateway", "appconfig", "codedeploy", "lambda", "scheduler")
# The statement that covers each type of resource.
COVERED = {
    "AWS::ApiGateway": "Api",
    "AWS::AppConfig": "Flags",
    "AWS::ApiGatewayV2": "Api",
    "AWS::ApplicationAutoScaling": "Scaling",
    "AWS::Budgets": "Budget",
    "AWS::CloudWatch::Alarm": "Alarms",
    "AWS::CloudWatch::Dashboard": "Dashboard",
    "AWS::CodeDeploy": "TrafficShifting",
    "AWS::DynamoDB": "Tables",
    "AWS::EC2": "MakeNetwork",
    "AWS::Events::Rule": "Rules",
    "AWS::IAM::Role": "MakeFunctionRoles",
    "AWS::KMS::Alias": "NameKey",
    "AWS::KMS::Key": "Keys",
    "AWS::Kinesis": "Stream",
    "AWS::Lambda::EventSourceMapping": "EventSources",
    "AWS::Lambda": "Functions",
    "AWS::Logs::LogGroup": "FunctionLogs",
    "AWS::Logs::QueryDefinition": "Queries",
    "AWS::S3": "Bucket",
    "AWS::SNS": "Topics",
    "AWS::SQS": "Queues",
    "AWS::SSM": "Parameters",
    "AWS::SecretsManager": "Secrets",
    "AWS::WAFv2": "Firewall",
}


def resolve(value: Any, parameters: dict[str, str]) -> Any:
    """Work out Ref, Fn::Sub and Fn::If for these parameters."""
    if isinstance(value, list):
        return [resolve(item, parameters) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Sub"}:
        text: str = value["Fn::Sub"]
        return re.sub(r"\$\{([\w:]+)\}", lambda match: parameters[match[1]], text)
    if set(value) == {"Fn::If"}:
        condition, if_true, if_false = value["Fn::If"]
        return resolve(if_true if parameters.get(condition) else if_false, parameters)
    if set(value) == {"Ref"}:
        return parameters.get(value["Ref"], value["Ref"])
    return {name: resolve(item, parameters) for name, item in value.items()}


def bootstrap(project: Path, **parameters: str) -> dict[str, Any]:
    template: dict[str, Any] = load(str(project / "infra/bootstrap.yaml"))
    resolved: dict[str, Any] = resolve(template["Resources"], {**VALUES, **parameters})
    return resolved


def statements(resources: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        statement
        for resource in resources.values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
    ]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module", params=list(PROFILES.values()), ids=list(PROFILES))
def project(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return support.render(template, tmp_path_factory.mktemp("project"), request.param)


@pytest.fixture(scope="module")
def default_project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return support.render(template, tmp_path_factory.mktemp("project"))


def test_cfn_lint_finds_nothing(project: Path) -> None:
    assert not support.run(["cfn-lint", "infra/bootstrap.yaml"], cwd=project).failure


@pytest.mark.parametrize(
    ("form", "subject"),
    [
        ("ImmutableSubject", "repo:acme@42/orders@4711:environment:staging"),
        ("", "repo:acme/orders:environment:staging"),
    ],
)
def test_one_repository_and_environment_may_take_the_role(
    form: str, subject: str, default_project: Path
) -> None:
    resources = bootstrap(default_project, **{form: "true"})
    (statement,) = resources["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    provider = f"arn:aws:iam::111111111111:oidc-provider/{PROVIDER}"
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{PROVIDER}:aud": "sts.amazonaws.com", f"{PROVIDER}:sub": subject}
        },
    }


def test_the_new_form_is_the_default(default_project: Path) -> None:
    template = load(str(default_project / "infra/bootstrap.yaml"))
    assert template["Parameters"]["SubjectForm"]["Default"] == "immutable"
    assert template["Conditions"]["ImmutableSubject"] == {
        "Fn::Equals": [{"Ref": "SubjectForm"}, "immutable"]
    }


def test_the_role_reaches_this_service_and_stage_only(project: Path) -> None:
    named = re.compile(
        r"order-service-staging(-\*|/\*|:\*)?$"
        r"|restapis/\*/stages/staging$"
        r"|regional/managedruleset/\*/\*$"
        r"|[:/]order-service/staging/\*$"
        r"|order-service-staging-\*/incoming/\*$"
        r"|secret:(Cursor|Token)Secret-\*$"
        r"|schedule/default/once-\*$"
        r"|event-bus/default$"
        r"|aws-service-role/lambda.application-autoscaling.amazonaws.com/\*$"
        r"|aws-sam-cli-managed-default-\*/order-service/\*$"
        r"|aws-sam-cli-managed-default(-\*|/\*)$"
        r"|aws:transform/Serverless-2016-10-31$"
        r"|deploymentconfig:CodeDeployDefault\.\*$"
    )
    # Resources with random ids, which no pattern can tell apart.
    random = re.compile(
        r":apigateway:|:appconfig:|:scalable-target/\*$|:execute-api:|:event-source-mapping:\*$|:key/\*$|:ec2:eu-west-1:111111111111:\*$"
    )
    for statement in statements(bootstrap(project)):
        actions = as_list(statement["Action"])
        assert not any(action in {"*", f"{action.split(':')[0]}:*"} for action in actions)
        for resource in as_list(statement["Resource"]):
            if resource == "*":
                assert all(
                    action in ANY_RESOURCE
                    or re.match(r"ec2:Describe|logs:\w+Log(Delivery|Deliveries)$", action)
                    or re.match(r"logs:\w+Resource(Policy|Policies)$", action)
                    for action in actions
                ), actions
            else:
                assert named.search(resource) or random.search(resource), resource


def test_roles_are_made_where_the_deploy_role_may_make_them(render: Render) -> None:
    longest = "a-23456789-123456789-123456789-123456789"
    project = render(
        **PROFILES["everything over REST, with a key of its own"], project_slug=longest
    )
    (making,) = [
        statement
        for statement in statements(bootstrap(project))
        if "iam:CreateRole" in as_list(statement["Action"])
    ]
    template = load(str(project / "template.yaml"))
    roles = [r for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    assert roles
    for role in roles:
        path = resolve(role["Properties"]["Path"], VALUES)
        assert f"arn:aws:iam::111111111111:role{path}*" in making["Resource"]


def test_a_boundary_is_on_every_role_that_is_made_or_changed(default_project: Path) -> None:
    boundary = "arn:aws:iam::111111111111:policy/boundary"
    bound = bootstrap(default_project, HasRoleBoundary="true", RoleBoundaryArn=boundary)
    making = {"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}
    seen = set()
    for statement in statements(bound):
        actions = set(as_list(statement["Action"]))
        assert "iam:DeleteRolePermissionsBoundary" not in actions
        if actions & making:
            seen |= actions
            assert statement["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    assert seen == making
    template = load(str(default_project / "template.yaml"))
    for role in template["Resources"].values():
        if role["Type"] == "AWS::IAM::Role":
            assert role["Properties"]["PermissionsBoundary"] == {
                "Fn::If": ["HasRoleBoundary", {"Ref": "RoleBoundaryArn"}, {"Ref": "AWS::NoValue"}]
            }


def test_roles_go_to_lambda_and_what_deploys_it_only(project: Path) -> None:
    passing = [
        statement
        for statement in statements(bootstrap(project))
        if "iam:PassRole" in as_list(statement["Action"])
    ]
    (statement,) = passing
    services = set(statement["Condition"]["StringEquals"]["iam:PassedToService"])
    assert services <= {f"{name}.amazonaws.com" for name in SERVICES}


def test_policies_stay_within_their_limit(render: Render) -> None:
    longest = "a-23456789-123456789-123456789-123456789"
    project = render(
        **PROFILES["everything in a new network"], encryption="customer_key", project_slug=longest
    )
    resources = bootstrap(
        project,
        **{"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-2"},
    )
    sizes = {
        name: len(json.dumps(resource["Properties"]["PolicyDocument"], separators=(",", ":")))
        for name, resource in resources.items()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    }
    assert sizes
    assert all(size <= 6144 for size in sizes.values()), sizes
    role_name = resources["DeployRole"]["Properties"]["RoleName"]
    assert len(role_name) <= 64


def test_the_role_covers_every_kind_of_resource(project: Path) -> None:
    template = load(str(project / "template.yaml"))
    types = {resource["Type"] for resource in template["Resources"].values()}
    found = {statement["Sid"] for statement in statements(bootstrap(project))}
    for kind in types:
        if kind.startswith("AWS::Serverless::"):
            continue  # becomes functions, roles, APIs and event sources
        covering = [sid for prefix, sid in COVERED.items() if f"{kind}:".startswith(f"{prefix}:")]
        assert covering, kind
        assert found & set(covering), kind


def test_a_stage_beyond_the_stack_is_not_granted(default_project: Path) -> None:
    resources = bootstrap(default_project, Stage="dev")
    text = json.dumps(resources)
    assert "order-service-dev" in text
    assert "staging" not in text
    assert "prod" not in text


def test_only_dev_gets_what_the_end_to_end_tests_need(default_project: Path) -> None:
    template = load(str(default_project / "infra/bootstrap.yaml"))
    assert template["Resources"]["TestEndToEnd"]["Condition"] == "TestsEndToEnd"
    assert template["Conditions"]["TestsEndToEnd"] == {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}
    attached = template["Resources"]["DeployRole"]["Properties"]["ManagedPolicyArns"]
    conditional = {"Fn::If": ["TestsEndToEnd", {"Ref": "TestEndToEnd"}, {"Ref": "AWS::NoValue"}]}
    assert conditional in attached
    assert {"Ref": "TestEndToEnd"} not in attached
