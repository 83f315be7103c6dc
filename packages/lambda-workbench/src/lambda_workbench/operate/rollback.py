"""Go back to the release before: `make rollback STAGE=prod`. TO=<version> goes further back.

An update that is under way is cancelled, which is the way back too. Otherwise the template and the
packages of the earlier release are deployed again, from where they were uploaded to. That goes past
CodeDeploy, which would let nothing pass while an alarm is on:
https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_CreateDeployment.html
CloudFormation makes the change, so its view of the stack stays true, and the next deployment finds
everything as usual.
"""

from __future__ import annotations

import click

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.asking import confirm
from lambda_workbench.operate.change_set import cancel
from lambda_workbench.operate.releases import history, record_return, to_return_to
from lambda_workbench.operate.target import IGNORING_ALARMS, target_of

_REMINDER = (
    "Data is as it was. What was taken back is still on the main branch: revert it there, or the "
    "next deployment brings it again."
)


@click.command()
@click.argument("stage", default="")
@click.option("--to", default="", metavar="VERSION", help="the one before, by default")
@click.option("--list", "only_list", is_flag=True, help="only show what was deployed")
@click.option("--yes", is_flag=True, help="do not ask")
def command(stage: str, to: str, only_list: bool, yes: bool) -> None:
    """Choose the release, ask, and deploy it."""
    target = target_of(stage, "rollback")
    status = target.stack.status()
    if status in ("", "DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
        raise ToolError(f"{target.stack.name} is not deployed, so there is nothing to go back from")
    releases = history(target.depot)
    if only_list:
        print("\n".join(release.line for release in releases) or "nothing is on record")
        return
    if status == "UPDATE_IN_PROGRESS" and not to:
        confirm(f"Cancel the update of {target.stack.name} that is under way?", yes=yes)
        cancel(target.stack)
        print(f"{target.stack.name} is as it was before that update. {_REMINDER}")
        return
    chosen = to_return_to(releases, to)
    confirm(
        f"{target.stack.name} goes back to {chosen.version}, deployed {chosen.at}, "
        "whatever the alarms say.",
        yes=yes,
    )
    target.bring_to(chosen, IGNORING_ALARMS, yes=yes)
    record_return(target.depot, chosen)
    print(f"{target.stack.name} is at {chosen.version} again. {_REMINDER}")
