"""Prepare an account for a stage, or bring that up to date: `make bootstrap STAGE=dev`.

With your own credentials it makes the bucket for packages, the role that CloudFormation acts as,
and the one that the pipeline may take. What they may do follows from the resources of the service.
What was given once is kept, so when those change, or after an update of this package, the same
command without anything else brings what is new.

    workbench bootstrap --show > bootstrap.yaml

prints the template for whoever reviews it, or deploys it by other means. It needs no credentials.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import botocore.exceptions
import click

from lambda_workbench.bootstrap.compose import NAME, NOT_GIVEN, compose, without_part
from lambda_workbench.bootstrap.of_project import service_of, translated_stages
from lambda_workbench.cloudformation import documents
from lambda_workbench.errors import ToolError
from lambda_workbench.git import asked
from lambda_workbench.operate.asking import confirm
from lambda_workbench.operate.change_set import Wanted, apply, as_text
from lambda_workbench.operate.changes import Change
from lambda_workbench.operate.deploy import parameters_of
from lambda_workbench.operate.depot import bootstrap_stack
from lambda_workbench.operate.stack import Stack
from lambda_workbench.operate.stages import stage_names, stage_tags
from lambda_workbench.preflight.files import WorkingTree
from lambda_workbench.project import ROOT, project, run

# What CloudFormation takes in a request; there is no bucket yet that a larger one could be put in.
LARGEST = 51_200
_PROVIDER = "oidc-provider/token.actions.githubusercontent.com"


@click.command()
@click.argument("stage", default="")
@click.option("--repository", default="", metavar="ORGANISATION/NAME")
@click.option("--organisation-id", default="", help="its number at GitHub")
@click.option("--repository-id", default="", help="its number at GitHub")
@click.option("--parameter", "given", multiple=True, metavar="NAME=VALUE")
@click.option("--yes", is_flag=True, help="do not ask")
@click.option("--show", is_flag=True, help="print the template, deploy nothing")
@click.option(
    "--write", type=click.Path(path_type=Path), metavar="FILE", help="write it, deploy nothing"
)
def command(
    stage: str,
    repository: str,
    organisation_id: str,
    repository_id: str,
    given: Sequence[str],
    yes: bool,
    show: bool,
    write: Path | None,
) -> None:
    """Find out what is not given, deploy, protect, and say what to put where."""
    if stage not in stage_names() and (stage or not (show or write)):
        raise ToolError(f"name a stage: make bootstrap STAGE={'|'.join(stage_names())}")
    text = template(stage)
    if show or write:
        hand_out(text, write)
        return
    stack = bootstrap_stack(stage)
    known = documents.load(text, NAME)
    before = parameters_before(stack)
    parameters = {"Service": project().slug, "Stage": stage, **parameters_of(given)}
    if "GitHubRepository" in known["Parameters"]:
        asked = identity(repository, organisation_id, repository_id, before)
        parameters = {**asked, **parameters}
        if not before:
            parameters.setdefault("CreateProvider", str(not has_provider(stack)).lower())
    wanted = Wanted(
        template=as_text(known),
        parameters=parameters,
        kept=[name for name in before if name in known["Parameters"]],
        tags=stage_tags(stage),
        capabilities=["CAPABILITY_NAMED_IAM"],
    )
    deploy(stack, wanted, yes=yes)
    print(next_steps(stage, stack.outputs()))


def hand_out(text: str, file: Path | None) -> None:
    """Write the template to a file, or print it."""
    if file:
        file.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


def template(stage: str = "") -> str:
    """The template of this project; says which resources it has nothing for."""
    files = WorkingTree(ROOT)
    stages = translated_stages(files)
    for kind, names in without_part(stages).items():
        click.echo(f"note: {kind} ({', '.join(names)}) {NOT_GIVEN}", err=True)
    return compose(service_of(files, stages), stage)


def deploy(stack: Stack, wanted: Wanted, *, yes: bool) -> None:
    """Create or update the stack, and protect it from being deleted."""
    if len(wanted.template.encode()) > LARGEST:
        raise ToolError(f"{NAME} has more than the {LARGEST:,} bytes allowed")

    def approve(_changes: Sequence[Change]) -> None:
        confirm(f"Make these changes to {stack.name}?", yes=yes)

    apply(stack, wanted, approve=approve)
    stack.client("cloudformation").update_termination_protection(
        StackName=stack.name, EnableTerminationProtection=True
    )


def parameters_before(stack: Stack) -> dict[str, str]:
    """The parameters that the stack has; empty when there is none."""
    described = stack.describe() or {}
    return {
        one["ParameterKey"]: one["ParameterValue"]
        for one in described.get("Parameters", [])
        if described["StackStatus"] != "REVIEW_IN_PROGRESS"
    }


def identity(
    repository: str, organisation_id: str, repository_id: str, before: Mapping[str, str]
) -> dict[str, str]:
    """Which repository may deploy, as parameters; none when that was said before."""
    if not repository and before:
        return {}
    organisation, _, name = (repository or remote()).partition("/")
    if not name:
        raise ToolError("name the repository: make bootstrap REPOSITORY=<organisation>/<name>")
    if not (organisation_id and repository_id):
        organisation_id, repository_id = numbers(f"{organisation}/{name}")
    return {
        "GitHubOrganisation": organisation,
        "GitHubOrganisationId": organisation_id,
        "GitHubRepository": name,
        "GitHubRepositoryId": repository_id,
    }


def remote() -> str:
    """organisation/name of the git remote `origin` at GitHub; empty when there is none."""
    url = asked(ROOT, "remote", "get-url", "origin") or ""
    _, found, path = url.replace(":", "/").partition("github.com/")
    return path.removesuffix(".git") if found else ""


def numbers(repository: str) -> tuple[str, str]:
    """The numbers of an organisation and a repository, as GitHub's own command tells them."""
    if not shutil.which("gh"):
        raise ToolError(
            "GitHub's command gh is not here to look up the numbers of the organisation and the "
            'repository. Give them: ARGS="--organisation-id <number> --repository-id <number>"; '
            f"https://api.github.com/repos/{repository} has both as `id`"
        )
    found = run(["gh", "api", f"repos/{repository}", "--jq", ".owner.id, .id"], quiet=True)
    organisation, number = found.split()
    return organisation, number


def has_provider(stack: Stack) -> bool:
    """Whether the account knows GitHub as an identity provider already: it can do so only once."""
    caller = stack.client("sts").get_caller_identity()
    partition = caller["Arn"].split(":")[1]
    arn = f"arn:{partition}:iam::{caller['Account']}:{_PROVIDER}"
    try:
        stack.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return False
        raise
    return True


def next_steps(stage: str, outputs: Mapping[str, Any]) -> str:
    """What to do with what was made."""
    role = outputs.get("RoleArn")
    if not role:
        return f"{stage} can be deployed: make deploy STAGE={stage}"
    return (
        f"In the settings of the repository, or with GitHub's command gh:\n"
        f"  the environment {stage} has the variable AWS_DEPLOY_ROLE_ARN\n"
        f"    gh variable set AWS_DEPLOY_ROLE_ARN --env {stage} --body {role}\n"
        f"  the variable DEPLOY_STAGES of the repository names every stage that is ready\n"
        f'    gh variable set DEPLOY_STAGES --body "dev staging prod"\n'
        f"From your machine: make deploy STAGE={stage}"
    )
