"""The items of the checklist that are about a deployed stage."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable
from typing import Any

import botocore.exceptions

from lambda_workbench.bootstrap.of_project import composition_now
from lambda_workbench.operate.checklist_model import (
    Finding,
    Items,
    Look,
    judged,
    met,
    not_applicable,
    not_met,
)
from lambda_workbench.operate.depot import bootstrap_stack
from lambda_workbench.operate.failures import failure_stores, waiting
from lambda_workbench.operate.service import Service
from lambda_workbench.preflight.files import WorkingTree
from lambda_workbench.project import ROOT, project

ITEMS = Items()
_GOOD = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
_GITHUB = "token.actions.githubusercontent.com"


def _deployed(
    look: Callable[[Service], Finding],
) -> Callable[[Look], Finding]:
    """Looks at the stage when one was named and is there."""

    def finding(given: Look) -> Finding:
        if given.service is None:
            return not_applicable("asked with STAGE=…")
        if given.service.stack.status() not in _GOOD:
            return not_applicable(f"{given.service.stage} is not deployed")
        return look(given.service)

    return finding


@ITEMS("deployed", "The stage is deployed, as it was meant to be", fix="make deploy STAGE=…")
def deployed(look: Look) -> Finding:
    """A deployment that was rolled back leaves the version before."""
    if look.service is None:
        return not_applicable("asked with STAGE=…")
    status = look.service.stack.status()
    if status == "UPDATE_ROLLBACK_COMPLETE":
        return not_met("the last deployment was rolled back")
    return met(status) if status in _GOOD else not_met(status or "there is no such stack")


@ITEMS(
    "subscribed",
    "Whoever is told of alarms has confirmed it",
    fix="find the mail from AWS Notifications and follow its link; or set AlarmEmail and deploy",
)
@_deployed
def subscribed(service: Service) -> Finding:
    """An address that was not confirmed gets nothing."""
    topics = [arn for arn in service.stack.of_type("AWS::SNS::Topic") if arn.endswith("-alarms")]
    found = [one for arn in topics for one in service.subscriptions(arn)]
    if not found:
        return not_met("nobody is subscribed")
    waits = [one["Endpoint"] for one in found if "arn:" not in one["SubscriptionArn"]]
    return judged([f"{address} has not" for address in waits], f"{len(found)} subscribed")


@ITEMS("quiet", "No alarm is on", fix="docs/runbook.md says what each of them means")
@_deployed
def quiet(service: Service) -> Finding:
    """A stage with an alarm on is not ready for the next version."""
    alarms = service.pages(
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms",
        AlarmNamePrefix=service.function(""),
        StateValue="ALARM",
    )
    return judged([f"{alarm['AlarmName']} is on" for alarm in alarms], "none is")


@ITEMS(
    "failures",
    "Nothing that failed waits for somebody",
    fix="docs/runbook.md, then make redrive STAGE=…",
)
@_deployed
def failures(service: Service) -> Finding:
    """It is deleted after 14 days."""
    stores = failure_stores(service)
    if not stores:
        return not_applicable("no function has its failures kept")
    counts = {store.name: waiting(service, store) for store in stores}
    return judged(
        [f"{count} in {name}" for name, count in counts.items() if count],
        f"{len(stores)} queues and buckets are empty",
    )


@ITEMS(
    "prepared",
    "What the stage stands on is what the service needs now",
    fix="make bootstrap STAGE=… shows what it would change, and asks",
)
def prepared(look: Look) -> Finding:
    """A resource of a type that is new needs a right that CloudFormation has not got yet."""
    if look.service is None or look.service.is_local:
        return not_applicable("asked with STAGE=…, for a stage on AWS")
    stack = bootstrap_stack(look.service.stage)
    if stack.describe() is None:
        return not_met(f"there is no stack {stack.name}")
    if stack.outputs().get("Composition") != composition_now(WorkingTree(ROOT)):
        return not_met(f"{stack.name} was made for other resources, or by another version")
    return met(stack.name)


@ITEMS(
    "deploy-role",
    "The role that deploys is for this repository and stage alone",
    fix="make bootstrap STAGE=… with the organisation's and the repository's numbers",
)
@_deployed
def deploy_role(service: Service) -> Finding:
    """Whoever can take the role can change everything."""
    if project().ci == "none":
        return not_applicable("nothing deploys from a pipeline")
    if service.is_local:
        return not_applicable("the emulator is deployed to from here")
    return judge_deploy_role(service)


def judge_deploy_role(service: Service) -> Finding:
    """Look at who may take the role."""
    name = service.function("").rstrip("-").removesuffix(f"-{service.stage}")
    name = f"{name}-deploy-{service.stage}"
    iam = service.client("iam")
    try:
        document: Any = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    except botocore.exceptions.ClientError as error:
        return not_met(f"{name}: {error.response['Error']['Code']}")
    if isinstance(document, str):
        document = json.loads(urllib.parse.unquote(document))
    faults = []
    for rule in document["Statement"]:
        equal = (rule.get("Condition") or {}).get("StringEquals") or {}
        subjects = equal.get(f"{_GITHUB}:sub", "")
        subjects = [subjects] if isinstance(subjects, str) else subjects
        if equal.get(f"{_GITHUB}:aud") != "sts.amazonaws.com":
            faults.append("it does not ask for the audience sts.amazonaws.com")
        faults += [
            f"it lets in {subject or 'every repository'}"
            for subject in subjects
            if not subject or "*" in subject or "@/" in subject or "@:" in subject
        ]
        if not all(str(one).endswith(f":environment:{service.stage}") for one in subjects):
            faults.append(f"it is not for the environment {service.stage}")
    return judged(faults, name)
