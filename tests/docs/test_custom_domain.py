"""docs/custom-domain.md: what it says to write is what AWS takes."""

import re

import pytest

from lambda_workbench.preflight.check import check
from tests import support
from tests.conftest import Render

PAGE = (support.ROOT / "docs/custom-domain.md").read_text()
OVERRIDES = dict(
    zip(("http", "rest"), re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL), strict=True)
)
VALUES = """    "DomainName=orders.example.com",
    "CertificateArn=arn:aws:acm:eu-west-1:123456789012:certificate/0b1f2a3c-0000-4000-8000-1234567890ab",
"""


@pytest.mark.parametrize("api_type", OVERRIDES)
def test_the_domain_of_the_page_is_one_that_aws_takes(render: Render, api_type: str) -> None:
    project = render(api_type=api_type)
    (project / "template.override.yaml").write_text(OVERRIDES[api_type])
    stages = project / "samconfig.toml"
    stages.write_text(re.sub(r'(    "Stage=\w+",\n)', rf"\1{VALUES}", stages.read_text()))

    found = check(project)

    assert found.findings == ()
    # The page says which rights those are given as ExtraPolicyArn.
    told = [re.findall(r"AWS::\w+::\w+", str(notice)) for notice in found.notices]
    assert told == [[kind] for kind in sorted(re.findall(r"Type: (AWS::\S+)", OVERRIDES[api_type]))]
