"""CloudFormation refuses resources that wait for each other. Two circles were in release 1.0.0."""

from pathlib import Path

import pytest

from lambda_workbench.preflight.check import check_files
from lambda_workbench.preflight.files import WorkingTree
from tests.conftest import Render


def circles(project: Path) -> list[str]:
    return [
        str(found)
        for found in check_files(WorkingTree(project), lint=False).findings
        if found.rule == "circular-dependency"
    ]


@pytest.mark.parametrize("api_type", ["http", "rest"])
@pytest.mark.parametrize("api_auth", ["iam", "authorizer"])
def test_the_api_s_alarm_takes_a_deployment_back_without_a_circle(
    render: Render, api_type: str, api_auth: str
) -> None:
    assert circles(render(api_type=api_type, api_auth=api_auth)) == []


@pytest.mark.parametrize("triggers", [["api"], ["queue"], ["api", "queue"]])
def test_flags_watch_an_alarm_without_a_circle(render: Render, triggers: list[str]) -> None:
    assert circles(render(triggers=triggers, feature_flags="appconfig")) == []


def test_a_circle_is_shown_with_its_lines(render: Render) -> None:
    project = render()
    (project / "template.override.yaml").write_text(
        "Resources:\n"
        "  ApiVersionErrorAlarm:\n"
        "    Properties:\n"
        "      AlarmDescription: !Sub Errors behind ${HttpApi}\n"
    )
    (found,) = circles(project)
    assert "ApiVersionErrorAlarm (template.override.yaml:4) → HttpApi (template.yaml:" in found
    assert "→ ApiFunctionAliaslive (template.yaml:" in found
    assert "[dev, staging, prod]" in found
