"""Every rule of the preflight."""

from __future__ import annotations

from lambda_workbench.preflight import circles, order
from lambda_workbench.preflight.model import ChangeRule, JointRule, Rule

_MODULES = (circles, order)

RULES: tuple[Rule | JointRule, ...] = tuple(
    value
    for module in _MODULES
    for value in vars(module).values()
    if isinstance(value, (Rule, JointRule))
)
CHANGE_RULES: tuple[ChangeRule, ...] = tuple(
    value for module in _MODULES for value in vars(module).values() if isinstance(value, ChangeRule)
)
