"""`make bootstrap`: once for a new account, and again after updates of the template."""

import json
from pathlib import Path

import pytest
import yaml

from lambda_workbench.bootstrap.compose import NAME
from lambda_workbench.cloudformation.documents import load
from tests import support
from tests.deployment.conftest import Place

STACK = "order-service-bootstrap-dev"
# What CloudFormation takes in a request:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LARGEST = 51_200
PROFILES = sorted((Path(__file__).parents[1] / "profiles").glob("*.yml"))


def parameters(place: Place) -> dict[str, str]:
    (stack,) = place.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}


def test_it_makes_what_a_stage_stands_on_and_says_what_to_put_where(place: Place) -> None:
    numbers = ["--organisation-id", "42", "--repository-id", "4711"]
    done = place.aws(
        "bootstrap", "dev", "--repository", "acme/orders", *numbers,
        "--parameter", "CreateProvider=false", "--yes",
    )  # fmt: skip

    assert not done.failure, done.failure
    (stack,) = place.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    assert stack["EnableTerminationProtection"]
    role = "arn:aws:iam::000000000000:role/order-service-deploy-dev"
    assert f"gh variable set AWS_DEPLOY_ROLE_ARN --env dev --body {role}" in done.output
    assert "gh variable set DEPLOY_STAGES" in done.output
    assert parameters(place)["GitHubOrganisationId"] == "42"


def test_a_second_time_it_keeps_what_was_given_and_brings_what_is_new(place: Place) -> None:
    place.bootstrap()
    place.override("Resources:\n  Totals:\n    Type: AWS::Kinesis::Stream\n")

    done = place.aws("bootstrap", "dev", "--yes")

    assert not done.failure, done.failure
    assert "ManageData" in done.output
    assert parameters(place)["GitHubRepository"] == "orders"
    assert parameters(place)["CreateProvider"] == "false"
    assert f"{STACK}: no changes" in place.aws("bootstrap", "dev", "--yes").output


def test_what_it_would_make_is_shown_without_credentials(place: Place, tmp_path: Path) -> None:
    place.bootstrap()
    shown = place.run("bootstrap", "--show")
    written = place.run("bootstrap", "--write", str(tmp_path / "bootstrap.yaml"))

    assert not shown.failure, shown.failure
    assert not written.failure, written.failure
    assert shown.output == (tmp_path / "bootstrap.yaml").read_text().strip()
    assert "# What CloudFormation may do, whoever starts it.\n" in shown.output
    deployed = place.client("cloudformation").get_template(StackName=STACK)["TemplateBody"]
    sent = json.loads(deployed) if isinstance(deployed, str) else deployed
    assert load(shown.output, NAME)["Resources"] == sent["Resources"]


def test_a_type_for_which_cloudformation_gets_nothing_is_named(place: Place) -> None:
    place.override("Resources:\n  Pool:\n    Type: AWS::Cognito::UserPool\n")

    done = place.run("bootstrap", "--show")

    assert "AWS::Cognito::UserPool (Pool) is of a type for which" in done.failure + done.output


def test_nothing_is_changed_without_a_yes(place: Place) -> None:
    numbers = ["--organisation-id", "42", "--repository-id", "4711"]

    provider = ["--parameter", "CreateProvider=false"]
    done = place.aws("bootstrap", "dev", "--repository", "acme/orders", *numbers, *provider)

    assert done.code == 1
    assert f"Make these changes to {STACK}?" in done.output
    assert not place.client("iam").list_roles()["Roles"]


def test_the_repository_is_that_of_the_remote_and_gh_knows_its_numbers(
    place: Place, tmp_path: Path
) -> None:
    support.run(
        ["git", "remote", "add", "origin", "git@github.com:acme/orders.git"], cwd=place.project
    )
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text('#!/bin/sh\n[ "$2" = repos/acme/orders ] && echo 42 && echo 4711\n')
    gh.chmod(0o755)

    done = place.aws(
        "bootstrap", "dev", "--parameter", "CreateProvider=false", "--yes",
        PATH=f"{gh.parent}:/usr/bin:/bin",
    )  # fmt: skip

    assert not done.failure, done.failure
    found = parameters(place)
    assert (found["GitHubOrganisation"], found["GitHubRepository"]) == ("acme", "orders")
    assert (found["GitHubOrganisationId"], found["GitHubRepositoryId"]) == ("42", "4711")


def test_without_gh_the_numbers_are_asked_for(place: Place) -> None:
    done = place.aws("bootstrap", "dev", "--repository", "acme/orders", PATH="/nowhere")

    assert done.code == 1
    assert "--organisation-id <number> --repository-id <number>" in done.output
    assert "https://api.github.com/repos/acme/orders" in done.output


def test_an_account_that_knows_github_already_is_not_told_again(place: Place) -> None:
    arn = place.client("iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    numbers = ["--organisation-id", "42", "--repository-id", "4711"]

    done = place.aws("bootstrap", "dev", "--repository", "acme/orders", *numbers, "--yes")

    assert not done.failure, done.failure
    assert parameters(place)["CreateProvider"] == "false"
    assert arn


@pytest.mark.parametrize("ci", ["github", "none"])
@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_the_template_fits_into_a_request(
    profile: Path, ci: str, template: Path, tmp_path: Path
) -> None:
    """A stack of its own comes before any bucket that it could be read from."""
    answers = {**yaml.safe_load(profile.read_text()), "ci": ci}
    project = support.render(template, tmp_path / "project", answers)
    sent = json.dumps(load(support.bootstrap_template(project), NAME), separators=(",", ":"))
    assert len(sent.encode()) < LARGEST * 0.9
