"""Alarms and dashboards."""

import json
from collections.abc import Callable

import pytest

Try = Callable[..., None]


def alarm(properties: str) -> str:
    return f"It: {{Type: AWS::CloudWatch::Alarm, Properties: {{{properties}}}}}\n"


def metric(
    name: str, more: str = "", stat: str = "Sum", period: int = 60, dimensions: str = ""
) -> str:
    wanted = f"{{Metric: {{MetricName: Errors{dimensions}}}, Stat: '{stat}', Period: {period}}}"
    return f"{{Id: {name}, MetricStat: {wanted}{more}}}"


@pytest.mark.parametrize(("period", "fits"), [(60, 1440), (300, 288), (3600, 168), (86400, 7)])
def test_how_far_an_alarm_looks_back(period: int, fits: int, finds: Try, passes: Try) -> None:
    passes("alarm-window", alarm(f"Period: {period}, EvaluationPeriods: {fits}"))
    finds(
        "alarm-window",
        f"{fits + 1} periods of {period}",
        alarm(f"Period: {period}, EvaluationPeriods: {fits + 1}"),
    )
    finds(
        "alarm-window",
        f"{fits + 1} periods",
        alarm(f"Metrics: [{metric('a', period=period)}], EvaluationPeriods: {fits + 1}"),
    )


def test_m_out_of_n(finds: Try, passes: Try) -> None:
    passes("alarm-datapoints", alarm("DatapointsToAlarm: 5, EvaluationPeriods: 5"))
    finds("alarm-datapoints", "6 of 5", alarm("DatapointsToAlarm: 6, EvaluationPeriods: 5"))


def test_a_dimension_has_one_value(finds: Try, passes: Try) -> None:
    one = "{Name: FunctionName, Value: a}"
    passes("alarm-dimensions", alarm(f"Dimensions: [{one}, {{Name: Resource, Value: a}}]"))
    finds(
        "alarm-dimensions",
        "2 values for the dimension FunctionName",
        alarm(f"Dimensions: [{one}, {one}]"),
    )
    finds(
        "alarm-dimensions",
        "2 values",
        alarm(f"Metrics: [{metric('a', dimensions=f', Dimensions: [{one}, {one}]')}]"),
    )


@pytest.mark.parametrize(
    "name", ["p99", "p99.9", "tm90", "IQM", "PR(:300)", "TM(10%:90%)", "WM(80%:)", "p100"]
)
def test_statistics(name: str, passes: Try) -> None:
    passes("alarm-statistic", alarm(f"ExtendedStatistic: '{name}'"))
    passes("alarm-statistic", alarm(f"Metrics: [{metric('a', stat=name)}]"))


@pytest.mark.parametrize("name", ["p101", "99", "P99", "Median", "p"])
def test_statistics_that_are_none(name: str, finds: Try) -> None:
    finds("alarm-statistic", name, alarm(f"ExtendedStatistic: '{name}'"))
    finds("alarm-statistic", name, alarm(f"Metrics: [{metric('a', stat=name)}]"))


def test_periods_of_metrics(finds: Try, passes: Try) -> None:
    passes(
        "metric-period", alarm(f"Metrics: [{metric('a', period=10)}, {metric('b', period=120)}]")
    )
    finds("metric-period", "Period is 45", alarm(f"Metrics: [{metric('a', period=45)}]"))


def test_one_result_of_ten_metrics_is_watched(finds: Try, passes: Try) -> None:
    def metrics(count: int) -> str:
        hidden = [metric(f"m{number}", ", ReturnData: false") for number in range(count)]
        return alarm(f"Metrics: [{{Id: e, Expression: m0 + m1}}, {', '.join(hidden)}]")

    passes("alarm-metrics", metrics(10))
    finds("alarm-metrics", "11 metrics", metrics(11))
    finds("alarm-metrics", "2 results", alarm(f"Metrics: [{metric('a')}, {metric('b')}]"))
    finds("alarm-metrics", "0 results", alarm(f"Metrics: [{metric('a', ', ReturnData: false')}]"))
    finds(
        "alarm-metrics",
        "2 metrics have the id a",
        alarm(f"Metrics: [{metric('a')}, {metric('a', ', ReturnData: false')}]"),
    )


