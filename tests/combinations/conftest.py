"""What takes long runs for a quarter of the rows, and for all of them in `make test-all`."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not isinstance(item, pytest.Function) or not item.get_closest_marker("one_row_in_four"):
            continue
        if item.callspec.indices["row"] % 4:
            item.add_marker(pytest.mark.slow)
