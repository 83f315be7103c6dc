"""Check a project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambda_workbench.preflight.catalogue import RULES
from lambda_workbench.preflight.files import WorkingTree
from lambda_workbench.preflight.model import Finding
from lambda_workbench.preflight.report import findings
from lambda_workbench.preflight.stacks import (
    Notice,
    open_parameters,
    service_stack,
    service_template,
    stacks_beside,
    stages_of,
)


@dataclass(frozen=True)
class Report:
    """What a check came to."""

    stages: tuple[str, ...]
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]


def check(root: Path) -> Report:
    """Check every stage of the project in a folder.

    Raises `ToolError`, with the file and line, for files that cannot be read.
    """
    files = WorkingTree(root)
    template, stages = service_template(files), stages_of(files)
    service = [service_stack(template, stage) for stage in stages]
    beside = list(stacks_beside(files, stages))
    return Report(
        tuple(stage.name for stage in stages),
        tuple(findings([*service, *beside], RULES)),
        tuple(open_parameters(template, stages)),
    )
