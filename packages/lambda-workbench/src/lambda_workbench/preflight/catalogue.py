"""Every rule of the preflight."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from lambda_workbench.preflight import (
    alarms,
    changes,
    circles,
    concurrency,
    dashboards,
    destinations,
    event_sources,
    exceptions,
    firewalls,
    functions,
    gateways,
    limits,
    naming,
    order,
    policies,
    quotas,
    schedules,
    stores,
    tags,
    timing,
)
from lambda_workbench.preflight.model import ChangeRule, JointRule, Rule

_MODULES = (
    circles,
    order,
    quotas,
    naming,
    tags,
    policies,
    functions,
    concurrency,
    event_sources,
    destinations,
    timing,
    schedules,
    gateways,
    firewalls,
    alarms,
    dashboards,
    stores,
    limits,
    exceptions,
    changes,
)


def _values(module: ModuleType) -> Iterator[object]:
    """What a module defines, and what its tables hold."""
    for value in vars(module).values():
        if isinstance(value, tuple):
            yield from value
        else:
            yield value


RULES: tuple[Rule | JointRule, ...] = tuple(
    value
    for module in _MODULES
    for value in _values(module)
    if isinstance(value, (Rule, JointRule))
)
CHANGE_RULES: tuple[ChangeRule, ...] = tuple(
    value for module in _MODULES for value in _values(module) if isinstance(value, ChangeRule)
)
