"""The alarm on a schedule that does not run: how long a schedule may be silent before it goes off.

The template works out the longest time between two runs; croniter is the judge of that.
"""

import datetime
import functools
import itertools
from typing import Any

import jinja2
import pytest
import yaml
from croniter import croniter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import ROOT

DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
HOUR, DAY = 60, 24 * 60
# What an alarm may look back at. Source: `Period` in
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
LONGEST_S, LONGEST_OF_SHORT_PERIODS_S = 604_800, 86_400


@functools.cache
def environment() -> jinja2.Environment:
    """Renders parts of the template with Copier's settings for it."""
    return jinja2.Environment(  # noqa: S701 (none of it is a web page)
        loader=jinja2.FileSystemLoader(ROOT),
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
        trim_blocks=True,
        lstrip_blocks=True,
    )


def longest_gap(expression: str) -> int | None:
    """The minutes that the template has worked out; None where it says nothing."""
    template = environment().from_string(
        "{% from 'includes/schedule.jinja' import longest_gap %}{{ longest_gap(expression) }}"
    )
    said = template.render(expression=expression)
    return int(said) if said else None


def missed(expression: str) -> dict[str, Any] | None:
    """The alarm for a schedule, if it has one."""
    text = (
        environment()
        .get_template("includes/triggers/schedule/sam/alarms.yaml.jinja")
        .render(schedule_expression=expression, project_slug="shop")
        .replace("!", "")
    )
    found: dict[str, Any] = yaml.safe_load(text)
    alarm = found.get("ScheduleMissedAlarm")
    return dict(alarm["Properties"]) if alarm else None


def judged(expression: str, days: int = 130) -> int:
    """The most minutes from one run to the next, over months of 31, 28, 31 and 30 days."""
    begin = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    runs = itertools.takewhile(
        lambda run: run < begin + datetime.timedelta(days=days),
        croniter(expression, begin).all_next(datetime.datetime),
    )
    return max(
        int((after - before).total_seconds()) // 60 for before, after in itertools.pairwise(runs)
    )


def a_list(low: int, high: int, most: int) -> st.SearchStrategy[tuple[str, str]]:
    """Some numbers, as both write them."""
    numbers = st.lists(st.integers(low, high), min_size=1, max_size=most, unique=True)
    return numbers.map(lambda found: (",".join(map(str, found)),) * 2)


def a_step(high: int, least: int) -> st.SearchStrategy[tuple[str, str]]:
    """Every so many from a number on, which croniter wants with its end, another one."""
    steps = st.tuples(st.integers(0, high - 1), st.integers(least, high))
    return steps.map(lambda step: (f"{step[0]}/{step[1]}", f"{step[0]}-{high}/{step[1]}"))


days_of_the_week = st.lists(st.integers(0, 6), min_size=1, unique=True).flatmap(
    lambda found: st.sampled_from(
        [
            ",".join(str(day + 1) for day in found),  # EventBridge counts from 1, croniter from 0
            ",".join(DAYS[day] for day in found),
        ]
    ).map(lambda text: (text, ",".join(map(str, found))))
)


@settings(max_examples=50, deadline=None)
@given(
    minutes=a_list(0, 59, 3) | a_step(59, 20),
    hours=a_list(0, 23, 3) | a_step(23, 8),
    days=st.one_of(
        days_of_the_week.map(lambda found: (f"? * {found[0]}", f"* * {found[1]}")),
        a_list(1, 28, 4).map(lambda found: (f"{found[0]} * ?", f"{found[1]} * *")),
        st.just(("* * ?", "* * *")),
        st.just(("1-31 JAN-DEC ?", "* * *")),
        st.just(("*/2 1/1 ?", "*/2 * *")),
    ),
)
def test_the_longest_gap_of_a_schedule_is_known(
    minutes: tuple[str, str], hours: tuple[str, str], days: tuple[str, str]
) -> None:
    expression = f"cron({minutes[0]} {hours[0]} {days[0]} *)"
    assert longest_gap(expression) == judged(f"{minutes[1]} {hours[1]} {days[1]}"), expression


@pytest.mark.parametrize(
    ("expression", "standard"),
    [
        ("cron(* * * * ? *)", "* * * * *"),
        ("cron(0/5 * * * ? *)", "*/5 * * * *"),
        ("cron(0,20-40/5 8-18/2 ? * MON-FRI *)", "0,20-40/5 8-18/2 * * 1-5"),
        ("cron(30 6 29,30 * ? *)", "30 6 29,30 * *"),
    ],
)
def test_the_longest_gap_of_usual_schedules_is_known(expression: str, standard: str) -> None:
    found = longest_gap(expression)
    assert found == (judged(standard, days=20) if found else None)


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 6 L * ? *)",
        "cron(0 6 15W * ? *)",
        "cron(0 6 31 * ? *)",
        "cron(0 6 ? * FRI#3 *)",
        "cron(0 6 ? * 6L *)",
        "cron(0 6 1 1 ? *)",
        "cron(0 6 * 1-6 ? *)",
        "cron(0 6 * * ? 2027)",
    ],
)
def test_nothing_is_said_of_what_does_not_run_all_year_round(expression: str) -> None:
    assert longest_gap(expression) is None
    assert missed(expression) is None


@pytest.mark.parametrize(
    ("expression", "minutes", "looks_back_minutes"),
    [
        ("rate(1 minute)", 1, 65),
        ("rate(1 hour)", HOUR, 2 * HOUR),
        ("rate(23 hours)", 23 * HOUR, DAY),
        ("rate(1 day)", DAY, DAY + HOUR),
        ("cron(0 6 * * ? *)", DAY, DAY + HOUR),
        ("cron(0 6 ? * MON-FRI *)", 3 * DAY, 3 * DAY + HOUR),
        ("rate(6 days)", 6 * DAY, 6 * DAY + HOUR),
    ],
)
def test_an_alarm_looks_back_an_hour_longer_than_a_schedule_may_be_silent(
    expression: str, minutes: int, looks_back_minutes: int
) -> None:
    assert longest_gap(expression) == minutes
    alarm = missed(expression)
    assert alarm
    assert alarm["Period"] * alarm["EvaluationPeriods"] == looks_back_minutes * 60
    assert alarm["TreatMissingData"] == "breaching"


@pytest.mark.parametrize("hours", [*range(1, 26), 47, 48, 71, 143, 166, 167])
def test_no_alarm_looks_back_further_than_cloudwatch_lets_it(hours: int) -> None:
    alarm = missed(f"rate({hours} hour{'s' if hours > 1 else ''})")
    assert alarm
    back = alarm["Period"] * alarm["EvaluationPeriods"]
    assert back <= (LONGEST_S if alarm["Period"] >= 3600 else LONGEST_OF_SHORT_PERIODS_S)


@pytest.mark.parametrize("expression", ["rate(168 hours)", "rate(7 days)", "cron(0 6 ? * MON *)"])
def test_a_week_is_too_long_to_look_back_at(expression: str) -> None:
    assert longest_gap(expression) == 7 * DAY
    assert missed(expression) is None
