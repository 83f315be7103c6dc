"""The thin client finds the endpoints that botocore finds, in every region it knows."""

from types import ModuleType
from typing import Any

import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider

SESSION = botocore.session.get_session()
LOADER: Any = SESSION.get_component("data_loader")
PARTITIONS: dict[str, Any] = LOADER.load_data("partitions")
REGIONS = [
    region
    for partition in PARTITIONS["partitions"]
    for region in partition["regions"]
    if not region.endswith("-global")
]


@pytest.mark.usefixtures("lambda_environment")
@pytest.mark.parametrize("service", ["dynamodb", "sqs", "ssm", "secretsmanager", "events"])
def test_every_region(aws: ModuleType, monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    rules = LOADER.load_service_model(service, "endpoint-rule-set-1")
    provider = EndpointProvider(rules, PARTITIONS)
    expected, found = {}, {}
    for region in REGIONS:
        monkeypatch.setenv("AWS_REGION", region)
        endpoint = aws.find_endpoint(service)
        found[region] = f"{'https' if endpoint.secure else 'http'}://{endpoint.host}"
        expected[region] = provider.resolve_endpoint(
            Region=region, UseFIPS=False, UseDualStack=False
        ).url
    assert found == expected
    assert len(found) > 30
