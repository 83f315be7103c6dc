"""The container image: built once with Docker, then copied to every stage as it is.

    workbench image build           dist/image.tar, from what `make package` made
    workbench image push STAGE      copies it to the stage's repository, prints its address

The address ends in the image's digest, which is the same in every stage.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import click

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.stages import stage_names, stage_region
from lambda_workbench.packaging.package import IMAGE
from lambda_workbench.project import DIST, ROOT, project, run

ARCHIVE = DIST / "image.tar"
_MANIFEST = DIST / "manifest.json"
_PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}
_BUILDER = "lambda-images"
_SCAN_SECONDS, _SCAN_LOOKS = 5, 60


def build() -> str:
    """Build dist/image.tar, note its digest in the manifest and return it."""
    content = _manifest()
    if not shutil.which("docker"):
        raise ToolError("the image is built with Docker: https://docs.docker.com/get-docker/")
    if subprocess.run(_buildx("inspect", _BUILDER), capture_output=True, check=False).returncode:
        # Docker's default builder cannot write an archive.
        run(_buildx("create", "--name", _BUILDER, "--driver", "docker-container"), quiet=True)
    done = subprocess.run(build_command(content[IMAGE]["architecture"]), cwd=ROOT, check=False)
    if done.returncode:
        raise ToolError("Docker did not build the image; what it said stands above")
    content[IMAGE]["digest"] = digest = digest_of(ARCHIVE)
    _MANIFEST.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return digest


def build_command(architecture: str) -> list[str]:
    """What Docker is asked to do."""
    command = _buildx("build", "--builder", _BUILDER, "--platform", _PLATFORMS[architecture])
    # Lambda takes a single manifest; attestations would make it a list of several.
    command += ["--provenance=false", "--sbom=false", "--build-arg", "SOURCE_DATE_EPOCH=0"]
    command += ["--pull", "--output", f"type=oci,dest={ARCHIVE.relative_to(ROOT)}"]
    return [*command, "--file", "Dockerfile", str((DIST / IMAGE).relative_to(ROOT))]


def push(stage: str) -> str:
    """Copy dist/image.tar to the stage's repository, unless it is there; return its address.

    An image in which the registry finds a critical vulnerability raises ToolError.
    """
    digest = _manifest()[IMAGE].get("digest")
    if not digest or not ARCHIVE.exists():
        raise ToolError("dist/ has no image yet: run make image")
    ecr = boto3.client("ecr", region_name=stage_region(stage))
    repository = f"{project().slug}-{stage}"
    try:
        found = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]
    except ecr.exceptions.RepositoryNotFoundException as error:
        raise ToolError(f"no repository {repository}: see docs/delivery.md") from error
    address = str(found["repositoryUri"])
    if not _has(ecr, repository, digest):
        _copy(ecr, f"{address}:{digest.removeprefix('sha256:')[:12]}")
    _expect_no_critical_findings(ecr, repository, digest)
    return f"{address}@{digest}"


def digest_of(archive: Path) -> str:
    """The digest of the only image in an OCI archive."""
    with tarfile.open(archive) as tar:
        index = tar.extractfile("index.json")
        manifests = json.load(index)["manifests"] if index else []
    if len(manifests) != 1:
        raise ToolError(f"{archive.name} has {len(manifests)} images; Lambda takes one")
    return str(manifests[0]["digest"])


def _has(ecr: Any, repository: str, digest: str) -> bool:
    try:
        ecr.describe_images(repositoryName=repository, imageIds=[{"imageDigest": digest}])
    except ecr.exceptions.ImageNotFoundException:
        return False
    return True


def _copy(ecr: Any, target: str) -> None:
    """Copy the archive with its digest kept, which `docker push` does not promise."""
    if not shutil.which("skopeo"):
        raise ToolError("the image is pushed with skopeo: apt install skopeo, brew install skopeo")
    given = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    registry = target.partition("/")[0]
    # A file, because arguments can be seen by every process of the machine.
    with tempfile.TemporaryDirectory() as scratch:
        keys = Path(scratch) / "auth.json"
        keys.touch(mode=0o600)
        keys.write_text(json.dumps({"auths": {registry: {"auth": given}}}))
        command = ["skopeo", "copy", "--quiet", "--preserve-digests", "--dest-authfile", str(keys)]
        run([*command, f"oci-archive:{ARCHIVE}", f"docker://{target}"])


def _expect_no_critical_findings(ecr: Any, repository: str, digest: str) -> None:
    """Wait for the registry's scan and stop when it found something critical."""
    image = {"repositoryName": repository, "imageId": {"imageDigest": digest}}
    waiter = ecr.get_waiter("image_scan_complete")
    try:
        waiter.wait(**image, WaiterConfig={"Delay": _SCAN_SECONDS, "MaxAttempts": _SCAN_LOOKS})
    except botocore.exceptions.WaiterError:
        print("the registry has not scanned the image: look at it there", file=sys.stderr)
        return
    found = ecr.describe_image_scan_findings(**image)["imageScanFindings"]
    counts = found.get("findingSeverityCounts", {})
    shown = ", ".join(f"{number} {name.lower()}" for name, number in counts.items()) or "nothing"
    print(f"the scan of the image found {shown}", file=sys.stderr)
    if counts.get("CRITICAL") and not os.environ.get("ACCEPT_FINDINGS"):
        raise ToolError(
            f"{repository}@{digest} has critical vulnerabilities. A newer base image may be all it "
            "takes: build again. ACCEPT_FINDINGS=1 deploys it all the same."
        )


def _manifest() -> dict[str, Any]:
    content: dict[str, Any] = {}
    if _MANIFEST.exists():
        content = json.loads(_MANIFEST.read_text(encoding="utf-8"))
    if IMAGE not in content:
        raise ToolError("dist/ has nothing for an image: run make package")
    return content


def _buildx(*arguments: str) -> list[str]:
    return ["docker", "buildx", *arguments]


@click.group()
def command() -> None:
    """Build the image, or push it to a stage and print its address."""


@command.command("build")
def _build() -> None:
    """Build dist/image.tar from what `workbench package` made, with Docker."""
    print(f"dist/image.tar  {build()}")


@command.command("push")
@click.argument("stage", type=click.Choice(stage_names()))
def _push(stage: str) -> None:
    """Copy it to the stage's repository and print its address."""
    print(push(stage))
