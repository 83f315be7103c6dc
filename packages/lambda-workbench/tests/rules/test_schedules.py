"""Schedules."""

from collections.abc import Callable

import pytest

Try = Callable[..., None]


def schedule(expression: str, function: str = "Timeout: 60") -> str:
    return f"""
        Function: {{Type: AWS::Lambda::Function, Properties: {{{function}}}}}
        Schedule:
          Type: AWS::Scheduler::Schedule
          Properties:
            ScheduleExpression: {expression}
            Target: {{Arn: !GetAtt Function.Arn}}
    """


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minute)",
        "rate(5 minutes)",
        "cron(0 6 * * ? *)",
        "cron(0 6 ? * MON-FRI *)",
        "at(2030-01-31T06:00:00)",
    ],
)
def test_expressions(expression: str, passes: Try) -> None:
    passes("schedule-expression", schedule(expression))


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 minutes)",
        "rate(1 fortnight)",
        "rate(5)",
        "cron(0 6 * * *)",
        "cron(0 6 * * * *)",
        "cron(0 6 ? * ? *)",
        "at(2030-01-31)",
        "daily",
    ],
)
def test_expressions_that_are_none(expression: str, finds: Try) -> None:
    finds("schedule-expression", expression, schedule(expression))


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(2 hours)", 7200),
        ("cron(0/5 * * * ? *)", 300),
        ("cron(0,10 6 * * ? *)", 600),
        ("cron(0 6-8 * * ? *)", 3600),
        ("cron(59 23 * * ? *)", 86400),
        ("cron(0 0,23 * * ? *)", 3600),
    ],
)
def test_a_run_ends_before_the_next(expression: str, seconds: int, finds: Try, passes: Try) -> None:
    passes("schedule-overlap", schedule(expression, f"Timeout: {seconds}"))
    finds("schedule-overlap", f"every {seconds}", schedule(expression, f"Timeout: {seconds + 1}"))


def test_one_environment_runs_once_at_a_time(passes: Try) -> None:
    passes(
        "schedule-overlap",
        schedule("rate(1 minute)", "Timeout: 300, ReservedConcurrentExecutions: 1"),
    )


def test_rules_have_schedules_too(finds: Try) -> None:
    finds(
        "schedule-overlap",
        "every 60 seconds and may take 61",
        """
        Function: {Type: AWS::Lambda::Function, Properties: {Timeout: 61}}
        Rule:
          Type: AWS::Events::Rule
          Properties:
            ScheduleExpression: rate(1 minute)
            Targets: [{Id: a, Arn: !GetAtt Function.Arn}]
        """,
    )
