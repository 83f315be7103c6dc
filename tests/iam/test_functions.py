"""The role of each function allows what its code and Lambda do with it, and nothing else."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.iam.cases import CASES, HTTP, NAMED
from tests.iam.code import calls_of
from tests.iam.conftest import Deployed, Deployment
from tests.iam.judge import Identity, Judge, Request
from tests.iam.roles import (
    NETWORK,
    functions,
    identity,
    network_requests,
    role_of,
    uses_of_function,
    uses_of_services,
)


def refused(judge: Judge, who: Identity, requests: tuple[Request, ...]) -> list[str]:
    """The requests that are not allowed."""
    verdicts = judge.verdicts(who, requests)
    return [
        f"{request.action} on {request.resource}"
        for request, verdict in zip(requests, verdicts, strict=True)
        if not verdict.allowed
    ]


@pytest.mark.parametrize("answers", CASES)
def test_a_role_allows_every_call_of_its_function(
    answers: dict[str, Any], judge: Judge, deployed: Deployed
) -> None:
    deployment = deployed(answers)
    for function in functions(deployment.stack):
        who = identity(deployment.stack, role_of(deployment.stack, function))
        assert who.boundary is not None
        for use in uses_of_function(deployment.stack, deployment.project, function):
            assert refused(judge, who, use.requests) == [], f"{function}: {use.what}"


@pytest.mark.parametrize("answers", CASES)
def test_roles_of_services_allow_what_those_do(
    answers: dict[str, Any], judge: Judge, deployed: Deployed
) -> None:
    deployment = deployed(answers)
    for role, use in uses_of_services(deployment.stack):
        who = identity(deployment.stack, role)
        assert refused(judge, who, use.requests) == [], f"{role}: {use.what}"


@pytest.mark.parametrize("answers", CASES)
def test_no_role_allows_what_nothing_uses(
    answers: dict[str, Any], judge: Judge, deployed: Deployed
) -> None:
    """Each action of each statement is what some call needs."""
    deployment = deployed(answers)
    allowed = {role: set(_allowed(body)) for role, body in _roles(deployment)}
    used: dict[str, set[tuple[str, str]]] = defaultdict(set)
    uses = [
        (role_of(deployment.stack, function), use)
        for function in functions(deployment.stack)
        for use in uses_of_function(deployment.stack, deployment.project, function)
    ]
    for role, use in [*uses, *uses_of_services(deployment.stack)]:
        who = identity(deployment.stack, role)
        for request, verdict in zip(use.requests, judge.verdicts(who, use.requests), strict=True):
            sids = verdict.by or [sid for sid, action in allowed[role] if action == request.action]
            used[role] |= {(sid, request.action) for sid in sids}
    for role in allowed:
        assert allowed[role] - used[role] == set(), role


def _roles(deployment: Deployment) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from deployment.stack.of_type("AWS::IAM::Role").items()


def _allowed(role: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each action that a role's own policies allow, with the statement's Sid."""
    for policy in role.get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                given = statement["Action"]
                for action in [given] if isinstance(given, str) else given:
                    yield statement["Sid"], action


@pytest.mark.parametrize("answers", [pytest.param(a, id=n) for n, a in NAMED.items()])
def test_no_function_can_do_what_only_another_does(
    answers: dict[str, Any], judge: Judge, deployed: Deployed
) -> None:
    deployment = deployed(answers)
    requests = {
        function: {
            (request.action, request.resource): request
            for use in uses_of_function(deployment.stack, deployment.project, function)
            for request in use.requests
            if not request.action.startswith("kms:")
        }
        for function in functions(deployment.stack)
    }
    for function, own in requests.items():
        who = identity(deployment.stack, role_of(deployment.stack, function))
        others = {key: r for other in requests.values() for key, r in other.items()}
        foreign = [request for key, request in others.items() if key not in own]
        for request, verdict in zip(foreign, judge.verdicts(who, foreign), strict=True):
            assert not verdict.allowed, f"{function} can do {request.action} on {request.resource}"


def test_code_cannot_do_what_lambda_does_to_join_a_network(
    judge: Judge, deployed: Deployed
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html has the statement."""
    stack = deployed(HTTP).stack
    for function, properties in functions(stack).items():
        who = identity(stack, role_of(stack, function))
        own = {
            "lambda:SourceFunctionArn": stack.arn(
                f"lambda:{{r}}:{{a}}:function:{properties['FunctionName']}"
            )
        }
        for action in NETWORK:
            for request in network_requests(stack, action, **own):
                (verdict,) = judge.verdicts(who, [request])
                assert verdict.explicit, f"{function}: {action}"


@pytest.mark.parametrize("api_type", ["http", "rest"])
def test_callers_need_no_right_to_call_the_function(api_type: str, deployed: Deployed) -> None:
    """SAM's default for AWS_IAM is to call it with the caller's credentials:
    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html
    """
    stack = deployed({"triggers": ["api"], "api_type": api_type, "api_auth": "iam"}).stack
    assert '"credentials"' not in json.dumps(
        stack.resources[f"{api_type.title()}Api"]["Properties"]["Body"]
    )
    allowed = [p["Principal"] for p in stack.of_type("AWS::Lambda::Permission").values()]
    assert set(allowed) == {"apigateway.amazonaws.com"}


def test_each_adapter_is_understood(deployed: Deployed) -> None:
    """An adapter whose calls could not be read would have none to be allowed."""
    deployment = deployed(HTTP)
    (package,) = (path.parent for path in deployment.project.glob("src/*/handlers"))
    known = {
        call.action
        for function in functions(deployment.stack)
        for call in calls_of(package, function)
    }
    for adapter in package.glob("adapters/*.py"):
        text = adapter.read_text()
        for service in ("dynamodb", "sqs", "sns", "events"):
            if f'"{service}"' in text:
                assert any(action.startswith(f"{service}:") for action in known), adapter.name
    variables = {
        call.variable
        for function in functions(deployment.stack)
        for call in calls_of(package, function)
    }
    for properties in functions(deployment.stack).values():
        named = {
            name
            for name in properties["Environment"]["Variables"]
            if name.endswith(("_TABLE", "_SECRET", "_URL", "_PATH")) or name == "FLAGS"
        }
        assert named <= variables
