"""Metrics in CloudWatch's embedded metric format (EMF): log lines that become metrics.

Source: the Embedded Metric Format specification in the CloudWatch user guide.
"""

import sys
import time
from typing import Final, Literal

import msgspec

from .settings import ServiceSettings

Unit = Literal["Count", "Milliseconds", "Bytes", "None"]

BY_VERSION: Final = frozenset({"RecordsFailed", "RecordsTried", "RequestFailed"})
"""Also recorded per version of the function, for the alarms that take a version back."""

_MOST_VALUES: Final = 100
_dimensions: dict[str, str] = {}
_version = ""
_namespace = ""
_values: dict[str, list[float]] = {}
_units: dict[str, Unit] = {}


def configure(settings: ServiceSettings, function: str, version: str) -> None:
    """Name the namespace and the dimensions of everything that is recorded from here on."""
    global _namespace, _version
    _namespace = settings.metrics_namespace
    _version = version
    _dimensions.update(service=settings.service_name, stage=settings.stage, function_name=function)


def add(name: str, value: float = 1, unit: Unit = "Count") -> None:
    """Record one value; several values of one name make its distribution."""
    _units[name] = unit
    values = _values.setdefault(name, [])
    values.append(value)
    if len(values) == _MOST_VALUES:
        flush()


def flush() -> None:
    """Write what was recorded as one EMF line, and start anew."""
    if not _values:
        return
    directives = [_directive(list(_values), list(_dimensions))]
    if watched := [name for name in _values if name in BY_VERSION]:
        directives.append(_directive(watched, [*_dimensions, "executed_version"]))
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives},
        **_dimensions,
        "executed_version": _version,
        **{name: values[0] if len(values) == 1 else values for name, values in _values.items()},
    }
    _values.clear()
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def _directive(names: list[str], dimensions: list[str]) -> dict[str, object]:
    return {
        "Namespace": _namespace,
        "Dimensions": [dimensions],
        "Metrics": [{"Name": name, "Unit": _units[name]} for name in names],
    }
