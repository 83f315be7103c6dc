"""Build and deploy one stage: `make deploy STAGE=dev`.

With PREBUILT=1 it deploys what is in dist/ as it is, so that every stage gets the same package.
Packages and the template go to the bucket of the stage; CloudFormation shows what would change, and
then changes it. Nothing is installed meanwhile, and nothing but boto3 is given the credentials.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from lambda_workbench.bootstrap.of_project import composition_now
from lambda_workbench.cloudformation import documents
from lambda_workbench.errors import ToolError
from lambda_workbench.git import asked
from lambda_workbench.local import local_stack
from lambda_workbench.operate.depot import bootstrap_stack
from lambda_workbench.operate.releases import Release, record
from lambda_workbench.operate.stages import LOCAL, stage_names, stage_parameters
from lambda_workbench.operate.target import HOW, IGNORING_ALARMS, Target, only, target_of
from lambda_workbench.operate.upload import point_to, seal
from lambda_workbench.packaging.package import build
from lambda_workbench.packaging.prebuilt import verified
from lambda_workbench.preflight.check import check_stage
from lambda_workbench.preflight.files import Replaced, WorkingTree
from lambda_workbench.project import DIST, LOCAL_DIST, ROOT, run

_IMAGE = [sys.executable, "-m", "lambda_workbench", "image"]


@click.command()
@click.argument("stage", default="")
@click.option("--prebuilt", is_flag=True, help="deploy dist/ as it is")
@click.option("--ignore-alarms", is_flag=True, help="whatever the alarms say")
@click.option("--yes", is_flag=True, help="do not ask when data would be lost")
@click.option("--parameter", "given", multiple=True, metavar="NAME=VALUE")
def command(
    stage: str, prebuilt: bool, ignore_alarms: bool, yes: bool, given: Sequence[str]
) -> None:
    """Package, upload, and change the stack."""
    parameters = parameters_of(given)
    if stage == LOCAL:
        target = target_of(LOCAL, "deploy")
        build(LOCAL_DIST, LOCAL, local=True)
        parameters = {"ServiceVersion": version(), **parameters}
        local_stack.deploy(target.stack.endpoint or "", parameters=parameters, say=print)
    else:
        content = packages(stage, prebuilt=prebuilt)
        target = target_of(stage, "deploy")
        tell_of_bootstrap(target)
        release = uploaded(target, content, parameters)
        once = IGNORING_ALARMS if ignore_alarms else {}
        target.bring_to(release, once, yes=yes)
        record(target.depot, release)
    print(f"{target.stack.name} is deployed")
    for name, value in sorted(target.stack.outputs().items()):
        print(f"  {name}: {value}")


def tell_of_bootstrap(target: Target) -> None:
    """Say so when `make bootstrap` would bring something: without it, a right may be missing."""
    if target.composition == composition_now(WorkingTree(ROOT)):
        return
    mark = "::warning::" if os.environ.get("GITHUB_ACTIONS") else "note: "
    print(
        f"{mark}{bootstrap_stack(target.stage).name} is not what this service and this version of "
        f"the workbench need: make bootstrap STAGE={target.stage} shows the difference"
    )


def packages(stage: str, *, prebuilt: bool) -> dict[str, Any]:
    """The manifest of what is in dist/: built now, or before and unchanged since."""
    if stage not in stage_names():
        raise ToolError(f"name a stage: make deploy STAGE={'|'.join(stage_names())}")
    if prebuilt:
        return verified(DIST)
    manifest = build(DIST, stage, local=False)
    content: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    if "image" in content:
        subprocess.run([*_IMAGE, "build"], cwd=ROOT, check=True)
    return content


def uploaded(target: Target, content: Mapping[str, Any], parameters: Mapping[str, str]) -> Release:
    """Put what a manifest describes into the stage's depot.

    The parameters replace those that samconfig.toml gives the stage.
    """
    stage = target.stage
    merged = documents.read(DIST / content["template"]["file"])
    values = {**stage_parameters(stage), "ServiceVersion": version(), **parameters}
    if "image" in content:
        values["Image"] = run([*_IMAGE, "push", stage]).strip()
    declared = merged.get("Parameters") or {}
    if unknown := sorted(set(values) - set(declared)):
        raise ToolError(f"samconfig.toml: {stage} has {', '.join(unknown)}, template.yaml has not")
    values = {**only(declared, {"RoleBoundaryArn": target.boundary, **HOW}), **values}
    refuse_what_aws_would(DIST / content["template"]["file"], stage, values)
    point_to(target.depot, merged, content, DIST)
    sealed = seal(merged, values, content)
    key = target.depot.put_template(documents.dump(sealed))
    return Release(values["ServiceVersion"], key, values)


def refuse_what_aws_would(sent: Path, stage: str, values: Mapping[str, str]) -> None:
    """Hold what is about to be sent, with the values it gets, against AWS's rules."""
    merged = {"template.yaml": sent.read_text(encoding="utf-8"), "template.override.yaml": None}
    if found := check_stage(Replaced(WorkingTree(ROOT), merged), stage, values):
        lines = "\n".join(f"  {finding}" for finding in found)
        raise ToolError(f"AWS would refuse this, or it would do harm:\n{lines}")


def version() -> str:
    """What the logs will call this deployment: $SERVICE_VERSION, or the commit."""
    given = os.environ.get("SERVICE_VERSION")
    if given:
        return given
    return asked(ROOT, "describe", "--tags", "--always", "--dirty") or "unversioned"


def parameters_of(pairs: Sequence[str]) -> dict[str, str]:
    """The parameters that were given as NAME=VALUE."""
    for pair in pairs:
        if "=" not in pair:
            raise ToolError(f"--parameter expects NAME=VALUE, not {pair!r}")
    return dict(pair.split("=", 1) for pair in pairs)
