"""Is this service ready for production? `make checklist`, and with STAGE= what is deployed there.

Each item is met, not met or not applicable, with the reason; one that is not met says what to do.
Ends with 1 while an item is not met. Without STAGE= it looks at files only, at those of the stage
`prod` above all. An item that a team has decided against gets its reason in pyproject.toml:

    [tool.lambda-workbench.checklist]
    budget = "the account has one for all services"
"""

from __future__ import annotations

import dataclasses
import json
import sys

import click

from lambda_workbench.errors import ToolError
from lambda_workbench.operate import checklist_items, checklist_stage
from lambda_workbench.operate.asking import service_of
from lambda_workbench.operate.checklist_model import Finding, Item, Look, State


@click.command()
@click.argument("stage", default="")
@click.option("--online", is_flag=True, help="also ask the template's repository")
@click.option("--json", "as_json", is_flag=True, help="for programs")
def command(stage: str, online: bool, as_json: bool) -> None:
    """Go through the items and tell."""
    service = service_of(stage, "checklist") if stage else None
    look = Look(service=service, online=online)
    items = [*checklist_items.ITEMS, *checklist_stage.ITEMS]
    decided = look.decisions()
    if unknown := sorted(set(decided) - {item.name for item in items}):
        raise ToolError(f"[tool.lambda-workbench.checklist] names no item: {', '.join(unknown)}")
    findings = {item: _find(item, look, decided.get(item.name, "")) for item in items}
    print(_as_json(findings) if as_json else _as_text(findings))
    if any(finding.state is State.NOT_MET for finding in findings.values()):
        sys.exit(1)


def _find(item: Item, look: Look, decision: str) -> Finding:
    if decision:
        return Finding(State.NOT_APPLICABLE, f"decided: {decision}")
    return item.look(look)


def _as_text(findings: dict[Item, Finding]) -> str:
    lines = []
    for item, finding in findings.items():
        lines.append(f"{finding.state:15} {item.name:20} {item.title}: {finding.reason}")
        if finding.state is State.NOT_MET:
            lines.append(f"{'':15} {'':20} To do: {item.fix}")
    states = [finding.state for finding in findings.values()]
    return "\n".join([*lines, "", ", ".join(f"{states.count(s)} {s.lower()}" for s in State)])


def _as_json(findings: dict[Item, Finding]) -> str:
    listed = [
        {
            "name": item.name,
            "title": item.title,
            **dataclasses.asdict(finding),
            "fix": item.fix if finding.state is State.NOT_MET else "",
        }
        for item, finding in findings.items()
    ]
    return json.dumps({"items": listed}, indent=2)
