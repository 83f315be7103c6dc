"""The answers of the projects that the checks look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support import TRIGGERS

ONE_PAGE = "https://a.example"
TWO_PAGES = "https://a.example,https://b.example"


@dataclass(frozen=True)
class Profile:
    """One project. Those with `runs` have their tests run, those with `builds` have their packages
    built; the others are only read."""

    name: str
    given: Mapping[str, Any]
    runs: bool = False
    builds: bool = False


# Mutations are tried on the first that fits, so the small ones come first.
PROFILES = [
    Profile("default", {}, runs=True, builds=True),
    Profile(
        "everything",
        {
            "triggers": TRIGGERS,
            "api_auth": "authorizer",
            "cors_origins": ONE_PAGE,
            "encryption": "customer_key",
            "budget": True,
        },
    ),
    Profile(
        "everything-in-a-vpc",
        {
            "triggers": TRIGGERS,
            "api_type": "rest",
            "api_auth": "authorizer",
            "cors_origins": ONE_PAGE,
            "network": "new",
            "stream_source": "dynamodb",
            "queue_type": "fifo",
            "traffic_shifting": "linear",
            "architecture": "x86_64",
            "feature_flags": "appconfig",
        },
        runs=True,
    ),
    Profile(
        "everything-without-a-store",
        {"triggers": TRIGGERS, "api_auth": "none", "data_store": "none"},
    ),
    Profile(
        "http-tokens",
        {
            "triggers": ["api"],
            "api_auth": "jwt",
            "network": "existing",
            "startup": "provisioned",
            "budget": True,
        },
    ),
    Profile(
        "rest-keys",
        {
            "triggers": ["api"],
            "api_type": "rest",
            "api_auth": "api_key",
            "cors_origins": TWO_PAGES,
            "api_firewall": True,
        },
    ),
    Profile(
        "rest-open",
        {
            "triggers": ["api"],
            "api_type": "rest",
            "api_auth": "none",
            "cors_origins": ONE_PAGE,
            "api_cache": True,
        },
    ),
    Profile(
        "rest-tokens",
        {
            "triggers": ["api"],
            "api_type": "rest",
            "api_auth": "jwt",
            "traffic_shifting": "all_at_once",
            "startup": "snapstart",
        },
    ),
    Profile(
        "rest-identities",
        {"triggers": ["api"], "api_type": "rest", "api_auth": "iam", "cors_origins": TWO_PAGES},
    ),
    Profile(
        "schedule",
        {
            "triggers": ["schedule"],
            "schedule_expression": "cron(0 6 ? * MON-FRI *)",
            "ci": "none",
            "python_version": "3.12",
        },
    ),
    Profile("layer", {"triggers": ["queue"], "packaging": "layer"}, builds=True),
    Profile("image", {"triggers": ["api"], "packaging": "image"}, builds=True),
    Profile("queue", {"triggers": ["queue"], "queue_type": "fifo", "data_store": "none"}),
]
