"""What the roles of one stage cannot do to another stage, to another service, and to IAM."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.iam import pipeline
from tests.iam.cases import HTTP, REST
from tests.iam.conftest import Deployed, Deployment
from tests.iam.judge import ACCOUNT, Identity, Judge, Request
from tests.iam.needs import Need
from tests.iam.roles import functions, identity, role_of
from tests.iam.stack import Stack, role_arn

# A part of a call. API Gateway asks for apigateway:SetWebACL as well, which is denied:
# https://docs.aws.amazon.com/waf/latest/APIReference/API_DisassociateWebACL.html
HALF = re.compile(r"wafv2:(DisassociateWebACL|GetWebACLForResource) .*/restapis/")
# A boundary cannot be narrower than AWS's own policies for its services.
READABLE = {"cloudwatch:DescribeAlarms"}


def foreign(stack: Stack, need: Need, own: Stack) -> list[Request]:
    """The requests of a need about what is there, asked with tags of one's own."""
    found = []
    for request in need.requests:
        named = re.search(rf"{stack.slug}(-|/){stack.stage}\b", request.resource)
        tagged = any(key.startswith("aws:ResourceTag/") for key in request.context)
        if request.resource != "*" and (named or tagged):
            tags = {f"aws:RequestTag/{name}": value for name, value in own.tags.items()}
            given = {k: v for k, v in request.context.items() if not k.startswith("aws:RequestTag")}
            found.append(dataclasses.replace(request, context={**given, **tags}))
    return found


# Another stage of the service, and services whose names begin like its own.
PAIRS = [
    pytest.param(HTTP, {}, "prod", id="http-prod"),
    pytest.param(REST, {}, "prod", id="rest-prod"),
    pytest.param(REST, {"project_slug": "order"}, "dev", id="rest-shorter-name"),
    pytest.param(HTTP, {"project_slug": "order-service-two"}, "dev", id="http-longer-name"),
    *(
        pytest.param(answers, {"project_slug": slug}, "dev", id=name, marks=pytest.mark.slow)
        for name, answers, slug in (
            ("http-shorter-name", HTTP, "order"),
            ("rest-longer-name", REST, "order-service-two"),
        )
    ),
]


@pytest.mark.parametrize(("answers", "names", "stage"), PAIRS)
def test_cloudformation_cannot_touch_another_stack(
    answers: dict[str, Any], names: dict[str, str], stage: str, judge: Judge, deployed: Deployed
) -> None:
    """Every action on everything that the other has, which its own role may do."""
    own, other = deployed(answers), deployed({**answers, **names}, stage)
    who, theirs = own.identity("CloudFormationRole"), other.identity("CloudFormationRole")
    asked, possible = 0, set()
    for need in other.needs(judge):
        requests = foreign(other.stack, need, own.stack)
        if not requests:
            continue
        if not all(verdict.allowed for verdict in judge.verdicts(theirs, list(need.requests))):
            continue
        asked += 1
        if all(verdict.allowed for verdict in judge.verdicts(who, requests)):
            possible |= {f"{request.action} {request.resource}" for request in requests}
    assert asked > 1000
    assert [line for line in possible if not HALF.match(line)] == []


def test_what_aws_cannot_tell_apart_is_known(judge: Judge, deployed: Deployed) -> None:
    """Within one account these reach other stages; docs/delivery.md says so."""
    own = deployed(HTTP)
    tags = {f"aws:RequestTag/{name}": value for name, value in own.stack.tags.items()}
    quoted = f"arn%3Aaws%3Aapigateway%3A{own.stack.region}%3A%3A%2Fapis%2Fanother"
    who = own.identity("CloudFormationRole")
    for request in (
        # The tags of an API are no resource that has tags, so another's could be given ours.
        Request("apigateway:PUT", own.stack.arn(f"apigateway:{{r}}::/tags/{quoted}"), tags),
        # In HTTP APIs stages do not inherit the tags.
        Request("apigateway:POST", own.stack.arn("apigateway:{r}::/apis/another/stages"), tags),
        # Neither has a resource.
        Request("codedeploy:StopDeployment", "*"),
        Request("sns:Unsubscribe", "*"),
        Request("logs:DeleteQueryDefinition", "*"),
    ):
        assert judge.allows(who, request), request.action


@pytest.mark.parametrize(("answers", "names", "stage"), PAIRS)
def test_the_pipeline_cannot_touch_another_stack(
    answers: dict[str, Any], names: dict[str, str], stage: str, judge: Judge, deployed: Deployed
) -> None:
    own, other = deployed(answers), deployed({**answers, **names}, stage)
    who = own.identity("DeployRole")
    calls = pipeline.of_deployment(other.project) | pipeline.of_tests(other.project)
    shared = re.compile(r"\*$|:transform/|:event-bus/default$|/apis/[^/]+/routes$")
    asked = [
        request
        for call in sorted(calls)
        for request in pipeline.requests(other.stack, call)
        if not shared.search(request.resource)
    ]
    assert len(asked) > 50
    verdicts = judge.verdicts(who, asked)
    assert [r for r, verdict in zip(asked, verdicts, strict=True) if verdict.allowed] == []


