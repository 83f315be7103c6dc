"""What has to be there first is made first."""

from pathlib import Path

import pytest

from lambda_workbench.preflight.check import check_files
from lambda_workbench.preflight.files import WorkingTree
from tests.conftest import Render


def waits(project: Path) -> list[str]:
    return [
        str(found)
        for found in check_files(WorkingTree(project), lint=False).findings
        if "wait" in found.rule
    ]


@pytest.mark.parametrize("encryption", ["aws", "customer_key"])
def test_a_rest_stage_waits_for_the_settings_of_the_account(
    render: Render, encryption: str
) -> None:
    assert waits(render(api_type="rest", encryption=encryption)) == []


def test_a_stage_may_leave_the_settings_of_the_account_to_another(render: Render) -> None:
    """An account has one role for API Gateway's logs, however many stages are in it."""
    project = render(api_type="rest")
    stages = project / "samconfig.toml"
    text = stages.read_text()
    assert '"Stage=dev",\n' in text
    stages.write_text(text.replace('"Stage=dev",\n', '"Stage=dev",\n    "SetApiLogRole=false",\n'))
    assert check_files(WorkingTree(project), lint=False).findings == ()
