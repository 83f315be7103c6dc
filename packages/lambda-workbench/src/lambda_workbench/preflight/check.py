"""Check a project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambda_workbench.preflight.catalogue import RULES
from lambda_workbench.preflight.files import WorkingTree
from lambda_workbench.preflight.model import Finding
from lambda_workbench.preflight.report import Report
from lambda_workbench.preflight.stacks import (
    Notice,
    open_parameters,
    service_stack,
    service_template,
    stacks_beside,
    stages_of,
)


@dataclass(frozen=True)
class Result:
    """What a check came to."""

    stages: tuple[str, ...]
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]


def check(root: Path) -> Result:
    """Check every stage of the project in a folder.

    Raises `ToolError`, with the file and line, for files that cannot be read.
    """
    files = WorkingTree(root)
    template, stages = service_template(files), stages_of(files)
    report = Report()
    service = [service_stack(template, stage) for stage in stages]
    for stacks in (service, *stacks_beside(files, stages)):
        report.check(stacks, RULES)
        report.lint(stacks)
    return Result(
        tuple(stage.name for stage in stages),
        report.findings(),
        tuple(open_parameters(template, stages)),
    )
