"""Show feature flags and switch them: `make flags STAGE=dev FLAG=take-orders TO=off`.

Switching makes a new version of the flags and rolls it out with the strategy of the stage. A
rollout that is under way has to end first. STAGE=local is the emulator of `make run`.
"""

from __future__ import annotations

import json
from typing import Any

import click

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.asking import PROD, confirm, service_of
from lambda_workbench.operate.service import Service
from lambda_workbench.project import project

_MOVING = {"BAKING", "VALIDATING", "DEPLOYING", "ROLLING_BACK"}


class FlagSet:
    """The flags of one stage, as they are deployed."""

    def __init__(self, service: Service) -> None:
        self._appconfig = service.client("appconfig")
        name = f"{project().slug}-{service.stage}"
        application = self._id("list_applications", name)
        self._where = {
            "ApplicationId": application,
            "EnvironmentId": self._id("list_environments", service.stage, application),
        }
        self._profile = self._id("list_configuration_profiles", "flags", application)
        self._strategy = self._id("list_deployment_strategies", name)

    def values(self) -> dict[str, bool]:
        """Whether each flag is on."""
        values = self._deployed().get("values", {})
        return {name: bool(value.get("enabled")) for name, value in values.items()}

    def switch(self, name: str, *, on: bool) -> None:
        """Begin to roll out the same flags with one of them on or off."""
        content = self._deployed()
        if name not in content.get("values", {}):
            raise ToolError(f"no flag {name!r}; there are {', '.join(content.get('values', {}))}")
        content["values"][name]["enabled"] = on
        version = self._appconfig.create_hosted_configuration_version(
            ApplicationId=self._where["ApplicationId"],
            ConfigurationProfileId=self._profile,
            Content=json.dumps(content).encode(),
            ContentType="application/json",
        )["VersionNumber"]
        self._appconfig.start_deployment(
            **self._where,
            ConfigurationProfileId=self._profile,
            ConfigurationVersion=str(version),
            DeploymentStrategyId=self._strategy,
            Description=f"{name} {'on' if on else 'off'}",
        )

    def _deployed(self) -> dict[str, Any]:
        """The content of the version that was rolled out last."""
        deployments = self._all("list_deployments", **self._where)
        for deployment in sorted(deployments, key=lambda each: -int(each["DeploymentNumber"])):
            if deployment["State"] in _MOVING:
                raise ToolError(
                    "flags are being rolled out: wait for it, or stop it with "
                    "aws appconfig stop-deployment"
                )
            if deployment["State"] == "COMPLETE":
                found = self._appconfig.get_hosted_configuration_version(
                    ApplicationId=self._where["ApplicationId"],
                    ConfigurationProfileId=self._profile,
                    VersionNumber=int(deployment["ConfigurationVersion"]),
                )
                content: dict[str, Any] = json.loads(found["Content"].read())
                return content
        raise ToolError("no flags are deployed")

    def _id(self, operation: str, name: str, application: str = "") -> str:
        given = {"ApplicationId": application} if application else {}
        for item in self._all(operation, **given):
            if item["Name"] == name:
                return str(item["Id"])
        raise ToolError(f"AppConfig has no {name!r} here: is the stage deployed?")

    def _all(self, operation: str, **given: str) -> list[dict[str, Any]]:
        pages = self._appconfig.get_paginator(operation).paginate(**given)
        return [item for page in pages for item in page["Items"]]


@click.command()
@click.argument("stage", default="")
@click.option("--flag", default="", help="the flag to switch")
@click.option("--to", type=click.Choice(["on", "off"]))
@click.option("--yes", is_flag=True, help="do not ask")
def command(stage: str, flag: str, to: str | None, yes: bool) -> None:
    """Show the flags, or switch one."""
    flags = FlagSet(service_of(stage, "flags"))
    if flag:
        if to is None:
            raise click.UsageError("say TO=on or TO=off")
        if stage == PROD:
            confirm(f"Switch {flag} {to} in {PROD}?", yes=yes)
        flags.switch(flag, on=to == "on")
        print(f"{flag} is being switched {to}")
        return
    for name, on in sorted(flags.values().items()):
        print(f"{name}  {'on' if on else 'off'}")
