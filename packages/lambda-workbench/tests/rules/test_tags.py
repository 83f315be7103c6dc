"""Tags."""

from collections.abc import Callable

import pytest

Try = Callable[..., None]
TEMPLATE = "Transform: AWS::Serverless-2016-10-31\nResources: {Topic: {Type: AWS::SNS::Topic}}\n"


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"owner": "R&D"}, "has &"),
        ({"owner": "Who, me?"}, "has , ?"),
        ({"owner": ""}, "is empty"),
        ({"aws:owner": "me"}, "begins with aws:"),
        ({"k" * 129: "v"}, "129 characters"),
        ({"owner": "v" * 257}, "257 characters"),
    ],
)
def test_tags_of_the_stack_are_ones_that_iam_takes(
    tags: dict[str, str], said: str, finds: Try
) -> None:
    finds("stack-tags", said, TEMPLATE, tags=tags)


def test_tags_may_be_in_any_language(passes: Try) -> None:
    passes("stack-tags", TEMPLATE, tags={"owner": "Größe 2 / 注文 @ a+b=c: d_e-f."})


def test_tags_of_a_resource(finds: Try, passes: Try) -> None:
    def function(value: str) -> str:
        return (
            "It:\n"
            "  Type: AWS::Lambda::Function\n"
            f"  Properties: {{Tags: [{{Key: owner, Value: '{value}'}}]}}\n"
        )

    passes("tag-characters", function("Orders team"))
    finds("tag-characters", "owner=R&D has &", function("R&D"))
    finds(
        "tag-characters",
        "has #",
        "It: {Type: AWS::ApiGatewayV2::Stage, Properties: {Tags: {owner: 'team #1'}}}\n",
    )


def test_a_resource_has_the_tags_of_its_stack_too(finds: Try, passes: Try) -> None:
    def queue(count: int) -> str:
        tags = ", ".join(f"{{Key: k{number}, Value: v}}" for number in range(count))
        return (
            "Transform: AWS::Serverless-2016-10-31\n"
            "Resources:\n"
            f"  It: {{Type: AWS::SQS::Queue, Properties: {{Tags: [{tags}]}}}}\n"
        )

    passes("tag-count", queue(49), tags={"k1": "the same", "owner": "me"})
    finds("tag-count", "51 tags", queue(49), tags={"owner": "me", "stage": "dev"})
    finds("tag-count", "51 tags", queue(0), tags={f"t{number}": "v" for number in range(51)})
