"""Alarms: what CloudWatch takes of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lambda_workbench.preflight.model import Path, Problem, Resource, Stack, rule

_DOCS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest"
_API = f"{_DOCS}/APIReference/API_PutMetricAlarm.html"
_QUERY = f"{_DOCS}/APIReference/API_MetricDataQuery.html"
_ALARM = "AWS::CloudWatch::Alarm"

_PERCENT = r"(100|\d{1,2}(\.\d{1,10})?)"
_STATISTIC = re.compile(
    r"Average|Maximum|Minimum|SampleCount|Sum|IQM"
    rf"|(p|tm|tc|ts|wm){_PERCENT}"
    r"|(TM|TC|TS|WM|PR)\(([\d.]+%?)?:([\d.]+%?)?\)"
)


@rule(
    "alarm-window",
    "An alarm looks at 7 days at most, and at 1 day when its period is below an hour",
    _API,
)
def alarm_window(stack: Stack) -> Iterator[Problem]:
    """The period times the number of periods."""
    for alarm in stack.of_type(_ALARM):
        periods = [alarm.number("Period"), *(alarm.number(*path) for path in _periods(alarm))]
        period = max((period for period in periods if period is not None), default=None)
        count = alarm.number("EvaluationPeriods")
        if period is None or count is None:
            continue
        most = 604800 if period >= 3600 else 86400
        if period * count > most:
            yield alarm.problem(
                f"{count} periods of {period} seconds are {period * count}",
                "EvaluationPeriods",
                expected=f"at most {most} seconds together",
            )


def _periods(alarm: Resource) -> Iterator[Path]:
    for form in (("MetricStat", "Period"), ("Period",)):
        yield from (path for path, _ in alarm.each("Metrics", "*", *form))


@rule(
    "alarm-datapoints",
    "An alarm does not wait for more datapoints than it looks at",
    _API,
)
def alarm_datapoints(stack: Stack) -> Iterator[Problem]:
    """M out of N."""
    for alarm in stack.of_type(_ALARM):
        needed, looked_at = alarm.number("DatapointsToAlarm"), alarm.number("EvaluationPeriods")
        if needed is not None and looked_at is not None and needed > looked_at:
            yield alarm.problem(f"{needed} of {looked_at} datapoints", "DatapointsToAlarm")


@rule(
    "alarm-dimensions",
    "A metric has one value for each of its dimensions",
    f"{_DOCS}/APIReference/API_Dimension.html",
)
def alarm_dimensions(stack: Stack) -> Iterator[Problem]:
    """A second value is what is left when lists are merged."""
    for alarm in stack.of_type(_ALARM):
        for path in (("Dimensions",), ("Metrics", "*", "MetricStat", "Metric", "Dimensions")):
            for where, dimensions in alarm.each(*path):
                names = Counter(
                    str(dimension.get("Name"))
                    for dimension in dimensions
                    if isinstance(dimension, dict)
                )
                for name, times in names.items():
                    if times > 1:
                        yield alarm.problem(f"{times} values for the dimension {name}", *where)


@rule(
    "alarm-statistic",
    "The statistic of an alarm is one that CloudWatch knows",
    f"{_DOCS}/monitoring/Statistics-definitions.html",
)
def alarm_statistic(stack: Stack) -> Iterator[Problem]:
    """Percentiles and trimmed means have numbers up to 100."""
    for alarm in stack.of_type(_ALARM):
        for path in (("ExtendedStatistic",), ("Metrics", "*", "MetricStat", "Stat")):
            for where, name in alarm.each(*path):
                if isinstance(name, str) and not _STATISTIC.fullmatch(name):
                    yield alarm.problem(
                        f"there is no statistic {name}",
                        *where,
                        expected="Sum, p99, tm90 or the like",
                    )


@rule(
    "metric-period",
    "The period of a metric is 1, 5, 10, 20 or 30 seconds, or minutes",
    f"{_DOCS}/APIReference/API_MetricStat.html",
)
def metric_period(stack: Stack) -> Iterator[Problem]:
    """In a list of metrics; cfn-lint looks at the alarm's own."""
    for alarm in stack.of_type(_ALARM):
        for path in _periods(alarm):
            period = alarm.number(*path)
            if period is not None and period not in (1, 5, 10, 20, 30) and period % 60:
                yield alarm.problem(
                    f"Period is {period}", *path, expected="1, 5, 10, 20, 30 or whole minutes"
                )


@rule(
    "alarm-metrics",
    "An alarm has at most 10 metrics, each with a name of its own, and watches one result",
    _QUERY,
)
def alarm_metrics(stack: Stack) -> Iterator[Problem]:
    """Of metrics and expressions, one returns data."""
    for alarm in stack.of_type(_ALARM):
        queries: list[dict[str, Any]] = alarm.get("Metrics") or []
        if not queries:
            continue
        metrics = [query for query in queries if query.get("MetricStat")]
        if len(metrics) > 10:
            yield alarm.problem(f"{len(metrics)} metrics", "Metrics", expected="at most 10")
        watched = [
            query for query in queries if str(query.get("ReturnData", True)).lower() == "true"
        ]
        if len(watched) != 1:
            yield alarm.problem(
                f"{len(watched)} results are watched",
                "Metrics",
                expected="ReturnData: false for all but one",
            )
        for name, times in Counter(str(query.get("Id")) for query in queries).items():
            if times > 1:
                yield alarm.problem(f"{times} metrics have the id {name}", "Metrics")


@rule(
    "alarm-expressions",
    "An expression uses the ids of metrics and expressions of its alarm",
    f"{_DOCS}/monitoring/using-metric-math.html",
)
def alarm_expressions(stack: Stack) -> Iterator[Problem]:
    """What stands in quotes is a search or a name."""
    for alarm in stack.of_type(_ALARM):
        known = {str(query.get("Id")) for query in alarm.get("Metrics") or []}
        for path, expression in alarm.each("Metrics", "*", "Expression"):
            if not isinstance(expression, str) or expression.lstrip().startswith("SELECT"):
                continue
            bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", expression)
            for name in sorted(set(re.findall(r"\b[a-z]\w*", bare)) - known):
                yield alarm.problem(
                    f"nothing has the id {name}",
                    *path,
                    expected=f"one of {', '.join(sorted(known))}",
                )


@rule(
    "composite-alarm",
    "An alarm is composed of at most 100 others",
    f"{_DOCS}/APIReference/API_PutCompositeAlarm.html",
)
def composite_alarm(stack: Stack) -> Iterator[Problem]:
    """Each is named by ALARM, OK or INSUFFICIENT_DATA."""
    for alarm in stack.of_type("AWS::CloudWatch::CompositeAlarm"):
        text = str(alarm.get("AlarmRule"))
        children = len(re.findall(r"\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(", text))
        if children > 100:
            yield alarm.problem(f"{children} alarms", "AlarmRule", expected="at most 100")
