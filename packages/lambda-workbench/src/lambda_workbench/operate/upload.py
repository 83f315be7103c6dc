"""Make a SAM template that can be deployed of the merged one: its packages in S3, and sealed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lambda_workbench.cloudformation import documents
from lambda_workbench.operate.depot import Depot
from lambda_workbench.operate.target import HOW


def point_to(
    depot: Depot, merged: documents.Template, content: Mapping[str, Any], dist: Path
) -> None:
    """Upload the packages, and have the template take them from there."""
    for entry in content["functions"].values():
        if "zip" in entry:
            properties = merged["Resources"][entry["logical_id"]]["Properties"]
            properties["CodeUri"] = depot.put_file(dist / entry["zip"], entry["sha256"])
    if layer := content.get("layer"):
        properties = merged["Resources"][layer["logical_id"]]["Properties"]
        properties["ContentUri"] = depot.put_file(dist / layer["zip"], layer["sha256"])


def seal(
    merged: documents.Template, settings: Mapping[str, str], content: Mapping[str, Any]
) -> documents.Template:
    """Let settings or a layer alone make a new version for the alias, as new code does.

    SAM looks at a function's properties to decide, and sees the names of parameters and of the
    layer there, not what they stand for. So that is summed up in a variable of every function.
    """
    what = {name: value for name, value in settings.items() if name not in HOW}
    what["layer"] = content.get("layer", {}).get("sha256", "")
    values = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
    variables = merged["Globals"]["Function"]["Environment"]["Variables"]
    variables["SERVICE_VERSION"] = f"{settings['ServiceVersion']}-{values[:8]}"
    for function in documents.resources_of_type(merged, "AWS::Serverless::Function").values():
        function["Properties"]["AutoPublishAliasAllProperties"] = True
    return merged
