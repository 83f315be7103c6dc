"""What Lambda takes of a function's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from samtranslator.model.preferences.deployment_preference_collection import (
    CODEDEPLOY_PREDEFINED_CONFIGURATIONS_LIST as SHIFTS,
)

from lambda_workbench.preflight.model import Problem, Resource, Stack, rule
from lambda_workbench.preflight.sizes import size

_DOCS = "https://docs.aws.amazon.com"
_VARIABLES = f"{_DOCS}/lambda/latest/dg/configuration-envvars.html"
_FUNCTION = "AWS::Lambda::Function"


@rule(
    "environment-size",
    "The variables of a function have at most 4 KB together",
    f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html",
)
def environment_size(stack: Stack) -> Iterator[Problem]:
    """Lambda measures them as one JSON object, names and quotes included."""
    for function in stack.of_type(_FUNCTION):
        length = size(stack, function.get("Environment", "Variables") or {})
        if length > 4096:
            yield function.problem(
                f"the variables have about {length:,} bytes",
                "Environment",
                "Variables",
                expected="at most 4,096 as JSON, names and quotes included",
            )


@rule(
    "environment-names",
    "The name of a variable has two or more letters, digits and underscores, a letter first",
    _VARIABLES,
)
def environment_names(stack: Stack) -> Iterator[Problem]:
    """cfn-lint only asks for such a part somewhere in the name."""
    for function in stack.of_type(_FUNCTION):
        for name in function.get("Environment", "Variables") or {}:
            if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]+", name):
                yield function.problem(
                    f"{name} cannot be the name of a variable", "Environment", "Variables", name
                )


@rule(
    "function-memory",
    "A function has at most 10,240 MB of memory",
    f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html",
)
def function_memory(stack: Stack) -> Iterator[Problem]:
    """More is for Lambda Managed Instances."""
    for function in stack.of_type(_FUNCTION):
        memory = function.number("MemorySize")
        if memory is not None and memory > 10240 and not function.get("CapacityProviderConfig"):
            yield function.problem(f"MemorySize is {memory}", "MemorySize", expected="128 to 10240")


@rule(
    "snapstart-exclusions",
    "SnapStart goes with neither EFS, nor more than 512 MB of /tmp, nor an image",
    f"{_DOCS}/lambda/latest/dg/snapstart.html",
)
def snapstart_exclusions(stack: Stack) -> Iterator[Problem]:
    """Provisioned concurrency is the other one: see snapstart-or-provisioned."""
    for function in stack.of_type(_FUNCTION):
        if has_snapshots(function):
            for reason in _excluded(function):
                yield function.problem(f"{function.name} has SnapStart and {reason}", "SnapStart")


def has_snapshots(function: Resource) -> bool:
    """Whether Lambda starts the function from snapshots."""
    return bool(function.get("SnapStart", "ApplyOn") == "PublishedVersions")


def _excluded(function: Resource) -> Iterator[str]:
    if function.get("FileSystemConfigs"):
        yield "a file system"
    if (function.number("EphemeralStorage", "Size") or 512) > 512:
        yield "more than 512 MB of /tmp"
    if function.get("PackageType") == "Image":
        yield "is an image"


@rule(
    "provisioned-version",
    "Environments are kept ready for a published version, not for $LATEST",
    f"{_DOCS}/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html",
)
def provisioned_version(stack: Stack) -> Iterator[Problem]:
    """An alias of $LATEST cannot have them."""
    for alias in stack.of_type("AWS::Lambda::Alias"):
        ready = alias.number("ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions")
        if ready and alias.get("FunctionVersion") == "$LATEST":
            yield alias.problem(
                f"{alias.name} keeps environments of $LATEST ready", "ProvisionedConcurrencyConfig"
            )


@rule(
    "traffic-shifting",
    "CodeDeploy knows the way in which traffic is shifted",
    f"{_DOCS}/codedeploy/latest/userguide/deployment-configurations.html",
)
def traffic_shifting(stack: Stack) -> Iterator[Problem]:
    """A name that SAM does not know is taken for a configuration of one's own."""
    known = {f"CodeDeployDefault.Lambda{name}" for name in SHIFTS}
    known |= {
        str(config.get("DeploymentConfigName"))
        for config in stack.of_type("AWS::CodeDeploy::DeploymentConfig")
    }
    for group in stack.of_type("AWS::CodeDeploy::DeploymentGroup"):
        name = group.text("DeploymentConfigName")
        if name is None or name in known:
            continue
        if re.match(r"CodeDeployDefault\.|Canary|Linear|AllAtOnce", name):
            yield group.problem(
                f"there is no way of shifting traffic called {name}",
                "DeploymentConfigName",
                expected=f"one of {', '.join(SHIFTS)}",
            )