def test_expressions_use_what_is_there(finds: Try, passes: Try) -> None:
    def expression(text: str) -> str:
        return alarm(f'Metrics: [{{Id: e, Expression: "{text}"}}, {metric("errors")}]')

    passes("alarm-expressions", expression("100 * IF(errors > 1e3, FILL(errors, 0), 0)"))
    passes("alarm-expressions", expression("SUM(SEARCH('{AWS/Lambda} errs', 'Sum')) + errors"))
    passes("alarm-expressions", expression("SELECT AVG(x) FROM y"))
    finds("alarm-expressions", "nothing has the id failures", expression("failures / errors"))


def test_an_alarm_is_composed_of_a_hundred(finds: Try, passes: Try) -> None:
    def composed(count: int) -> str:
        text = " OR ".join(f"ALARM(a{number})" for number in range(count))
        return f"It: {{Type: AWS::CloudWatch::CompositeAlarm, Properties: {{AlarmRule: {text}}}}}\n"

    passes("composite-alarm", composed(100))
    finds("composite-alarm", "101 alarms", composed(101))


def dashboard(body: object) -> str:
    text = body if isinstance(body, str) else json.dumps(body)
    return f"""
        It:
          Type: AWS::CloudWatch::Dashboard
          Properties:
            DashboardBody: !Sub '{text}'
        Api: {{Type: AWS::ApiGatewayV2::Api}}
    """


def widget(
    kind: str = "metric", place: dict[str, int] | None = None, **properties: object
) -> object:
    size = {"x": 0, "y": 0, "width": 8, "height": 6, **(place or {})}
    return {"type": kind, **size, "properties": properties}


METRICS = [
    ["AWS/ApiGateway", "Count", "ApiId", "${Api}", {"label": "all"}],
    ["...", {"stat": "p50"}],
    [{"expression": "SUM(METRICS())", "id": "e1"}],
]


def test_a_dashboard(passes: Try) -> None:
    passes(
        "dashboard-body",
        dashboard(
            {
                "widgets": [
                    widget(region="eu-west-1", metrics=METRICS),
                    widget("text", markdown="# Orders"),
                    widget("log", query="fields a", region="eu-west-1"),
                    widget("alarm", alarms=[]),
                ]
            }
        ),
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "not JSON"),
        ({}, "no list of widgets"),
        ({"widgets": [widget("graph")]}, "widget 1 is a graph"),
        ({"widgets": [widget(metrics=METRICS)]}, "has no region"),
        ({"widgets": [widget(region="eu-west-1")]}, "neither metrics nor annotations"),
        ({"widgets": [widget("text")]}, "has no markdown"),
        ({"widgets": [widget("text", {"width": 25}, markdown="a")]}, "the width 25"),
        ({"widgets": [widget("text", {"x": 24}, markdown="a")]}, "the x 24"),
        (
            {"widgets": [widget(title="All", region="a", metrics=[["A", "B", "C"]])]},
            "widget 1 (All) has the metric",
        ),
        ({"widgets": [widget("text", markdown="a")] * 501}, "501 widgets"),
    ],
)
def test_bodies_that_are_none(body: object, said: str, finds: Try) -> None:
    finds("dashboard-body", said, dashboard(body))


def test_a_widget_has_500_metrics_and_a_dashboard_2500(finds: Try, passes: Try) -> None:
    def widgets(*counts: int) -> str:
        return dashboard(
            {"widgets": [widget(region="a", metrics=[["A", "B"]] * n) for n in counts]}
        )

    passes("dashboard-metrics", widgets(*[500] * 5))
    finds("dashboard-metrics", "501 metrics", widgets(501))
    finds("dashboard-metrics", "2501 metrics", widgets(*[500] * 5, 1))
