"""Build and deploy one stage: `make deploy STAGE=dev`.

With PREBUILT=1 it deploys what is in dist/ as it is, so that every stage gets the same package.
Packages and the template go to the bucket of the stage; CloudFormation shows what would change, and
then changes it. Nothing is installed meanwhile, and nothing but boto3 is given the credentials.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lambda_workbench.preflight.check import check_stage
from lambda_workbench.preflight.files import Replaced, WorkingTree

from lambda_workbench.local import local_stack
from lambda_workbench.cloudformation import template
from lambda_workbench.packaging.package import build
from lambda_workbench.packaging.prebuilt import verified
from lambda_workbench.errors import ToolError
from lambda_workbench.project import DIST, LOCAL_DIST, ROOT, run
from lambda_workbench.operate.releases import Release, record
from lambda_workbench.operate.stages import LOCAL, stage_names, stage_parameters
from lambda_workbench.operate.target import HOW, IGNORING_ALARMS, Target, only, target_of
from lambda_workbench.operate.upload import point_to, seal


def main() -> None:
    """Package, upload, and change the stack."""
    parser = argparse.ArgumentParser(prog="make deploy")
    parser.add_argument("stage", nargs="?", default="")
    parser.add_argument("--prebuilt", action="store_true", help="deploy dist/ as it is")
    parser.add_argument("--ignore-alarms", action="store_true", help="whatever the alarms say")
    parser.add_argument("--yes", action="store_true", help="do not ask when data would be lost")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    parameters = parameters_of(given.parameter)
    if given.stage == LOCAL:
        target = target_of(LOCAL, "deploy")
        build(LOCAL_DIST, LOCAL, local=True)
        parameters = {"ServiceVersion": version(), **parameters}
        local_stack.deploy(target.stack.endpoint or "", parameters=parameters, say=print)
    else:
        content = packages(given.stage, prebuilt=given.prebuilt)
        target = target_of(given.stage, "deploy")
        release = uploaded(target, content, parameters)
        once = IGNORING_ALARMS if given.ignore_alarms else {}
        target.bring_to(release, once, yes=given.yes)
        record(target.depot, release)
    print(f"{target.stack.name} is deployed")
    for name, value in sorted(target.stack.outputs().items()):
        print(f"  {name}: {value}")


def packages(stage: str, *, prebuilt: bool) -> dict[str, Any]:
    """The manifest of what is in dist/: built now, or before and unchanged since."""
    if stage not in stage_names():
        raise ToolError(f"name a stage: make deploy STAGE={'|'.join(stage_names())}")
    if prebuilt:
        return verified(DIST)
    manifest = build(DIST, stage, local=False)
    content: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    if "image" in content:
        subprocess.run([sys.executable, "-m", "lambda_workbench.packaging.image", "build"], cwd=ROOT, check=True)
    return content


def uploaded(target: Target, content: Mapping[str, Any], parameters: Mapping[str, str]) -> Release:
    """Put what a manifest describes into the stage's depot.

    The parameters replace those that samconfig.toml gives the stage.
    """
    stage = target.stage
    merged = template.load(DIST / content["template"]["file"])
    values = {**stage_parameters(stage), "ServiceVersion": version(), **parameters}
    if "image" in content:
        values["Image"] = run([sys.executable, "-m", "lambda_workbench.packaging.image", "push", stage]).strip()
    declared = merged.get("Parameters") or {}
    if unknown := sorted(set(values) - set(declared)):
        raise ToolError(f"samconfig.toml: {stage} has {', '.join(unknown)}, template.yaml has not")
    values = {**only(declared, {"RoleBoundaryArn": target.boundary, **HOW}), **values}
    refuse_what_aws_would(DIST / content["template"]["file"], stage, values)
    point_to(target.depot, merged, content, DIST)
    sealed = seal(merged, values, content)
    key = target.depot.put_template(template.dump(sealed))
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
    try:
        return run(["git", "describe", "--tags", "--always", "--dirty"], quiet=True).strip()
    except (ToolError, FileNotFoundError):
        return "unversioned"


def parameters_of(pairs: Sequence[str]) -> dict[str, str]:
    """The parameters that were given as NAME=VALUE."""
    for pair in pairs:
        if "=" not in pair:
            raise ToolError(f"--parameter expects NAME=VALUE, not {pair!r}")
    return dict(pair.split("=", 1) for pair in pairs)


if __name__ == "__main__":
    from lambda_workbench.cli import guarded

    guarded(main)
