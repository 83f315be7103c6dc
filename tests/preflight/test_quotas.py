"""Quotas and forms hold in what is generated, also with the longest names that can be answered."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from lambda_workbench.bootstrap.compose import NAME
from lambda_workbench.cloudformation.documents import load
from lambda_workbench.preflight.catalogue import RULES
from lambda_workbench.preflight.check import check
from lambda_workbench.preflight.files import WorkingTree
from lambda_workbench.preflight.report import Report
from lambda_workbench.preflight.stacks import (
    service_stack,
    service_template,
    stack_beside,
    stages_of,
)
from tests import support
from tests.conftest import Render
from tests.support import ROOT

PROFILES = ROOT / "tests/profiles"
LONGEST_SLUG = "a-service-whose-name-is-as-long-as-it-ge"
# The longest names of regions there are.
LONGEST_REGIONS = ["ap-southeast-1", "ap-northeast-1", "us-gov-east-1"]


def findings(project: Path) -> list[str]:
    """What the preflight's own rules find, cfn-lint's left out."""
    files, report = WorkingTree(project), Report()
    template, stages = service_template(files), stages_of(files)
    service = [service_stack(template, stage) for stage in stages]
    bootstrap = support.bootstrap_template(project)
    for stacks in (service, [stack_beside(bootstrap, NAME, stage) for stage in stages]):
        report.check(stacks, RULES)
    return [str(finding) for finding in report.findings()]


def profile(name: str) -> dict[str, Any]:
    answers: dict[str, Any] = yaml.safe_load((PROFILES / f"{name}.yml").read_text()) or {}
    return answers


@pytest.mark.parametrize("name", sorted(path.stem for path in PROFILES.glob("*.yml")))
def test_a_profile_is_within_what_aws_takes(name: str, render: Render) -> None:
    assert findings(render(**profile(name))) == []


@pytest.mark.parametrize("region", LONGEST_REGIONS)
@pytest.mark.parametrize("queue_type", ["standard", "fifo"])
def test_the_longest_names_are_within_what_aws_takes(
    region: str, queue_type: str, render: Render
) -> None:
    named = {"project_slug": LONGEST_SLUG, "aws_region": region, "queue_type": queue_type}
    extras = {"encryption": "customer_key", "feature_flags": "appconfig", "api_firewall": True}
    project = render(**{**profile("everything"), **named, **extras})
    assert len(LONGEST_SLUG) == 40
    assert LONGEST_SLUG in (project / "template.yaml").read_text()
    assert findings(project) == []


@pytest.mark.slow
def test_provider_schemas_take_the_longest_names(render: Render) -> None:
    named = {"project_slug": LONGEST_SLUG, "aws_region": LONGEST_REGIONS[0]}
    project = render(**{**profile("everything"), **named})
    wrong = [f for f in check(project).findings if f.rule in ("cfn-lint-E3031", "cfn-lint-E3033")]
    assert wrong == []


@pytest.mark.parametrize("owner", ["R&D (Größe) n°1, 'x' #2!", "2: a+b/d_e-f.g@h"])
def test_the_tag_of_an_owner_is_one_that_aws_takes(owner: str, render: Render) -> None:
    assert findings(render(owner=owner)) == []


@pytest.mark.parametrize(("api_type", "longest"), [("http", "10"), ("rest", "29")])
def test_no_authorizer_may_take_longer_than_the_gateway_waits_for_it(
    api_type: str, longest: str, render: Render
) -> None:
    project = render(triggers=["api"], api_type=api_type, api_auth="authorizer")
    template = load((project / "template.yaml").read_text(), "template.yaml")
    assert str(template["Parameters"]["AuthorizerTimeout"]["MaxValue"]) == longest
    samconfig = project / "samconfig.toml"
    given = samconfig.read_text()
    samconfig.write_text(
        given.replace('"Stage=dev",', f'"Stage=dev", "AuthorizerTimeout={longest}",')
    )
    assert findings(project) == []
