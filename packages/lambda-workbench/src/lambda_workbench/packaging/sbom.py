"""What is shipped, part by part: `make sbom` writes dist/sbom.cdx.json.

A software bill of materials in CycloneDX 1.5, from uv.lock: the dependencies that are in the
packages, with their versions and hashes. The same commit gives the same file.
"""

from __future__ import annotations

import datetime
import json
import os
import uuid
from typing import Any

import click

from lambda_workbench.git import asked
from lambda_workbench.operate.deploy import version
from lambda_workbench.packaging.package import IN_THE_RUNTIME
from lambda_workbench.project import DIST, ROOT, find_uv, run

PATH = DIST / "sbom.cdx.json"


@click.command()
def command() -> None:
    """Write it and say what is in it."""
    document = bill()
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    parts = [f"{part['name']} {part['version']}" for part in document.get("components", [])]
    print(f"{PATH.relative_to(ROOT)}: {', '.join(parts) or 'no dependencies'}")


def bill() -> dict[str, Any]:
    """uv's document, without what changes from one run to the next."""
    command = [find_uv(), "export", "--quiet", "--locked", "--no-dev"]
    command += ["--preview-features", "sbom-export", "--format", "cyclonedx1.5"]
    for name in IN_THE_RUNTIME:
        command += ["--prune", name]
    document: dict[str, Any] = json.loads(run(command, quiet=True))
    component = document["metadata"]["component"]
    component |= {"type": "application", "version": version()}
    document["metadata"]["timestamp"] = _committed()
    del document["serialNumber"]
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, content)}"
    return document


def _committed() -> str:
    """When the commit was made, in UTC; $SOURCE_DATE_EPOCH is taken instead where it is set."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        seconds = asked(ROOT, "log", "-1", "--format=%ct") or "0"
    when = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
    return when.isoformat().replace("+00:00", "Z")
