"""Answers in which every possible pair of choices occurs: a few dozen instead of millions.

A factor is a question, but a trigger is one of its own. NOT_ASKED stands for a question that does
not apply; COMPUTED for one whose default follows from other answers.

After a change of a factor or a rule: .venv/bin/python -m tests.combinations.cover
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

from tests.support import TRIGGERS

ROWS = Path(__file__).with_name("cover.json")

Row = dict[str, Any]

NOT_ASKED = "not asked"
COMPUTED = "computed"

FACTORS: dict[str, list[Any]] = {
    "project_name": [
        "Order Service",
        "Bestell-Dienst & Söhne's 2",
        "A name as long as it may be: sixty letters and not one more.",
    ],
    "description": [
        "Takes orders and fulfils them",
        "Größe: 100% of it's #1, (really?) a/b @ & + _x_ ! 'quoted' - no: yes",
    ],
    "owner": ["Orders team", "Équipe n°1, 'paiements' #2: no"],
    "aws_region": ["eu-west-1", "us-east-1", "cn-north-1"],
    **{trigger: [True, False] for trigger in TRIGGERS},
    "api_type": ["http", "rest", NOT_ASKED],
    "api_auth": ["none", "iam", "jwt", "authorizer", "api_key", NOT_ASKED],
    "cors_origins": [
        "",
        "https://shop.example.com",
        "https://a.example.com:8443,http://localhost:3000",
        "*",
        NOT_ASKED,
    ],
    "api_cache": [False, True, NOT_ASKED],
    "api_firewall": [False, True, NOT_ASKED],
    "queue_type": ["standard", "fifo", NOT_ASKED],
    "stream_source": ["kinesis", "dynamodb", NOT_ASKED],
    "schedule_expression": ["rate(1 day)", "cron(0 6 ? * MON-FRI *)", NOT_ASKED],
    "data_store": ["dynamodb", "none"],
    "project_slug": [COMPUTED, "a-slug-as-long-as-it-may-be-forty-chars1"],
    "package_name": [COMPUTED, "shop", "a_package_as_long_as_it_may_be_40_chars1"],
    "feature_flags": ["none", "appconfig", NOT_ASKED],
    "network": ["none", "existing", "new"],
    "vpc_endpoints": [COMPUTED, (), ("sqs", "logs"), NOT_ASKED],
    "encryption": ["aws", "customer_key"],
    "iac": ["sam"],
    "ci": ["github", "none"],
    "packaging": ["zip", "layer", "image"],
    "startup": ["on_demand", "provisioned", "snapstart"],
    "traffic_shifting": ["all_at_once", "canary", "linear"],
    "budget": [False, True],
    "python_version": ["3.12", "3.13", "3.14"],
    "architecture": ["arm64", "x86_64"],
    "license": ["proprietary", "MIT", "Apache-2.0"],
}


@dataclass(frozen=True)
class Rule:
    """What a row must hold to be answers that the template accepts."""

    factors: tuple[str, ...]
    holds: Callable[[Row], bool]


def asked_when(factor: str, depends_on: str, condition: Callable[[Any], bool]) -> Rule:
    return Rule(
        (factor, depends_on),
        lambda row: (row[factor] != NOT_ASKED) == condition(row[depends_on]),
    )


RULES = [
    Rule(tuple(TRIGGERS), lambda row: any(row[trigger] for trigger in TRIGGERS)),
    asked_when("api_type", "api", bool),
    asked_when("api_auth", "api", bool),
    asked_when("cors_origins", "api", bool),
    asked_when("api_cache", "api", bool),
    asked_when("api_firewall", "api", bool),
    asked_when("queue_type", "queue", bool),
    asked_when("stream_source", "stream", bool),
    asked_when("schedule_expression", "schedule", bool),
    Rule(
        ("feature_flags", "api", "queue"),
        lambda row: (row["feature_flags"] != NOT_ASKED) == (row["api"] or row["queue"]),
    ),
    asked_when("vpc_endpoints", "network", lambda network: network == "new"),
    Rule(
        ("api_type", "api_auth"),
        lambda row: row["api_auth"] != "api_key" or row["api_type"] == "rest",
    ),
    Rule(
        ("api_cache", "api_type", "api_auth", "cors_origins", "data_store"),
        lambda row: (
            row["api_cache"] is not True
            or (
                (row["api_type"], row["api_auth"], row["data_store"])
                == ("rest", "none", "dynamodb")
                and "," not in row["cors_origins"]
            )
        ),
    ),
    Rule(
        ("api_firewall", "api_type"),
        lambda row: row["api_firewall"] is not True or row["api_type"] == "rest",
    ),
    Rule(
        ("cors_origins", "api_auth"),
        lambda row: row["cors_origins"] != "*" or row["api_auth"] == "none",
    ),
    Rule(
        ("stream_source", "data_store"),
        lambda row: row["stream_source"] != "dynamodb" or row["data_store"] == "dynamodb",
    ),
    Rule(
        ("aws_region", "startup"),
        lambda row: row["aws_region"] != "cn-north-1" or row["startup"] != "snapstart",
    ),
    Rule(
        ("packaging", "startup"),
        lambda row: row["packaging"] != "image" or row["startup"] != "snapstart",
    ),
]


def rows() -> list[Row]:
    """Rows that together hold every possible pair of levels, as `computed` found them."""
    return [
        {
            factor: tuple(level) if isinstance(level, list) else level
            for factor, level in row.items()
        }
        for row in json.loads(ROWS.read_text(encoding="utf-8"))
    ]


def computed() -> list[Row]:
    """Rows that together hold every possible pair of levels, one greedy row after another.

    The same on every machine, until a factor or a rule changes. It takes a while, and every test
    over the cover needs it, so the rows are kept in a file.
    """
    missing = dict.fromkeys(possible_pairs())  # a set that keeps its order
    found: list[Row] = []
    chance = random.Random(1)  # noqa: S311  ties are broken the same way each time
    while missing:
        row: Row = dict(next(iter(missing)))
        for factor in sorted(FACTORS.keys() - row.keys(), key=lambda f: (-len(FACTORS[f]), f)):
            gains = {
                level: sum(pair((factor, level), other) in missing for other in row.items())
                for level in FACTORS[factor]
                if can_be_completed({**row, factor: level})
            }
            best = max(gains.values())
            row[factor] = chance.choice([level for level in gains if gains[level] == best])
        for covered in pairs(row):
            missing.pop(covered, None)
        found.append(row)
    return found


def answers(row: Row) -> dict[str, Any]:
    """A row as answers to the template's questions."""
    given = {
        factor: list(level) if isinstance(level, tuple) else level
        for factor, level in row.items()
        if factor not in TRIGGERS and level not in (NOT_ASKED, COMPUTED)
    }
    return {**given, "triggers": [trigger for trigger in TRIGGERS if row[trigger]]}


Choice = tuple[str, Any]


def pair(one: Choice, other: Choice) -> tuple[Choice, Choice]:
    return (one, other) if one[0] < other[0] else (other, one)


def pairs(row: Row) -> Iterator[tuple[Choice, Choice]]:
    for one, other in combinations(row.items(), 2):
        yield pair(one, other)


def possible_pairs() -> Iterator[tuple[Choice, Choice]]:
    for one, other in combinations(FACTORS, 2):
        for left, right in product(FACTORS[one], FACTORS[other]):
            if can_be_completed({one: left, other: right}):
                yield pair((one, left), (other, right))


def can_be_completed(row: Row) -> bool:
    """Whether some row that all rules accept has these levels."""
    if not all(rule.holds(row) for rule in RULES if row.keys() >= set(rule.factors)):
        return False
    factor = next((f for rule in RULES for f in rule.factors if f not in row), None)
    return factor is None or any(
        can_be_completed({**row, factor: level}) for level in FACTORS[factor]
    )


if __name__ == "__main__":
    ROWS.write_text(json.dumps(computed(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
