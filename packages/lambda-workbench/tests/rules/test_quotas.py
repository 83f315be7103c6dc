"""What CloudFormation takes of a template and of its parameters."""

from collections.abc import Callable

import pytest

from lambda_workbench.cloudformation.documents import Place

Try = Callable[..., None]
TOPIC = "Resources: {Topic: {Type: AWS::SNS::Topic}}\n"


@pytest.mark.parametrize(
    ("section", "entry", "most"),
    [
        ("Parameters", "{Type: String, Default: x}", 200),
        ("Outputs", "{Value: x}", 200),
        ("Mappings", "{a: {b: c}}", 200),
    ],
)
def test_a_section_has_an_end(section: str, entry: str, most: int, finds: Try, passes: Try) -> None:
    def template(count: int) -> str:
        entries = "".join(f"  A{number}: {entry}\n" for number in range(count))
        return f"{TOPIC}{section}:\n{entries}"

    passes("stack-quotas", template(most))
    finds("stack-quotas", f"{most + 1} {section.lower()}", template(most + 1))


def test_resources_count_after_sam_has_made_more_of_them(finds: Try, passes: Try) -> None:
    function = (
        "{Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.13, "
        "InlineCode: x}}"
    )

    def template(count: int) -> str:
        functions = "".join(f"  F{number}: {function}\n" for number in range(count))
        return f"Transform: AWS::Serverless-2016-10-31\nResources:\n{functions}"

    passes("stack-quotas", template(250))  # each with a role
    finds("stack-quotas", "502 resources", template(251))


def test_a_mapping_has_an_end(finds: Try, passes: Try) -> None:
    def mapping(count: int) -> str:
        keys = ", ".join(f"k{number}: v" for number in range(count))
        return f"{TOPIC}Mappings: {{Sizes: {{dev: {{{keys}}}}}}}\n"

    passes("stack-quotas", mapping(200))
    finds("stack-quotas", "Sizes has 201 attributes", mapping(201))


def test_a_template_has_at_most_a_megabyte(finds: Try, passes: Try) -> None:
    passes("template-size", TOPIC, body="x" * 1_000_000)
    finds("template-size", "1,000,002 bytes", TOPIC, body="é" * 500_001)


@pytest.mark.parametrize(
    ("declared", "good", "bad", "expected"),
    [
        ("Type: String, AllowedValues: [a, b]", "a", "c", "one of a, b"),
        ("Type: String, AllowedPattern: '[0-9]+'", "17", "17b", "what matches [0-9]+"),
        ("Type: Number, MinValue: 1, MaxValue: 29", "29", "30", "a number from 1 up to 29"),
        ("Type: Number", "1.5", "many", "a number"),
        ("Type: String, MinLength: 2, MaxLength: 3", "abc", "abcd", "a length from 2 up to 3"),
        ("Type: CommaDelimitedList, AllowedValues: [a, b]", "a, b", "a, c", "one of a, b"),
        ("Type: String", "x" * 4096, "x" * 4097, "at most 4,096 bytes"),
    ],
)
def test_a_value_is_one_that_the_template_allows(
    declared: str, good: str, bad: str, expected: str, finds: Try, passes: Try
) -> None:
    template = f"Parameters: {{Size: {{{declared}}}}}\n{TOPIC}"
    passes("parameter-values", template, parameters={"Size": good})
    finds("parameter-values", expected, template, parameters={"Size": bad})


def test_a_value_for_no_parameter_is_a_slip(finds: Try, passes: Try) -> None:
    template = (
        "Transform: AWS::Serverless-2016-10-31\n"
        f"Parameters: {{ApiTimeout: {{Type: Number, Default: 10}}}}\n{TOPIC}"
    )

    def given(name: str) -> dict[str, object]:
        return {"parameters": {name: "5"}, "places": {name: Place("samconfig.toml", 7)}}

    passes("unknown-parameter", template, **given("ApiTimeout"))
    finds("unknown-parameter", "no parameter ApiTimeOut", template, **given("ApiTimeOut"))
