"""A flag is switched while the service runs."""

import json
from typing import Any
from uuid import uuid4

import boto3
import pytest

from lean_lambda.aws import Aws
from lean_lambda.flags import (
    AppConfig,
    Flags,
)
from lean_lambda.sdk import Boto3Aws


class Deployed:
    """A profile with flags in AppConfig."""

    def __init__(self) -> None:
        make: Any = boto3.client
        self.appconfig = make("appconfig", region_name="eu-west-1")
        name = f"flags-{uuid4()}"
        self.application = self.appconfig.create_application(Name=name)["Id"]
        self.environment = self.appconfig.create_environment(
            ApplicationId=self.application, Name="test"
        )["Id"]
        self.profile = self.appconfig.create_configuration_profile(
            ApplicationId=self.application,
            Name="flags",
            LocationUri="hosted",
            Type="AWS.AppConfig.FeatureFlags",
        )["Id"]
        self.strategy = self.appconfig.create_deployment_strategy(
            Name=name, DeploymentDurationInMinutes=0, GrowthFactor=100, ReplicateTo="NONE"
        )["Id"]
        self.path = f"{self.application}/{self.environment}/{self.profile}"

    def switch(self, name: str, on: bool) -> None:
        content = {
            "version": "1",
            "flags": {name: {"name": name}},
            "values": {name: {"enabled": on}},
        }
        version = self.appconfig.create_hosted_configuration_version(
            ApplicationId=self.application,
            ConfigurationProfileId=self.profile,
            Content=json.dumps(content).encode(),
            ContentType="application/json",
        )["VersionNumber"]
        self.appconfig.start_deployment(
            ApplicationId=self.application,
            EnvironmentId=self.environment,
            ConfigurationProfileId=self.profile,
            ConfigurationVersion=str(version),
            DeploymentStrategyId=self.strategy,
        )


@pytest.mark.parametrize("client", ["thin", "boto3"])
def test_a_flag_is_switched_while_the_service_runs(aws: Aws, client: str) -> None:
    deployed = Deployed()
    deployed.switch("new-idea", on=True)
    flags = Flags(AppConfig(Boto3Aws() if client == "boto3" else aws, deployed.path), ttl=0)
    assert flags.enabled("new-idea") is True
    assert flags.enabled("new-idea") is True  # nothing new
    deployed.switch("new-idea", on=False)
    assert flags.enabled("new-idea", default=True) is False
