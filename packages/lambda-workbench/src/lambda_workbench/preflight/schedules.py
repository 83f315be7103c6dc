"""Schedules: the forms of EventBridge Scheduler, and whether one run is over before the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lambda_workbench.preflight.model import Problem, Stack, rule
from lambda_workbench.preflight.wiring import function_of, timeout_of

_DOCS = "https://docs.aws.amazon.com"
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_RATE = re.compile(r"rate\(([1-9][0-9]*) (minute|hour|day)s?\)")
_AT = re.compile(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")


@rule(
    "schedule-expression",
    "A schedule is at(…), rate(…) or cron(…) with six fields",
    f"{_DOCS}/scheduler/latest/UserGuide/schedule-types.html",
)
def schedule_expression(stack: Stack) -> Iterator[Problem]:
    """Of EventBridge Scheduler; those of rules are cfn-lint's."""
    for schedule in stack.of_type("AWS::Scheduler::Schedule"):
        text = schedule.text("ScheduleExpression")
        if text is not None and not (_AT.fullmatch(text) or _RATE.fullmatch(text) or _cron(text)):
            yield schedule.problem(
                f"ScheduleExpression is {text}",
                "ScheduleExpression",
                expected="rate(5 minutes), cron(0 6 * * ? *) with ? for one of the days, "
                "or at(2030-01-31T06:00:00)",
            )


def _cron(text: str) -> list[str] | None:
    """The six fields of a cron expression that names either a day of the month or of the week."""
    found = re.fullmatch(r"cron\((.*)\)", text)
    fields = found.group(1).split() if found else []
    if len(fields) != 6 or (fields[2] == "?") == (fields[4] == "?"):
        return None
    return fields


@rule(
    "schedule-overlap",
    "A scheduled function ends before its next run starts, or has one environment at most",
    f"{_DOCS}/lambda/latest/dg/lambda-concurrency.html",
)
def schedule_overlap(stack: Stack) -> Iterator[Problem]:
    """Each run takes an environment of its own, so that two may do the same at a time."""
    schedules = [
        (schedule, schedule.get("Target", "Arn"))
        for schedule in stack.of_type("AWS::Scheduler::Schedule")
    ]
    for rule_ in stack.of_type("AWS::Events::Rule"):
        schedules += [(rule_, arn) for _, arn in rule_.each("Targets", "*", "Arn")]
    for schedule, arn in schedules:
        function = function_of(stack, arn)
        between = interval(schedule.text("ScheduleExpression") or "")
        if function is None or between is None:
            continue
        alone = function.number("ReservedConcurrentExecutions") == 1
        if timeout_of(function) > between and not alone:
            yield schedule.problem(
                f"{function.name} starts every {between} seconds and may take "
                f"{timeout_of(function)}",
                "ScheduleExpression",
                expected="a shorter timeout, or ReservedConcurrentExecutions: 1",
            )


def interval(expression: str) -> float | None:
    """Seconds between two runs at the least; None when that cannot be said."""
    rate = _RATE.fullmatch(expression)
    if rate:
        return int(rate.group(1)) * _SECONDS[rate.group(2)]
    fields = _cron(expression)
    if fields is None:
        return None
    minutes, hours = _numbers(fields[0], 59), _numbers(fields[1], 23)
    if not minutes or not hours:
        return None
    times = sorted(60 * hour + minute for hour in hours for minute in minutes)
    if all(field in ("*", "?") for field in (fields[2], fields[3], fields[4])):
        times.append(times[0] + 24 * 60)  # the next day
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return 60 * min(gaps) if gaps else None


def _numbers(field: str, highest: int) -> set[int]:
    """The numbers that a field of a cron expression stands for; none when it has another form."""
    found: set[int] = set()
    for part in field.split(","):
        form = re.fullmatch(r"(\*|\d+)(?:-(\d+))?(?:/(\d+))?", part)
        if form is None:
            return set()
        first, last, step = form.groups()
        start = 0 if first == "*" else int(first)
        end = int(last) if last else highest if first == "*" or step else start
        found |= set(range(start, end + 1, int(step or 1) or 1))
    return found
