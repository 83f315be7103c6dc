# Managed by the template: see docs/updating.md.
"""Build and deploy one stage: `make deploy STAGE=dev`.

With PREBUILT=1 it deploys what is in dist/ as it is, so that every stage gets the same package.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from typing import Any

from tools import template
from tools.concurrency import refuse_what_does_not_fit
from tools.package import build
from tools.project import DIST, ROOT, ToolError, run
from tools.sam import sam
from tools.stages import stage_names, stage_parameters, stage_region


def main() -> None:
    """Package for AWS, then let SAM upload and deploy with the settings of samconfig.toml."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stage", nargs="?", default="")
    parser.add_argument("--prebuilt", action="store_true")
    given = parser.parse_args()
    if given.stage not in stage_names():
        raise ToolError(f"name a stage: make deploy STAGE={'|'.join(stage_names())}")
    if given.prebuilt:
        _expect_package()
    else:
        build(DIST, given.stage, local=False)
    content = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    image = ""
    if "image" in content:
        module = [sys.executable, "-m", "tools.image"]
        if not given.prebuilt:
            subprocess.run([*module, "build"], cwd=ROOT, check=True)
        image = run([*module, "push", given.stage]).strip()
    done = subprocess.run(sam(*deploy_command(given.stage, content, image)), cwd=ROOT, check=False)
    sys.exit(done.returncode)


def deploy_command(stage: str, content: dict[str, Any], image: str = "") -> list[str]:
    """What SAM is asked to do with what a manifest says was built, and with an image's address.

    Given here, the parameters replace those of samconfig.toml.
    """
    parameters = {**stage_parameters(stage), "ServiceVersion": version()}
    if image:
        parameters["Image"] = image
    merged = template.load(DIST / "template.yaml")
    refuse_what_does_not_fit(merged, stage, parameters, stage_region(stage))
    sealed = DIST / f"template-{stage}.yaml"
    settings = {**parameters, "layer": content.get("layer", {}).get("sha256", "")}
    sealed.write_text(template.dump(seal(merged, settings)))
    overrides = [f'{name}="{value}"' for name, value in parameters.items()]
    command = ["deploy", "--config-env", stage, "--region", stage_region(stage)]
    command += ["--template-file", str(sealed.relative_to(ROOT))]
    if image:  # SAM asks for it, though there is nothing left to push
        command += ["--image-repository", image.partition("@")[0]]
    return [*command, "--parameter-overrides", *overrides]


def seal(merged: template.Template, settings: dict[str, str]) -> template.Template:
    """Let settings or a layer alone make a new version for the alias, as new code does.

    SAM looks at a function's properties to decide, and sees the names of parameters and of the
    layer there, not what they stand for. So that is summed up in a variable of every function.
    """
    values = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    variables = merged["Globals"]["Function"]["Environment"]["Variables"]
    variables["SERVICE_VERSION"] = f"{settings['ServiceVersion']}-{values[:8]}"
    for function in template.resources_of_type(merged, "AWS::Serverless::Function").values():
        function["Properties"]["AutoPublishAliasAllProperties"] = True
    return merged


def version() -> str:
    """What the logs will call this deployment: $SERVICE_VERSION, or the commit."""
    given = os.environ.get("SERVICE_VERSION")
    if given:
        return given
    try:
        return run(["git", "describe", "--tags", "--always", "--dirty"], quiet=True).strip()
    except (ToolError, FileNotFoundError):
        return "unversioned"


def _expect_package() -> None:
    manifest = DIST / "manifest.json"
    if not manifest.exists():
        raise ToolError("PREBUILT=1 deploys what is in dist/, and nothing is: run make package")
    if json.loads(manifest.read_text(encoding="utf-8"))["local"]:
        raise ToolError("dist/ was built for the emulator: run make package")


if __name__ == "__main__":
    from tools.cli import guarded

    guarded(main)
