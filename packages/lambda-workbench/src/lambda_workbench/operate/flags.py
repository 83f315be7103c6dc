"""Show feature flags and switch them: `make flags STAGE=dev FLAG=take-orders TO=off`.

Switching makes a new version of the flags and rolls it out with the strategy of the stage. A
rollout that is under way has to end first. STAGE=local is the emulator of `make run`.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from lambda_workbench.operate.asking import PROD, confirm, service_of
from lambda_workbench.errors import ToolError
from lambda_workbench.project import project
from lambda_workbench.operate.service import Service

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


def main() -> None:
    """Show the flags, or switch one."""
    parser = argparse.ArgumentParser(prog="make flags")
    parser.add_argument("stage", nargs="?", default="")
    parser.add_argument("--flag", default="")
    parser.add_argument("--to", choices=["on", "off"])
    parser.add_argument("--yes", action="store_true", help="do not ask")
    given = parser.parse_args()
    flags = FlagSet(service_of(given.stage, "flags"))
    if given.flag:
        if given.to is None:
            parser.error("say TO=on or TO=off")
        if given.stage == PROD:
            confirm(f"Switch {given.flag} {given.to} in {PROD}?", yes=given.yes)
        flags.switch(given.flag, on=given.to == "on")
        print(f"{given.flag} is being switched {given.to}")
        return
    for name, on in sorted(flags.values().items()):
        print(f"{name}  {'on' if on else 'off'}")


if __name__ == "__main__":
    from lambda_workbench.cli import guarded

    guarded(main)
