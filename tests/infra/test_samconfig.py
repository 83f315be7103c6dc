"""samconfig.toml: SAM CLI itself finds the stack of each stage in it."""

import json

import pytest

from tests import support
from tests.conftest import Render

# Its dependencies fit nobody else's, so it gets an environment of its own.
SAM_CLI = "aws-sam-cli==1.170.0"

READ_AS_SAM = """
import json, sys
from samcli.lib.config.samconfig import SamConfig
config = SamConfig(".")
print(json.dumps({
    f"{stage} {command}": config.get_all(command.split(","), "parameters", env=stage)
    for stage in ("dev", "staging", "prod")
    for command in ("logs", "remote,invoke", "list,endpoints", "deploy")
}))
"""


@pytest.fixture
def seen_by_sam(render: Render) -> dict[str, dict[str, object]]:
    sam = [support.UV, "run", "--quiet", "--isolated", "--no-project", "--with", SAM_CLI]
    done = support.run([*sam, "python", "-c", READ_AS_SAM], cwd=render())
    assert not done.failure, done.failure
    return dict(json.loads(done.output))


def test_every_command_of_sam_finds_the_stack_of_a_stage(
    seen_by_sam: dict[str, dict[str, object]],
) -> None:
    for name, parameters in seen_by_sam.items():
        stage = name.split()[0]
        assert parameters["stack_name"] == f"order-service-{stage}", name
        assert parameters["region"] == "eu-west-1", name