@pytest.mark.parametrize(
    ("names", "stage"), [({}, "prod"), ({"project_slug": "order-service-two"}, "dev")]
)
def test_functions_cannot_touch_another_stack(
    names: dict[str, str], stage: str, judge: Judge, deployed: Deployed
) -> None:
    """Not even with every action allowed to them: the boundary is about this service and stage."""
    own, other = deployed(HTTP), deployed({**HTTP, **names}, stage)
    role = identity(own.stack, role_of(own.stack, "api"))
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    who = Identity(role.arn, ({"Version": "2012-10-17", "Statement": [anything]},), role.boundary)
    theirs = [
        request
        for need in other.needs(judge)
        for request in foreign(other.stack, need, own.stack)
        if request.action not in READABLE
    ]
    verdicts = judge.verdicts(who, theirs)
    assert [r for r, verdict in zip(theirs, verdicts, strict=True) if verdict.allowed] == []


def _to_more_power(own: Deployment) -> Iterator[Request]:
    """Ways from these roles to an administrator's rights, as collected in
    https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/"""
    stack, bootstrap = own.stack, own.bootstrap
    boundary = bootstrap.arn_of("RoleBoundary")
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    made = role_arn(stack, "ApiRole")
    others = [bootstrap.arn_of("CloudFormationRole"), bootstrap.arn_of("DeployRole")]
    others += [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("admin", "a/b/order-service-dev")]
    bounded = {"iam:PermissionsBoundary": boundary}
    unbounded: list[dict[str, str]] = [{}, {"iam:PermissionsBoundary": admin}]
    for bound in unbounded:
        for action in ("CreateRole", "PutRolePolicy", "PutRolePermissionsBoundary"):
            yield Request(f"iam:{action}", made, bound)
        yield Request("iam:AttachRolePolicy", made, {**bound, "iam:PolicyARN": admin})
    for policy in (admin, "arn:aws:iam::aws:policy/PowerUserAccess", boundary):
        yield Request("iam:AttachRolePolicy", made, {**bounded, "iam:PolicyARN": policy})
    yield Request("iam:DeleteRolePermissionsBoundary", made, bounded)
    for action in (
        "CreatePolicyVersion",
        "DeletePolicy",
        "DeletePolicyVersion",
        "SetDefaultPolicyVersion",
    ):
        yield Request(f"iam:{action}", boundary)
    yield Request("iam:CreatePolicy", f"arn:aws:iam::{ACCOUNT}:policy/order-service-dev-x")
    for role in others:
        for action in (
            "AttachRolePolicy",
            "CreateRole",
            "DeleteRole",
            "DeleteRolePermissionsBoundary",
            "PutRolePermissionsBoundary",
            "PutRolePolicy",
            "UpdateAssumeRolePolicy",
        ):
            yield Request(f"iam:{action}", role, {**bounded, "iam:PolicyARN": admin})
        for service in ("lambda", "ec2", "cloudformation", "glue", "states"):
            if (service, role) != ("cloudformation", bootstrap.arn_of("CloudFormationRole")):
                yield Request(
                    "iam:PassRole", role, {"iam:PassedToService": f"{service}.amazonaws.com"}
                )
        yield Request("sts:AssumeRole", role)
    yield Request("iam:PassRole", made, {"iam:PassedToService": "ec2.amazonaws.com"})
    user = f"arn:aws:iam::{ACCOUNT}:user/order-service-dev-x"
    for action in (
        "AddUserToGroup",
        "AttachUserPolicy",
        "CreateAccessKey",
        "CreateLoginProfile",
        "CreateUser",
        "PutUserPolicy",
        "UpdateLoginProfile",
    ):
        about = f"arn:aws:iam::{ACCOUNT}:group/admins" if action == "AddUserToGroup" else user
        yield Request(f"iam:{action}", about)
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    yield Request("iam:UpdateOpenIDConnectProviderThumbprint", provider)
    yield Request("iam:CreateOpenIDConnectProvider", provider)
    victim = stack.arn("lambda:{r}:{a}:function:payments-prod-api")
    for action in (
        "AddPermission",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
        "InvokeFunction",
    ):
        yield Request(f"lambda:{action}", victim)
    yield Request("lambda:AddLayerVersionPermission", stack.arn("lambda:{r}:{a}:layer:shared:1"))
    yield Request("lambda:PublishLayerVersion", stack.arn("lambda:{r}:{a}:layer:shared"))
    elsewhere = stack.arn("cloudformation:{r}:{a}:stack/payments-prod/1")
    as_it = {"cloudformation:RoleArn": bootstrap.arn_of("CloudFormationRole")}
    for action in ("CreateChangeSet", "CreateStack", "DeleteStack", "UpdateStack"):
        yield Request(f"cloudformation:{action}", elsewhere, as_it)
    for action in ("CreateChangeSet", "DeleteStack", "SetStackPolicy", "UpdateStack"):
        yield Request(f"cloudformation:{action}", bootstrap.stack_id, as_it)
    for action in ("DeleteBucketPolicy", "PutBucketPolicy", "PutBucketPublicAccessBlock"):
        bucket = bootstrap.arn_of("Artefacts")
        yield Request(f"s3:{action}", bucket, {"aws:ResourceAccount": ACCOUNT})


