"""Numbers of concurrency."""

from collections.abc import Callable
from typing import Any

import pytest

Try = Callable[..., None]


def template(*, reserved: int = 10, ready: int = 0, most: int | None = None, more: str = "") -> str:
    """A function behind an alias that reads a queue, and is scaled up to `most`."""
    scaled = f"""
          Scaling:
            Type: AWS::ApplicationAutoScaling::ScalableTarget
            Properties: {{ResourceId: 'function:shop:live', MaxCapacity: {most}}}
    """
    return f"""
        Resources:
          Function:
            Type: AWS::Lambda::Function
            Properties: {{FunctionName: shop, ReservedConcurrentExecutions: {reserved}}}
          Alias:
            Type: AWS::Lambda::Alias
            Properties:
              Name: live
              FunctionName: !Ref Function
              ProvisionedConcurrencyConfig: {{ProvisionedConcurrentExecutions: {ready}}}
          Queue:
            Type: AWS::SQS::Queue
          Mapping:
            Type: AWS::Lambda::EventSourceMapping
            Properties:
              EventSourceArn: !GetAtt Queue.Arn
              FunctionName: !Ref Alias
              ScalingConfig: {{MaximumConcurrency: 10}}
        {scaled if most is not None else ""}
        {more}
    """


def test_a_queue_may_not_use_more_than_is_reserved(finds: Try, passes: Try) -> None:
    passes("queue-concurrency", template(reserved=10))
    finds("queue-concurrency", "takes up to 10 batches from queues", template(reserved=5))


def test_a_second_queue_counts_too(finds: Try) -> None:
    more = """
          More:
            Type: AWS::Lambda::EventSourceMapping
            Properties:
              EventSourceArn: arn:aws:sqs:eu-west-1:123456789012:more
              FunctionName: shop:live
              ScalingConfig: {MaximumConcurrency: 2}
    """
    finds("queue-concurrency", "takes up to 12 batches", template(more=more))


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"ready": 2, "most": 1}, "keeps 2 environments ready but may have 1 at most"),
        ({"ready": 2, "reserved": 1}, "keeps up to 2 environments ready"),
        ({"ready": 2, "most": 60, "reserved": 50}, "up to 60 environments ready but has 50"),
    ],
)
def test_environments_are_kept_ready_within_what_is_there(
    numbers: dict[str, Any], said: str, finds: Try
) -> None:
    finds("provisioned-concurrency", said, template(**numbers))


def test_environments_that_fit(passes: Try) -> None:
    passes("provisioned-concurrency", template(ready=2, most=10))
    passes("provisioned-concurrency", template(ready=0, most=60))


def test_a_snapshot_excludes_environments_that_are_kept_ready(finds: Try, passes: Try) -> None:
    with_snapshots = "FunctionName: shop, SnapStart: {ApplyOn: PublishedVersions}"
    passes("snapstart-or-provisioned", template().replace("FunctionName: shop", with_snapshots))
    finds(
        "snapstart-or-provisioned",
        "both SnapStart and provisioned concurrency",
        template(ready=1).replace("FunctionName: shop", with_snapshots),
    )


def test_a_hundred_are_left_to_the_rest_of_the_account(finds: Try, passes: Try) -> None:
    other = """
          Other:
            Type: AWS::Lambda::Function
            Properties: {FunctionName: other}
          OtherAlias:
            Type: AWS::Lambda::Alias
            Properties:
              Name: live
              FunctionName: !Ref Other
              ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 100}
    """
    passes("account-concurrency", template(reserved=800, more=other))
    finds("account-concurrency", "901 concurrent executions", template(reserved=801, more=other))
