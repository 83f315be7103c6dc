"""Whether dist/ still is what `make package` built, before any of it is deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lambda_workbench.errors import ToolError
from lambda_workbench.packaging.bundle import digest_of

MANIFEST = "manifest.json"
# Besides what is deployed: the bill of materials, what the image was made from, the emulator's.
_BESIDE = {MANIFEST, "sbom.cdx.json", "image", "local"}


def verified(dist: Path) -> dict[str, Any]:
    """The manifest, once every package and the template have been compared with it.

    A file that was changed, is missing, or is not in the manifest raises ToolError.
    """
    path = dist / MANIFEST
    if not path.exists():
        raise ToolError("PREBUILT=1 deploys what is in dist/, and nothing is: run make package")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if content["local"]:
        raise ToolError("dist/ was built for the emulator: run make package")
    if faults := sorted(_faults(dist, content)):
        listed = "\n".join(f"  {fault}" for fault in faults)
        raise ToolError(
            f"dist/ is not what its manifest describes:\n{listed}\n"
            "Nothing was uploaded. Take the package from the pipeline again, or run make package."
        )
    return content


def _faults(dist: Path, content: dict[str, Any]) -> Iterator[str]:
    expected = _expected(content)
    for name, sha256 in expected.items():
        path = dist / name
        if not path.is_file():
            yield f"{name} is missing"
        elif (found := digest_of(path)) != sha256:
            yield f"{name} has the hash {found[:12]}, expected {(sha256 or 'none')[:12]}"
    for path in dist.iterdir():
        if path.name not in expected and path.name not in _BESIDE:
            yield f"{path.name} is not in the manifest"


def _expected(content: dict[str, Any]) -> dict[str, str]:
    """The SHA-256 of each file that is deployed, by its name."""
    described = [*content["functions"].values(), content.get("layer", {})]
    found = {entry["zip"]: entry["sha256"] for entry in described if "zip" in entry}
    found[content["template"]["file"]] = content["template"]["sha256"]
    if "image" in content:
        found["image.tar"] = content["image"].get("archive_sha256", "")
    return found
