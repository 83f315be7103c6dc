"""What is sent for each stage, as cfn-lint and people get to see it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from lambda_workbench.cloudformation.documents import Place, load, place_of
from lambda_workbench.cloudformation.merge import merge
from lambda_workbench.errors import ToolError
from lambda_workbench.preflight.lint import lint_stacks
from lambda_workbench.preflight.stacks import service_stack, service_template, stages_of

CONFIG = """
[dev.global.parameters]
region = "eu-west-1"
stack_name = "shop-dev"

[dev.deploy.parameters]
parameter_overrides = ["Stage=dev", "Memory=128"]

[prod.global.parameters]
region = "eu-west-1"
stack_name = "shop"

[prod.deploy.parameters]
stack_name = "shop-prod"
parameter_overrides = ["Stage=prod", "Memory=MEMORY"]
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
  Memory: {Type: Number}
Globals:
  Function:
    Runtime: python3.13
    Handler: shop.handler
    CodeUri: dist/shop.zip
    Timeout: 20
    AutoPublishAlias: live
    SnapStart: {ApplyOn: PublishedVersions}
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub shop-${Stage}
      Role: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role/shop
      MemorySize: !Ref Memory
"""


@dataclass(frozen=True)
class Texts:
    """Files that exist as texts only."""

    texts: Mapping[str, str]

    def read(self, name: str) -> str | None:
        return self.texts.get(name)


def found(memory: int, override: str = "") -> list[tuple[str, str, str]]:
    """The rules of cfn-lint that are broken, with the stage and the line."""
    files = Texts(
        {
            "template.yaml": TEMPLATE,
            "template.override.yaml": override,
            "samconfig.toml": CONFIG.replace("MEMORY", str(memory)),
        }
    )
    template = service_template(files)
    stacks = [service_stack(template, stage) for stage in stages_of(files)]
    return [
        (rule, stack.stage.name, str(stack.place(problem.path)))
        for rule, _, stack, problem in lint_stacks(stacks)
    ]


def test_stages_that_differ_are_not_taken_for_one_template() -> None:
    """Put together, both functions had one name, and one of them no version for its snapshot."""
    assert found(512) == []


def test_a_value_of_one_stage_is_found_in_that_stage() -> None:
    assert found(64) == [("cfn-lint-E3034", "prod", "template.yaml:20")]


def test_what_stages_share_is_found_in_all_of_them() -> None:
    override = "Resources:\n  Function:\n    Properties:\n      Timeout: 901\n"
    line = "template.override.yaml:4"
    assert sorted(found(128, override)) == [
        ("cfn-lint-E3717", "dev", line),
        ("cfn-lint-E3717", "prod", line),
    ]


def test_what_a_team_adds_to_stands_in_its_file() -> None:
    base = load("A:\n  List: [1]\n  Map: {x: 1}\n  Same: 1\n", "template.yaml")
    merged = merge(base, load("A:\n  List: [2]\n  Map: {y: 1}\n", "template.override.yaml"))
    assert merged == {"A": {"List": [1, 2], "Map": {"x": 1, "y": 1}, "Same": 1}}
    assert place_of(merged, ["A", "List"]) == Place("template.override.yaml", 2)
    assert place_of(merged, ["A", "List", 0]) == Place("template.yaml", 2)
    assert place_of(merged, ["A", "List", 1]) == Place("template.override.yaml", 2)
    assert place_of(merged, ["A", "Map", "x"]) == Place("template.yaml", 3)
    assert place_of(merged, ["A", "Same"]) == Place("template.yaml", 4)


@pytest.mark.parametrize(
    ("override", "error"),
    [
        ("Resources: [", "template.override.yaml:2: not valid YAML"),
        ("- Resources", "template.override.yaml:1: expected a mapping at the top"),
        ("Resources:\n  Function: 5\n", "template.override.yaml:2: /Resources/Function must be"),
        ("Resources:\n  Mine: 5\n", "template.override.yaml:2: Mine must be a mapping with a Type"),
        ("Resources:\n  Mine: {}\n  Mine: {}\n", "template.override.yaml:3: Mine stands here and"),
        (
            "Resources:\n  Function:\n    Properties:\n      CodeUri: [a]\n",
            "template.override.yaml:2: SAM refuses it",
        ),
        (
            "Resources:\n  Mine: {Type: AWS::Serverless::Function, Properties: [1]}\n",
            "template.override.yaml:1: SAM cannot read the template",
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(override: str, error: str) -> None:
    with pytest.raises(ToolError) as raised:
        found(128, override)
    assert error in str(raised.value)
