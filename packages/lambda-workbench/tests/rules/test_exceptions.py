"""A rule that does not fit is excepted where it would find something, with a reason."""

from collections.abc import Callable

Try = Callable[..., None]

ROLE = """
    Role:
      Type: AWS::IAM::Role
      Metadata: {Preflight: {%s: %s}}
      Properties:
        Policies:
          - {PolicyName: Own, PolicyDocument: {}}
          - {PolicyName: Own, PolicyDocument: {}}
"""


def test_a_resource_is_excepted_from_a_rule(report: Callable[[str], list[str]]) -> None:
    (found,) = report(ROLE.replace("      Metadata: {Preflight: {%s: %s}}\n", ""))
    assert "inline-policy-names" in found
    assert report(ROLE % ("inline-policy-names", "The second replaces the first on purpose.")) == []


def test_a_template_is_excepted_from_a_rule(report: Callable[[str], list[str]]) -> None:
    functions = """
        Resources:
          One: {Type: AWS::Lambda::Function, Properties: {ReservedConcurrentExecutions: 901}}
    """
    (found,) = report(functions)
    assert "account-concurrency" in found
    reason = """
        Metadata:
          Preflight:
            account-concurrency: The account's quota was raised to 3,000.
    """
    assert report(f"{functions}{reason}") == []


def test_an_exception_that_nothing_needs_is_shown(report: Callable[[str], list[str]]) -> None:
    found = report(ROLE % ("inline-policies-names", "A slip in the id of the rule."))
    assert [line.split(" ")[1] for line in found] == ["unused-exception", "inline-policy-names"]
    assert "template.yaml:5: unused-exception" in found[0]


def test_an_exception_says_why(finds: Try, passes: Try) -> None:
    passes("exception-reason", ROLE % ("inline-policy-names", "The second replaces the first."))
    finds(
        "exception-reason",
        "from inline-policy-names has no reason",
        ROLE % ("inline-policy-names", "'yes'"),
    )
