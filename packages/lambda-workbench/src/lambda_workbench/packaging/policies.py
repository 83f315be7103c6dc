"""checkov's rules for infrastructure, and for what `make bootstrap` makes: `make policies`.

Rules that do not hold here are in .checkov.yaml, each with its reason. For a resource of your own,
write the rule and the reason beside it, in template.override.yaml:

    Metadata: {checkov: {skip: [{id: CKV_AWS_24, comment: only reached through the bastion}]}}
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from lambda_workbench import environments
from lambda_workbench.bootstrap.compose import NAME
from lambda_workbench.bootstrap.of_project import composed
from lambda_workbench.cloudformation.project_template import write_merged
from lambda_workbench.errors import ToolError
from lambda_workbench.preflight.files import WorkingTree
from lambda_workbench.project import LOCAL_STATE, ROOT

_NO_REASON = "No comment provided"


@click.command()
def command() -> None:
    """Print which rules do not hold, and end with 1 if any does not."""
    folder = LOCAL_STATE / "policies"
    bootstrap = folder / NAME
    files = [write_merged(folder), bootstrap]
    bootstrap.write_text(composed(WorkingTree(ROOT)), encoding="utf-8")
    report = scan(files)
    if faults := broken(report):
        sys.exit("\n".join(faults))
    summary = report["summary"]
    print(f"{summary['passed']} rules hold over {summary['resource_count']} resources")


def scan(files: Sequence[Path]) -> dict[str, Any]:
    """What checkov found in templates, as it reports it."""
    command = environments.command(environments.CHECKOV, "checkov", "--skip-download")
    command += ["--output", "json", "--file", *map(str, files)]
    command += ["--config-file", str(ROOT / ".checkov.yaml")]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environments.variables(environments.CHECKOV),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise ToolError(f"checkov did not run:\n{done.stdout}{done.stderr}".rstrip()) from None
    # It ends with 0 when it could not read a file.
    summary = report.get("summary", report)
    if summary["parsing_errors"] or not summary["resource_count"]:
        names = ", ".join(str(path.relative_to(ROOT)) for path in files)
        raise ToolError(f"checkov could not read all of {names}:\n{done.stderr}".rstrip())
    return report


def broken(report: dict[str, Any]) -> list[str]:
    """A line for each rule that does not hold, or is passed over without a reason."""
    results = report["results"]
    faults = [
        f"{fault['resource']}: {fault['check_name']} ({fault['check_id']})"
        for fault in results["failed_checks"]
    ]
    faults += [
        f"{skipped['resource']}: {skipped['check_id']} is skipped without a comment that says why"
        for skipped in results["skipped_checks"]
        if skipped["check_result"].get("suppress_comment", _NO_REASON) == _NO_REASON
    ]
    return sorted(faults)
