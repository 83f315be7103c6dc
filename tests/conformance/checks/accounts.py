"""G8: a deploy role in the account of each stage."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from tests.conformance.files import Files, bootstrap_part
from tests.conformance.model import Account
from tests.conformance.project import STAGES, Project
from tests.conformance.registry import breaks, check

PIPELINE = bootstrap_part("pipeline.yaml")
PROVIDER = "token.actions.githubusercontent.com"
REPOSITORY = {
    "GitHubOrganisation": "acme",
    "GitHubOrganisationId": "42",
    "GitHubRepository": "orders",
    "GitHubRepositoryId": "4711",
}
# How GitHub names a repository in its tokens, by the form that is asked for.
SUBJECTS = {
    "immutable": "repo:acme@42/orders@4711:environment:{stage}",
    "names": "repo:acme/orders:environment:{stage}",
}
BOUNDARY = "arn:aws:iam::111111111111:policy/boundary"


@check("G8")
def each_stage_has_a_deploy_role_in_its_account(project: Project) -> Iterator[str]:
    names = set()
    for stage in STAGES:
        for form, subject in SUBJECTS.items():
            account = project.account(stage, SubjectForm=form, **REPOSITORY)
            names.add(account.role.name)
            yield from _who_takes_it(stage, account, subject.format(stage=stage))
        account = project.account(stage, **REPOSITORY)
        yield from _one_identity(project, stage, account)
        yield from _reaches(project, stage, account)
        shipped = f"arn:aws:iam::111111111111:policy/{project.answers['project_slug']}-boundary-"
        yield from _bounded(project, stage, account, shipped + stage)
        bound = {"RoleBoundaryArn": BOUNDARY, "DeployBoundaryArn": BOUNDARY, **REPOSITORY}
        bounded = project.account(stage, **bound)
        yield from _bounded(project, stage, bounded, BOUNDARY)
        for role in (bounded.role, bounded.service_role):
            if role.boundary != BOUNDARY:
                yield f"{stage}: {role.name} cannot be bounded"
    if len(names) != len(STAGES):
        yield "stages share a deploy role"
    yield from _taken_by_environment(project)


def _who_takes_it(stage: str, account: Account, subject: str) -> Iterator[str]:
    for statement in account.role.trust:
        if statement.actions != ("sts:AssumeRoleWithWebIdentity",):
            yield f"{stage}: the role can be taken by {statement.actions}"
        if statement.condition("StringEquals", f"{PROVIDER}:aud") != ("sts.amazonaws.com",):
            yield f"{stage}: the role can be taken with a token that is for somebody else"
        found = statement.condition("StringEquals", f"{PROVIDER}:sub")
        if found != (subject,):
            yield f"{stage}: the role can be taken by {found or 'anyone'} instead of {subject}"


def _one_identity(project: Project, stage: str, account: Account) -> Iterator[str]:
    if account.identities != (f"https://{PROVIDER}",):
        yield f"{stage}: the account trusts {account.identities}"
    second = project.account(stage, CreateProvider="false", **REPOSITORY)
    if second.identities:
        yield f"{stage}: an account that knows GitHub already is told a second time"
    principals = {p for a in (account, second) for s in a.role.trust for p in s.principals}
    if principals != {f"federated:arn:aws:iam::111111111111:oidc-provider/{PROVIDER}"}:
        yield f"{stage}: the role trusts {sorted(principals)}"


def _reaches(project: Project, stage: str, account: Account) -> Iterator[str]:
    others = {f"{project.answers['project_slug']}-{other}" for other in STAGES if other != stage}
    for role in (account.role, account.service_role):
        for statement in role.statements:
            for action in statement.actions:
                if action == "*" or action.endswith(":*"):
                    yield f"{stage}: {role.name} may do anything like {action}"
            for resource in statement.resources:
                if any(other in resource for other in others):
                    yield f"{stage}: {role.name} reaches another stage: {resource}"
    if any("iam:CreateRole" in s.actions for s in account.role.statements):
        yield f"{stage}: the pipeline itself may make roles"
    given = {
        resource
        for statement in account.role.statements
        if statement.condition("StringEquals", "iam:PassedToService")
        == ("cloudformation.amazonaws.com",)
        for resource in statement.resources
    }
    if given != {account.service_role.arn}:
        yield f"{stage}: the pipeline gives CloudFormation {sorted(given) or 'no role'}"
    making = [s for s in account.service_role.statements if "iam:CreateRole" in s.actions]
    if any("*" in s.resources for s in making) or not making:
        yield f"{stage}: CloudFormation may make any role, or none"
    # With the longest name that a service can have, names of roles are cut.
    for role in project.service(stage).roles:
        cut = f"arn:aws:iam::111111111111:role{role.path}cut-{role.name[-20:]}"
        if not any(fnmatchcase(cut, pattern) for s in making for pattern in s.resources):
            yield f"{stage}: CloudFormation cannot make {role.name} once its name is cut"


def _bounded(project: Project, stage: str, account: Account, boundary: str) -> Iterator[str]:
    if account.boundary != boundary:
        yield f"{stage}: the boundary of roles is {account.boundary or 'none'}, not {boundary}"
    for statement in account.service_role.statements:
        found = {"iam:CreateRole", "iam:PutRolePolicy"} & set(statement.actions)
        if found and statement.condition("StringEquals", "iam:PermissionsBoundary") != (boundary,):
            yield f"{stage}: {sorted(found)} is possible without the boundary"
        if "iam:DeleteRolePermissionsBoundary" in statement.actions:
            yield f"{stage}: CloudFormation may take a boundary away"
    for role in project.service(stage, RoleBoundaryArn=boundary).roles:
        if role.boundary != boundary:
            yield f"{stage}: {role.name} has no boundary, so that it cannot be made"


def _taken_by_environment(project: Project) -> Iterator[str]:
    deploying = {
        job["environment"]: step["with"]
        for workflow in project.workflows().values()
        for job in workflow["jobs"].values()
        for step in job.get("steps", [])
        if "environment" in job and "configure-aws-credentials" in step.get("uses", "")
    }
    # A rollback asks a person for the stage.
    if {stage for stage in deploying if "inputs.stage" not in stage} != set(STAGES):
        yield f"the pipeline takes roles for {sorted(deploying)} instead of every stage"
    for stage, given in deploying.items():
        if given.get("role-to-assume") != "${{ vars.AWS_DEPLOY_ROLE_ARN }}":
            yield f"{stage}: the pipeline does not take the role that its environment names"


@breaks(each_stage_has_a_deploy_role_in_its_account, names="instead of repo:acme@42/orders@4711")
def any_branch_and_environment(files: Files) -> None:
    files.replace(PIPELINE, ":environment:${Stage}", ":*")


@breaks(each_stage_has_a_deploy_role_in_its_account, names="by anyone instead of")
def anyone_on_github(files: Files) -> None:
    files.replace(PIPELINE, f"                {PROVIDER}:sub:", f"                {PROVIDER}:x:")


@breaks(each_stage_has_a_deploy_role_in_its_account, names="for somebody else")
def any_audience(files: Files) -> None:
    files.replace(PIPELINE, f"                {PROVIDER}:aud: sts.amazonaws.com\n", "")


@breaks(each_stage_has_a_deploy_role_in_its_account, names="told a second time")
def a_second_provider(files: Files) -> None:
    files.replace(PIPELINE, "    Condition: CreatesProvider\n", "")


@breaks(each_stage_has_a_deploy_role_in_its_account, names="reaches another stage")
def a_role_for_every_stage(files: Files) -> None:
    part = bootstrap_part("manage/functions.yaml")
    files.replace(part, "function:${Service}-${Stage}-*", "function:${Service}-prod-*")


@breaks(each_stage_has_a_deploy_role_in_its_account, names="once its name is cut")
def roles_without_their_path(files: Files) -> None:
    files.substitute("template.yaml", r"      Path: !Sub /.*?\n", "", 99)


@breaks(each_stage_has_a_deploy_role_in_its_account, names="possible without the boundary")
def roles_without_bounds(files: Files) -> None:
    part = bootstrap_part("manage/roles.yaml")
    files.replace(part, "iam:PermissionsBoundary: !If", "iam:ResourceTag/stage: !If")


@breaks(each_stage_has_a_deploy_role_in_its_account, names="the boundary of roles is none")
def a_boundary_that_nobody_is_told(files: Files) -> None:
    files.replace(bootstrap_part("outputs.yaml"), "  BoundaryArn:\n", "  AnotherArn:\n")


@breaks(each_stage_has_a_deploy_role_in_its_account, names="the pipeline gives CloudFormation")
def a_pipeline_that_gives_any_role(files: Files) -> None:
    files.substitute(
        PIPELINE,
        r"Action: iam:PassRole\n( +)Resource: !GetAtt CloudFormationRole.Arn",
        r'Action: iam:PassRole\n\1Resource: "*"',
    )


@breaks(each_stage_has_a_deploy_role_in_its_account, names="so that it cannot be made")
def a_role_that_knows_no_boundary(files: Files) -> None:
    files.substitute("template.yaml", r"      PermissionsBoundary: .*?\n", "")


@breaks(each_stage_has_a_deploy_role_in_its_account, names="the role that its environment names")
def one_role_for_all(files: Files) -> None:
    files.replace(
        ".github/workflows/deploy.yml",
        "role-to-assume: ${{ vars.AWS_DEPLOY_ROLE_ARN }}",
        "role-to-assume: arn:aws:iam::111111111111:role/deploy",
    )


@breaks(each_stage_has_a_deploy_role_in_its_account, names="instead of every stage")
def a_stage_without_an_environment(files: Files) -> None:
    files.replace(".github/workflows/deploy.yml", "    environment: staging\n", "")
