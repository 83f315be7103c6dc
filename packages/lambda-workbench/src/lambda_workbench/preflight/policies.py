"""Policies: how large they may be. Their grammar is what cfn-lint looks at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lambda_workbench.preflight.model import Path, Problem, Resource, Rule, Stack, rule
from lambda_workbench.preflight.sizes import size

_DOCS = "https://docs.aws.amazon.com"
_IAM = f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html"


@dataclass(frozen=True)
class PolicySize:
    """A policy of at most so many characters, white space left out."""

    id: str
    summary: str
    type: str
    path: Path
    most: int
    source: str

    def rule(self) -> Rule:
        """It as a rule."""
        return Rule(self.id, self.summary, self.source, self._problems)

    def _problems(self, stack: Stack) -> Iterator[Problem]:
        for resource in stack.of_type(self.type):
            document = resource.get(*self.path)
            if document is not None and size(stack, document) > self.most:
                yield resource.problem(
                    f"the policy has about {size(stack, document):,} characters",
                    *self.path,
                    expected=f"at most {self.most:,}",
                )


SIZES = (
    PolicySize(
        "managed-policy-size",
        "A managed policy has at most 6,144 characters",
        "AWS::IAM::ManagedPolicy",
        ("PolicyDocument",),
        6144,
        _IAM,
    ),
    PolicySize(
        "trust-policy-size",
        "The trust policy of a role has at most 2,048 characters, unless the quota was raised",
        "AWS::IAM::Role",
        ("AssumeRolePolicyDocument",),
        2048,
        _IAM,
    ),
    PolicySize(
        "queue-policy-size",
        "The policy of a queue has at most 8,192 bytes",
        "AWS::SQS::QueuePolicy",
        ("PolicyDocument",),
        8192,
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html",
    ),
    PolicySize(
        "bucket-policy-size",
        "The policy of a bucket has at most 20 KB",
        "AWS::S3::BucketPolicy",
        ("PolicyDocument",),
        20 * 1024,
        f"{_DOCS}/AmazonS3/latest/userguide/example-bucket-policies.html",
    ),
    PolicySize(
        "key-policy-size",
        "The policy of a key has at most 32 KB",
        "AWS::KMS::Key",
        ("KeyPolicy",),
        32 * 1024,
        f"{_DOCS}/kms/latest/developerguide/resource-limits.html",
    ),
    PolicySize(
        "api-policy-size",
        "The policy of a REST API has at most 8,192 characters, unless the quota was raised",
        "AWS::ApiGateway::RestApi",
        ("Policy",),
        8192,
        f"{_DOCS}/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html",
    ),
)

SIZE_RULES = tuple(row.rule() for row in SIZES)


@rule(
    "inline-policies-size",
    "The inline policies of a role have at most 10,240 characters together",
    _IAM,
)
def inline_policies_size(stack: Stack) -> Iterator[Problem]:
    """Those in the role and those that are resources of their own."""
    for role in stack.of_type("AWS::IAM::Role"):
        total = sum(size(stack, document) for _, document in _inline(stack, role))
        if total > 10240:
            yield role.problem(
                f"the inline policies have about {total:,} characters",
                "Policies",
                expected="at most 10,240: let some of them be managed policies",
            )


@rule(
    "inline-policy-names",
    "The inline policies of a role have names of their own",
    f"{_DOCS}/IAM/latest/APIReference/API_PutRolePolicy.html",
)
def inline_policy_names(stack: Stack) -> Iterator[Problem]:
    """The second of a name replaces the first, without a word."""
    for role in stack.of_type("AWS::IAM::Role"):
        names = Counter(name for name, _ in _inline(stack, role) if isinstance(name, str))
        for name, times in names.items():
            if times > 1:
                yield role.problem(
                    f"{times} inline policies are called {name}: the last replaces the others",
                    "Policies",
                )


def _inline(stack: Stack, role: Resource) -> Iterator[tuple[Any, Any]]:
    for policy in role.get("Policies") or []:
        yield policy.get("PolicyName"), policy.get("PolicyDocument")
    for policy in stack.of_type("AWS::IAM::RolePolicy", "AWS::IAM::Policy"):
        names = [policy.get("RoleName"), *(policy.get("Roles") or [])]
        if any(stack.referred(name) is role for name in names):
            yield policy.get("PolicyName"), policy.get("PolicyDocument")


@rule(
    "function-policy-size",
    "The policy of a function or of one of its aliases has at most 20 KB",
    f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html",
)
def function_policy_size(stack: Stack) -> Iterator[Problem]:
    """Each permission is a statement in it, as SAM makes one for every route of an API."""
    policies: dict[str, list[Resource]] = {}
    for permission in stack.of_type("AWS::Lambda::Permission"):
        callee = json.dumps(permission.get("FunctionName"), sort_keys=True)
        policies.setdefault(callee, []).append(permission)
    for permissions in policies.values():
        statements = [_statement(stack, each) for each in permissions]
        total = size(stack, {"Version": "2012-10-17", "Id": "default", "Statement": statements})
        if total > 20 * 1024:
            yield permissions[-1].problem(
                f"{len(permissions)} permissions make a policy of about {total:,} bytes",
                expected="at most 20,480: let one permission stand for many routes",
            )


def _statement(stack: Stack, permission: Resource) -> dict[str, Any]:
    """A permission as Lambda shows it in the policy."""
    sources = {"AWS:SourceArn": "SourceArn", "AWS:SourceAccount": "SourceAccount"}
    return {
        "Sid": f"{stack.stage.stack_name}-{permission.name}-XXXXXXXXXXXX",
        "Effect": "Allow",
        "Principal": {"Service": permission.get("Principal")},
        "Action": permission.get("Action"),
        "Resource": f"arn:aws:lambda:{stack.stage.region}:123456789012:function:{'x' * 48}:live",
        "Condition": {
            "ArnLike": {key: permission.get(name) for key, name in sources.items()},
        },
    }


@rule(
    "managed-policies-per-role",
    "A role has at most 10 managed policies, unless the quota was raised",
    _IAM,
)
def managed_policies_per_role(stack: Stack) -> Iterator[Problem]:
    """Those the role names, and those that name the role."""
    for role in stack.of_type("AWS::IAM::Role"):
        attached = len(role.get("ManagedPolicyArns") or [])
        for policy in stack.of_type("AWS::IAM::ManagedPolicy"):
            attached += any(stack.referred(name) is role for name in policy.get("Roles") or [])
        if attached > 10:
            yield role.problem(
                f"{attached} managed policies", "ManagedPolicyArns", expected="at most 10"
            )
