# Managed by the template: see docs/updating.md.
"""Adapters meet the local AWS emulator here."""

from typing import Any
from uuid import uuid4

import pytest
from lambda_workbench.testing.emulator import Emulator
from lean_lambda.aws import Aws, ThinAws

LOCAL = {
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


@pytest.fixture
def aws(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """The service's AWS client, talking to the emulator."""
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    for variable, value in {**LOCAL, "AWS_ENDPOINT_URL": emulator.endpoint}.items():
        monkeypatch.setenv(variable, value)
    return ThinAws()


def make_table(aws: Aws, key: str, **indexes: tuple[str, str]) -> str:
    """Create a table with a text key and indexes of (hash key, range key); return its name."""
    name = f"table-{uuid4().hex}"
    attributes = {key, *(attribute for keys in indexes.values() for attribute in keys)}
    definition: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in sorted(attributes)
        ],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
    }
    if indexes:
        definition["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": hash_key, "KeyType": "HASH"},
                    {"AttributeName": range_key, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, (hash_key, range_key) in indexes.items()
        ]
    aws.call("dynamodb", "CreateTable", definition)
    return name
