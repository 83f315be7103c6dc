"""What the tests of the package share."""

import sys
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

# Slow machines are no failure.
settings.register_profile(
    "package", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("package")


@pytest.fixture
def take_snapshot(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Start everything as for SnapStart; calling this is the moment of the snapshot."""
    registered: list[Callable[[], object]] = []
    hooks = ModuleType("snapshot_restore_py")
    monkeypatch.setattr(hooks, "register_before_snapshot", registered.append, raising=False)
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", hooks)
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")

    def take() -> None:
        for forget in reversed(registered):
            forget()

    return take
