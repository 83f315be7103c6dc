"""Pipelines."""

from pathlib import Path

from . import append, edit, read_yaml, replace, substitute, write

CI = ".github/workflows/ci.yml"
DEPLOY = ".github/workflows/deploy.yml"


@edit
def own_workflow(project: Path) -> None:
    """A file of the team's beside the template's."""
    write(
        project,
        ".github/workflows/nightly.yml",
        "name: Nightly\non: workflow_dispatch\njobs:\n  load:\n    runs-on: ubuntu-latest\n"
        "    steps:\n      - run: make load\n",
    )


@edit
def add_a_job(project: Path) -> None:
    """At the end of a managed workflow."""
    append(
        project,
        CI,
        "\n  contract:\n    name: Contract\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: make contract\n",
    )


@add_a_job.survives
def _(project: Path) -> bool:
    jobs = list(read_yaml(project, CI)["jobs"])
    return bool(jobs[-1] == "contract")


@edit
def add_a_step(project: Path) -> None:
    """In the middle of a managed workflow whose jobs look all alike."""
    replace(
        project, CI, "      - run: make test\n", "      - run: make seed\n      - run: make test\n"
    )


@add_a_step.survives
def _(project: Path) -> bool:
    return "make seed" in [
        step.get("run") for step in read_yaml(project, CI)["jobs"]["test"]["steps"]
    ]


@edit
def more_time_for_a_job(project: Path) -> None:
    """One of many lines that are the same, in the job that is last but one."""
    substitute(
        project,
        CI,
        r"(?s)^(  secrets:\n.*?timeout-minutes: )\d+",
        r"\g<1>25",
    )


@more_time_for_a_job.survives
def _(project: Path) -> bool:
    jobs = read_yaml(project, CI)["jobs"]
    return [name for name, job in jobs.items() if str(job.get("timeout-minutes")) == "25"] == [
        "secrets"
    ]


@edit
def own_runners(project: Path) -> None:
    """Every job on the team's machines."""
    replace(project, CI, "runs-on: ubuntu-latest", "runs-on: [self-hosted, orders]", count=-1)


@edit
def deploy_on_mondays(project: Path) -> None:
    """A condition in the deployment."""
    replace(
        project,
        DEPLOY,
        "  deploy-prod:\n",
        "  deploy-prod:\n    if: github.actor != 'nobody'\n",
    )


@deploy_on_mondays.survives
def _(project: Path) -> bool:
    return "if" in read_yaml(project, DEPLOY)["jobs"]["deploy-prod"]


@edit
def own_dependabot_group(project: Path) -> None:
    """Actions as well as packages."""
    append(
        project,
        ".github/dependabot.yml",
        "  - package-ecosystem: github-actions\n    directory: /\n    schedule:\n"
        "      interval: monthly\n",
    )
