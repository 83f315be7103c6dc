"""Dashboards: whether CloudWatch takes the body, which is JSON in a text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lambda_workbench.preflight.model import Problem, Stack, rule
from lambda_workbench.preflight.sizes import rendered

_DOCS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest"
_TYPES = {"alarm", "chart", "custom", "explorer", "log", "metric", "text", "trace"}
_NEEDED = {
    "alarm": ("alarms",),
    "custom": ("endpoint",),
    "log": ("query", "region"),
    "metric": ("region",),
    "text": ("markdown",),
}
_BOUNDS = {"width": (1, 24), "height": (1, 1000), "x": (0, 23), "y": (0, None)}


@rule(
    "dashboard-body",
    "The body of a dashboard is JSON with widgets of the types and sizes that CloudWatch has",
    f"{_DOCS}/APIReference/CloudWatch-Dashboard-Body-Structure.html",
)
def dashboard_body(stack: Stack) -> Iterator[Problem]:
    """With text in place of what only a deployment knows."""
    for dashboard in stack.of_type("AWS::CloudWatch::Dashboard"):
        body = _body(stack, dashboard.get("DashboardBody"))
        for fault in _faults(body):
            yield dashboard.problem(fault, "DashboardBody")


def _body(stack: Stack, value: Any) -> Any:
    """The body as data; a text that says why it is none."""
    try:
        return json.loads(str(rendered(stack, value)))
    except ValueError as error:
        return f"the body is not JSON: {error}"


def _faults(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
        return
    widgets = body.get("widgets") if isinstance(body, dict) else None
    if not isinstance(widgets, list):
        yield "the body has no list of widgets"
        return
    if len(widgets) > 500:
        yield f"{len(widgets)} widgets, expected at most 500"
    for number, widget in enumerate(widgets, start=1):
        if not isinstance(widget, dict):
            yield f"widget {number} is not a mapping"
            continue
        title = (widget.get("properties") or {}).get("title")
        name = f"widget {number} ({title})" if title else f"widget {number}"
        for fault in _faults_of_widget(widget):
            yield f"{name} {fault}"


def _faults_of_widget(widget: dict[str, Any]) -> Iterator[str]:
    kind, properties = str(widget.get("type")), widget.get("properties") or {}
    if kind not in _TYPES:
        yield f"is a {kind}, expected one of {', '.join(sorted(_TYPES))}"
    for name, (low, high) in _BOUNDS.items():
        value = widget.get(name, low)
        if not isinstance(value, int) or value < low or (high is not None and value > high):
            yield f"has the {name} {value}, expected {low} to {high or '…'}"
    for name in _NEEDED.get(kind, ()):
        if name not in properties:
            yield f"has no {name}"
    if kind == "metric" and not ("metrics" in properties or "annotations" in properties):
        yield "has neither metrics nor annotations"
    for metric in properties.get("metrics") or []:
        if fault := _fault_of_metric(metric):
            yield f"has the metric {json.dumps(metric)}: {fault}"


def _fault_of_metric(metric: Any) -> str:
    """A metric is a list: namespace, name, then dimensions as name and value, then options."""
    if not isinstance(metric, list) or not metric:
        return "expected a list"
    options = metric[-1] if isinstance(metric[-1], dict) else {}
    names = metric[:-1] if options else metric
    if "expression" in options and not names:
        return ""
    if not all(isinstance(name, str) for name in names):
        return "expected text, and options at the end only"
    # "..." stands for as many as the metric before it has.
    if "..." not in names and (len(names) < 2 or len(names) % 2):
        return "expected a namespace, a name, and a value for each dimension"
    return ""


@rule(
    "dashboard-metrics",
    "A widget has at most 500 metrics, and a dashboard 2,500",
    f"{_DOCS}/monitoring/cloudwatch_limits.html",
)
def dashboard_metrics(stack: Stack) -> Iterator[Problem]:
    """Those that are used but not shown count too."""
    for dashboard in stack.of_type("AWS::CloudWatch::Dashboard"):
        body = _body(stack, dashboard.get("DashboardBody"))
        widgets = body.get("widgets") if isinstance(body, dict) else None
        counts = [
            len((widget.get("properties") or {}).get("metrics") or [])
            for widget in widgets or []
            if isinstance(widget, dict)
        ]
        if max(counts, default=0) > 500:
            yield dashboard.problem(
                f"a widget has {max(counts)} metrics", "DashboardBody", expected="at most 500"
            )
        if sum(counts) > 2500:
            yield dashboard.problem(
                f"{sum(counts)} metrics", "DashboardBody", expected="at most 2500"
            )
