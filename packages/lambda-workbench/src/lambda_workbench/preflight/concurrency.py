"""Numbers of concurrency that have to go together.

CloudFormation cannot compare numbers, and some of what does not fit is accepted by AWS and shows
only under load.
"""

from __future__ import annotations

from collections.abc import Iterator

from lambda_workbench.preflight.functions import has_snapshots
from lambda_workbench.preflight.model import Problem, Resource, Stack, rule
from lambda_workbench.preflight.wiring import end_of, function_of

_DOCS = "https://docs.aws.amazon.com/lambda/latest"
_FUNCTION = "AWS::Lambda::Function"
_ACCOUNT, _UNRESERVED = 1000, 100


@rule(
    "queue-concurrency",
    "The queues of a function start no more batches at a time than it has concurrency reserved",
    f"{_DOCS}/dg/services-sqs-scaling.html",
)
def queue_concurrency(stack: Stack) -> Iterator[Problem]:
    """The others are throttled, and their messages end as dead letters."""
    for function in stack.of_type(_FUNCTION):
        reserved = function.number("ReservedConcurrentExecutions")
        batches = sum(_batches(stack, function))
        if reserved is not None and batches > reserved:
            yield function.problem(
                f"{function.name} takes up to {batches} batches from queues at a time "
                f"(MaximumConcurrency) but has {reserved} reserved: the others are throttled, "
                "and their messages end as dead letters",
                "ReservedConcurrentExecutions",
                expected="a higher ReservedConcurrentExecutions or a lower MaximumConcurrency",
            )


def _batches(stack: Stack, function: Resource) -> Iterator[float]:
    for source in stack.of_type("AWS::Lambda::EventSourceMapping"):
        end = end_of(stack, source.get("EventSourceArn"))
        if end is not None and end.service == "sqs":
            most = source.number("ScalingConfig", "MaximumConcurrency")
            if most is not None and function_of(stack, source.get("FunctionName")) is function:
                yield most


@rule(
    "provisioned-concurrency",
    "A function keeps no more environments ready than it may scale to and than it has reserved",
    f"{_DOCS}/dg/provisioned-concurrency.html",
)
def provisioned_concurrency(stack: Stack) -> Iterator[Problem]:
    """Lambda refuses more than is reserved; autoscaling takes back what is above its maximum."""
    for function in stack.of_type(_FUNCTION):
        reserved = function.number("ReservedConcurrentExecutions")
        for alias, ready, most in _kept_ready(stack, function):
            if most < ready:
                yield alias.problem(
                    f"{function.name} keeps {ready} environments ready but may have {most} at most",
                    "ProvisionedConcurrencyConfig",
                    expected="a higher parameter that ends in ProvisionedMost, or 0 for it",
                )
            if reserved is not None and max(most, ready) > reserved:
                yield function.problem(
                    f"{function.name} keeps up to {max(most, ready)} environments ready but has "
                    f"{reserved} reserved, which Lambda refuses",
                    "ReservedConcurrentExecutions",
                    expected="a higher reserved concurrency",
                )


def _kept_ready(stack: Stack, function: Resource) -> Iterator[tuple[Resource, float, float]]:
    """The aliases and versions of a function that are kept ready: how many, and at most."""
    scaled = {
        str(target.get("ResourceId")): target.number("MaxCapacity")
        for target in stack.of_type("AWS::ApplicationAutoScaling::ScalableTarget")
    }
    for kept in stack.of_type("AWS::Lambda::Alias", "AWS::Lambda::Version"):
        ready = kept.number("ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions")
        if ready and function_of(stack, kept.get("FunctionName")) is function:
            most = scaled.get(f"function:{function.get('FunctionName')}:{kept.get('Name')}")
            yield kept, ready, ready if most is None else most


@rule(
    "snapstart-or-provisioned",
    "A function has SnapStart or keeps environments ready, not both",
    f"{_DOCS}/dg/snapstart.html",
)
def snapstart_or_provisioned(stack: Stack) -> Iterator[Problem]:
    """Lambda allows one."""
    for function in stack.of_type(_FUNCTION):
        if has_snapshots(function) and any(_kept_ready(stack, function)):
            yield function.problem(
                f"{function.name} has both SnapStart and provisioned concurrency: Lambda allows "
                "one",
                "SnapStart",
            )


@rule(
    "account-concurrency",
    "The functions of a stack leave 100 of the account's 1,000 concurrency unreserved",
    f"{_DOCS}/api/API_PutFunctionConcurrency.html",
)
def account_concurrency(stack: Stack) -> Iterator[Problem]:
    """As far as one stack shows it, and unless the quota was raised."""
    taken: float = 0
    largest: tuple[float, Resource] | None = None
    for function in stack.of_type(_FUNCTION):
        reserved = function.number("ReservedConcurrentExecutions")
        if reserved is None:
            reserved = sum(max(ready, most) for _, ready, most in _kept_ready(stack, function))
        taken += reserved
        if largest is None or reserved > largest[0]:
            largest = (reserved, function)
    if largest is not None and taken > _ACCOUNT - _UNRESERVED:
        yield largest[1].problem(
            f"{taken} concurrent executions are set aside for functions of this stack",
            "ReservedConcurrentExecutions",
            expected=f"at most {_ACCOUNT - _UNRESERVED}, unless the account's quota was raised",
        )
