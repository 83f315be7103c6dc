"""Answers for the tests of this folder: three that differ in everything, and the pairwise cover."""

from typing import Any

import pytest

from tests.combinations.cover import answers, rows
from tests.support import TRIGGERS

HTTP: dict[str, Any] = {
    "triggers": TRIGGERS,
    "api_auth": "authorizer",
    "network": "new",
    "encryption": "customer_key",
    "feature_flags": "appconfig",
    "startup": "provisioned",
    "budget": True,
    "packaging": "layer",
}
REST: dict[str, Any] = {
    "triggers": TRIGGERS,
    "api_type": "rest",
    "api_auth": "api_key",
    "queue_type": "fifo",
    "stream_source": "dynamodb",
    "network": "existing",
    "encryption": "customer_key",
    "api_firewall": True,
    "packaging": "image",
}
NAMED: dict[str, dict[str, Any]] = {"default": {}, "http": HTTP, "rest": REST}
CASES = [pytest.param(given, id=name) for name, given in NAMED.items()] + [
    pytest.param(answers(row), id=f"row-{number}", marks=pytest.mark.slow)
    for number, row in enumerate(rows())
]
