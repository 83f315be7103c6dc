"""Every rule of the preflight."""

from __future__ import annotations

from lambda_workbench.preflight import circles
from lambda_workbench.preflight.model import ChangeRule, Rule

_MODULES = (circles,)

RULES: tuple[Rule, ...] = tuple(
    value for module in _MODULES for value in vars(module).values() if isinstance(value, Rule)
)
CHANGE_RULES: tuple[ChangeRule, ...] = tuple(
    value for module in _MODULES for value in vars(module).values() if isinstance(value, ChangeRule)
)
