"""Keys of one's own: which services may use them, for what, and what they send along."""

import pytest

from tests.iam.cases import HTTP
from tests.iam.conftest import Deployed
from tests.iam.judge import ACCOUNT, Context, Identity, Judge, Request

SERVICES = ["kms:GenerateDataKey", "kms:Decrypt"]


@pytest.mark.parametrize("action", SERVICES)
def test_eventbridge_encrypts_for_one_queue_and_needs_no_source(
    action: str, judge: Judge, deployed: Deployed
) -> None:
    """aws:SourceArn and aws:SourceAccount "is not supported for EventBridge-to-encrypted topics"
    (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html); for queues AWS says
    nothing. SQS always sends the queue as encryption context
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html).
    """
    stack = deployed(HTTP).stack
    failures = stack.arn_of("EventsFailures")
    assert _may(judge, deployed, "events", action, {"kms:EncryptionContext:aws:sqs:arn": failures})
    for other in (stack.arn_of("TopicFailures"), failures.replace("-dev-", "-prod-")):
        context = {"kms:EncryptionContext:aws:sqs:arn": other}
        assert not _may(judge, deployed, "events", action, context)
    assert not _may(judge, deployed, "events", action, {})


@pytest.mark.parametrize("action", SERVICES)
@pytest.mark.parametrize("service", ["cloudwatch", "sns"])
def test_other_services_have_to_say_for_whom(
    service: str, action: str, judge: Judge, deployed: Deployed
) -> None:
    stack = deployed(HTTP).stack
    source = {
        "cloudwatch": stack.arn("cloudwatch:{r}:{a}:alarm:order-service-dev-api-errors"),
        "sns": stack.arn("sns:{r}:{a}:order-service-dev-cancellations"),
    }[service]
    said = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": source}
    assert _may(judge, deployed, service, action, said)
    assert not _may(judge, deployed, service, action, {**said, "aws:SourceAccount": "9" * 12})
    assert not _may(judge, deployed, service, action, {})


@pytest.mark.parametrize(
    ("tags", "possible"),
    [
        ({}, True),
        ({"service": "order-service", "stage": "dev"}, True),
        ({"service": "order-service", "stage": "prod"}, False),
        ({"service": "payments", "stage": "dev"}, False),
    ],
    ids=["not yet", "own", "another stage", "another service"],
)
def test_rotation_is_turned_on_before_tags_count(
    tags: dict[str, str], possible: bool, judge: Judge, deployed: Deployed
) -> None:
    """CloudFormation's handler does so in the moment after CreateKey, and "it might take up to five
    minutes for tag and alias changes to affect KMS key authorization":
    https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html"""
    deployment = deployed(HTTP)
    (key,) = deployment.stack.of_type("AWS::KMS::Key")
    (about,) = [t for t in deployment.stack.targets(key) if t.kind == "kms:key"]
    context = {f"aws:ResourceTag/{name}": value for name, value in tags.items()}
    who = deployment.identity("CloudFormationRole")
    request = Request("kms:EnableKeyRotation", about.arn, context, resource_policy=about.policy)
    assert judge.allows(who, request) == possible
    deletion = Request("kms:ScheduleKeyDeletion", about.arn, context, resource_policy=about.policy)
    assert judge.allows(who, deletion) == (possible and bool(tags))


def _may(judge: Judge, deployed: Deployed, service: str, action: str, context: Context) -> bool:
    stack = deployed(HTTP).stack
    (key,) = stack.of_type("AWS::KMS::Key")
    policy = stack.resources[key]["Properties"]["KeyPolicy"]
    who = Identity(f"{service}.amazonaws.com", ())
    return judge.allows(who, Request(action, stack.arn_of(key), context, resource_policy=policy))
