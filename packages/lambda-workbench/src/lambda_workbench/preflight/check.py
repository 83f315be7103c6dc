"""Check a project."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lambda_workbench.bootstrap.compose import NAME, NOT_GIVEN, compose, without_part
from lambda_workbench.bootstrap.of_project import service_of
from lambda_workbench.cloudformation.documents import Place
from lambda_workbench.errors import ToolError
from lambda_workbench.preflight.catalogue import CHANGE_RULES, RULES
from lambda_workbench.preflight.changes import stateful_removed
from lambda_workbench.preflight.files import Files, WorkingTree, commit, newest_tag
from lambda_workbench.preflight.model import Finding, Stack
from lambda_workbench.preflight.report import Report
from lambda_workbench.preflight.stacks import (
    TEMPLATE,
    Notice,
    open_parameters,
    service_stack,
    service_template,
    stack_beside,
    stages_of,
)
from lambda_workbench.samconfig import Stage

NEWEST_TAG = "the newest tag"


@dataclass(frozen=True)
class Result:
    """What a check came to."""

    stages: tuple[str, ...]
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    against: str  # the commit that was compared with; empty for none


def check(root: Path, against: str = "", stages: Collection[str] = ()) -> Result:
    """Check the stages of the project in a folder; all of them, if none is named.

    `against` is the commit, tag or branch to compare with, or `NEWEST_TAG`. Raises `ToolError`,
    with the file and line, for files that cannot be read.
    """
    ref = (newest_tag(root) or "") if against == NEWEST_TAG else against
    before = commit(root, ref) if ref else None
    return check_files(WorkingTree(root), before, ref, stages)


def check_files(
    files: Files,
    before: Files | None = None,
    ref: str = "",
    stages: Collection[str] = (),
    *,
    lint: bool = True,
) -> Result:
    """As `check`, for files from anywhere; `ref` is what the files before are called.

    Without cfn-lint (`lint`) it takes a second instead of ten.
    """
    template = service_template(files)
    every = stages_of(files)
    chosen = _chosen(every, stages)
    report = Report()
    stacks = [service_stack(template, stage) for stage in every]
    names = {stage.name for stage in chosen}
    service = [stack for stack in stacks if stack.stage.name in names]
    bootstrap = compose(service_of(files, [stack.translated for stack in stacks]))
    for group in (service, [stack_beside(bootstrap, NAME, stage) for stage in chosen]):
        report.check(group, RULES)
        if lint:
            report.lint(group)
    notices = [*open_parameters(template, chosen), *_beyond_the_bootstrap(service)]
    if before is not None:
        notices += _compare(before, service, ref, report)
    return Result(tuple(stage.name for stage in chosen), report.findings(), tuple(notices), ref)


def check_stage(files: Files, stage: str, parameters: Mapping[str, str]) -> tuple[Finding, ...]:
    """What the rules find for one stage with parameters that go over its own, without cfn-lint."""
    (chosen,) = _chosen(stages_of(files), [stage])
    given = replace(chosen, parameters={**chosen.parameters, **parameters})
    report = Report()
    report.check([service_stack(service_template(files), given)], RULES)
    return report.findings()


def _chosen(known: list[Stage], names: Collection[str]) -> list[Stage]:
    if unknown := sorted(set(names) - {stage.name for stage in known}):
        raise ToolError(
            f"samconfig.toml:1: no stage called {unknown[0]}: "
            f"{', '.join(stage.name for stage in known) or 'it has none'}"
        )
    return [stage for stage in known if not names or stage.name in names]


def _beyond_the_bootstrap(service: Sequence[Stack]) -> list[Notice]:
    """Resources that the role which CloudFormation gets from `make bootstrap` cannot make."""
    return [
        Notice(_place(service, names[0]), f"{kind} ({', '.join(names)}) {NOT_GIVEN}")
        for kind, names in without_part(stack.translated for stack in service).items()
    ]


def _place(stacks: Sequence[Stack], name: str) -> Place:
    having = next(stack for stack in stacks if name in stack.translated["Resources"])
    return having.place(["Resources", name])


def _compare(before: Files, after: Sequence[Stack], ref: str, report: Report) -> list[Notice]:
    """Look at the change from the files before; what they were is not to be blamed for."""
    try:
        template = service_template(before)
        was = [service_stack(template, stage) for stage in stages_of(before)]
    except ToolError as error:
        return [Notice(Place(TEMPLATE, 1), f"not compared with {ref}, which had: {error}")]
    report.check_changes(was, after, CHANGE_RULES)
    by_name = {stack.stage.name: stack for stack in was}
    removed: dict[str, None] = {}
    for stack in after:
        if stack.stage.name in by_name:
            removed |= dict.fromkeys(stateful_removed(by_name[stack.stage.name], stack))
    return [Notice(Place(TEMPLATE, 1), f"{text} (since {ref})") for text in removed]
