"""What `make deploy` has SAM make of the settings: each reaches the live alias."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.conftest import Render

SEALED = """\
import json, sys
from samtranslator.translator.transform import transform
from lambda_workbench.cloudformation import documents
from lambda_workbench.operate import upload

class NoPolicies:
    def load(self):
        return {}

merged = documents.read(__import__("pathlib").Path("template.yaml"))
for body in documents.resources_of_type(merged, "AWS::Serverless::Function").values():
    body["Properties"]["CodeUri"] = "s3://bucket/key"
parameters, layer = json.loads(sys.argv[1]), {"sha256": sys.argv[2]}
sealed = upload.seal(merged, parameters, {"layer": layer})
plain = transform(sealed, parameters, NoPolicies())
versions = [n for n, b in plain["Resources"].items() if b["Type"] == "AWS::Lambda::Version"]
print(json.dumps(sorted(versions)))
"""


@pytest.fixture
def versions(render: Render) -> Any:
    """The versions that a deployment with some parameters would publish."""
    project = render()

    def published(layer: str = "", **parameters: str) -> list[str]:
        given = {"Stage": "dev", "ServiceVersion": "1", **parameters}
        done = subprocess.run(
            [sys.executable, "-c", SEALED, json.dumps(given), layer],
            cwd=project,
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(project), "PATH": "", "AWS_DEFAULT_REGION": "eu-west-1"},
        )
        found: list[str] = json.loads(done.stdout)
        return found

    return published


def test_a_changed_layer_publishes_new_versions(versions: Any) -> None:
    """Its name in a function's properties stays the same, so nothing else would."""
    assert set(versions(layer="a" * 64)).isdisjoint(versions(layer="b" * 64))


def test_a_changed_setting_publishes_new_versions_and_the_same_ones_do_not(versions: Any) -> None:
    once = versions(LogLevel="INFO")
    assert versions(LogLevel="INFO") == once
    assert versions(LogLevel="INFO", WatchAlarms="false") == once  # says how to deploy, not what
    assert set(versions(LogLevel="DEBUG")).isdisjoint(once)
    assert set(versions(LogLevel="INFO", ServiceVersion="2")).isdisjoint(once)