@pytest.mark.parametrize("answers", [HTTP, REST], ids=["http", "rest"])
@pytest.mark.parametrize("role", ["CloudFormationRole", "DeployRole"])
def test_no_way_leads_to_more_power(
    answers: dict[str, Any], role: str, judge: Judge, deployed: Deployed
) -> None:
    own = deployed(answers)
    asked = list(_to_more_power(own))
    verdicts = judge.verdicts(own.identity(role), asked)
    assert [r for r, verdict in zip(asked, verdicts, strict=True) if verdict.allowed] == []


@pytest.mark.parametrize("answers", [HTTP, REST], ids=["http", "rest"])
def test_no_role_of_the_stack_leads_to_more_power(
    answers: dict[str, Any], judge: Judge, deployed: Deployed
) -> None:
    """With every action allowed to it, none of them passes the boundary."""
    own = deployed(answers)
    role = identity(own.stack, role_of(own.stack, "api"))
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    who = Identity(role.arn, ({"Version": "2012-10-17", "Statement": [anything]},), role.boundary)
    asked = [*_to_more_power(own), *_to_the_functions(own.stack)]
    verdicts = judge.verdicts(who, asked)
    assert [r for r, verdict in zip(asked, verdicts, strict=True) if verdict.allowed] == []


def _to_the_functions(stack: Stack) -> Iterator[Request]:
    for properties in functions(stack).values():
        arn = stack.arn(f"lambda:{{r}}:{{a}}:function:{properties['FunctionName']}")
        for action in ("AddPermission", "UpdateFunctionCode", "UpdateFunctionConfiguration"):
            yield Request(f"lambda:{action}", arn)


def test_buckets_of_another_account_are_not_taken_for_ours(
    judge: Judge, deployed: Deployed
) -> None:
    """Names of buckets are worldwide; somebody else may have made the one with our name first."""
    own = deployed(HTTP)
    theirs = {"aws:ResourceAccount": "999999999999"}
    bucket, package = own.bootstrap.arn_of("Artefacts"), own.stack.package
    incoming = own.stack.arn_of("IncomingBucket")
    for role, action, resource in [
        ("DeployRole", "s3:PutObject", f"{bucket}/{package}"),
        ("DeployRole", "s3:PutObject", f"{incoming}/incoming/x"),
        ("CloudFormationRole", "s3:GetObject", f"{bucket}/{package}"),
        ("CloudFormationRole", "s3:PutBucketPolicy", incoming),
    ]:
        mine = Request(action, resource, {"aws:ResourceAccount": ACCOUNT})
        assert judge.allows(own.identity(role), mine)
        request = Request(action, resource, theirs, account="999999999999")
        assert not judge.allows(own.identity(role), request)


# A service's name: docs/questions.md. No part of it but the first is a stage's name.
STAGES = ("dev", "staging", "prod")
words = st.sampled_from(["a", "order", "service", "orders", *STAGES, "dev2", "x1"])
slugs = (
    st.lists(words, min_size=1, max_size=5)
    .filter(lambda parts: not {*parts[1:]} & {*STAGES, "local"})
    .map("-".join)
    .filter(lambda slug: len(slug) <= 40)
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    mine=st.tuples(slugs, st.sampled_from(STAGES)), other=st.tuples(slugs, st.sampled_from(STAGES))
)
def test_no_name_of_one_stage_begins_like_those_of_another(
    mine: tuple[str, str], other: tuple[str, str]
) -> None:
    """Policies name resources by `<slug>-<stage>-*`, `<slug>-<stage>` and `<slug>/<stage>/*`."""
    slug, stage = mine
    theirs = [f"{other[0]}-{other[1]}-anything", f"{other[0]}/{other[1]}/anything"]
    theirs += [f"{other[0]}-{role}-{other[1]}" for role in ("deploy", "cloudformation", "boundary")]
    theirs.append(f"{other[0]}-{ACCOUNT}-{other[1]}")
    reached = [
        name
        for name in theirs
        if name.startswith((f"{slug}-{stage}-", f"{slug}/{stage}/")) or name == f"{slug}-{stage}"
    ]
    assert not reached or mine == other
