"""Settings of functions."""

from collections.abc import Callable

import pytest

Try = Callable[..., None]


def function(properties: str) -> str:
    return f"It: {{Type: AWS::Lambda::Function, Properties: {{{properties}}}}}\n"


def test_variables_count_as_json(finds: Try, passes: Try) -> None:
    def variables(length: int) -> str:
        names = len('{"TEXT":"","MORE":"x"}')
        return function(f"Environment: {{Variables: {{TEXT: {'x' * (length - names)}, MORE: x}}}}")

    passes("environment-size", variables(4096))
    finds("environment-size", "4,097 bytes", variables(4097))


def test_a_reference_in_a_variable_counts_with_its_likely_length(finds: Try) -> None:
    address = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
    fill = 4096 - len(address)
    finds(
        "environment-size",
        "at most 4,096",
        "Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}\n"
        + function(f"Environment: {{Variables: {{URL: !Ref Queue, TEXT: {'x' * fill}}}}}"),
    )


@pytest.mark.parametrize("name", ["1AB", "A", "AB-C", "_AB", "A B"])
def test_names_of_variables(name: str, finds: Try, passes: Try) -> None:
    passes("environment-names", function("Environment: {Variables: {ORDERS_TABLE_2: x}}"))
    finds("environment-names", name, function(f"Environment: {{Variables: {{{name}: x}}}}"))


def test_memory(finds: Try, passes: Try) -> None:
    passes("function-memory", function("MemorySize: 10240"))
    passes("function-memory", function("MemorySize: 32768, CapacityProviderConfig: {A: b}"))
    finds("function-memory", "MemorySize is 10241", function("MemorySize: 10241"))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("FileSystemConfigs: [{LocalMountPath: /mnt/a}]", "a file system"),
        ("EphemeralStorage: {Size: 513}", "more than 512 MB"),
        ("PackageType: Image", "is an image"),
    ],
)
def test_snapshots_exclude(setting: str, said: str, finds: Try, passes: Try) -> None:
    snapshots = "SnapStart: {ApplyOn: PublishedVersions}"
    passes("snapstart-exclusions", function(f"{snapshots}, EphemeralStorage: {{Size: 512}}"))
    passes("snapstart-exclusions", function(f"SnapStart: {{ApplyOn: None}}, {setting}"))
    finds("snapstart-exclusions", said, function(f"{snapshots}, {setting}"))


def test_environments_are_kept_ready_for_a_version(finds: Try, passes: Try) -> None:
    def alias(version: str) -> str:
        return (
            "It:\n"
            "  Type: AWS::Lambda::Alias\n"
            "  Properties:\n"
            f"    FunctionVersion: {version}\n"
            "    ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}\n"
        )

    passes("provisioned-version", alias("'7'"))
    finds("provisioned-version", "environments of $LATEST", alias("$LATEST"))


@pytest.mark.parametrize("name", ["Canary10Percent7Minutes", "CodeDeployDefault.LambdaAtOnce"])
def test_ways_of_shifting_traffic(name: str, finds: Try, passes: Try) -> None:
    def group(name: str) -> str:
        return (
            "It:\n"
            "  Type: AWS::CodeDeploy::DeploymentGroup\n"
            f"  Properties: {{DeploymentConfigName: {name}}}\n"
            "Own:\n"
            "  Type: AWS::CodeDeploy::DeploymentConfig\n"
            "  Properties: {DeploymentConfigName: Canary1Percent60Minutes}\n"
        )

    passes("traffic-shifting", group("CodeDeployDefault.LambdaCanary10Percent5Minutes"))
    passes("traffic-shifting", group("Canary1Percent60Minutes"))
    finds("traffic-shifting", name, group(name))
