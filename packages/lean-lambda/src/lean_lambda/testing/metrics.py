"""What a function counted, as CloudWatch reads it in its output."""

import json

import pytest

OF_EVERY_FUNCTION = {"ColdStart", "HandlerDuration", "RecordsTried"}


def counts(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """The sum of each metric in the output since the last look."""
    found: dict[str, float] = {}
    for line in capsys.readouterr().out.splitlines():
        if not line.startswith('{"_aws"'):
            continue
        document = json.loads(line)
        directive, *_of_the_version = document["_aws"]["CloudWatchMetrics"]
        for name in {metric["Name"] for metric in directive["Metrics"]} - OF_EVERY_FUNCTION:
            values = document[name]
            found.setdefault(name, 0)
            found[name] += sum(values) if isinstance(values, list) else values
    return found
