# Managed by the template: see docs/updating.md.
"""Whether the numbers of each function's concurrency go together, stage by stage.

CloudFormation cannot compare numbers, and some of what does not fit is accepted by AWS and shows
only under load. So `make check` and `make deploy` look before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tools.intrinsics import Resolver
from tools.merge import merged_template
from tools.project import ToolError
from tools.stages import stage_names, stage_parameters, stage_region
from tools.template import Template, resources_of_type


def main() -> None:
    """Print what does not go together in any stage, and end with 1 if anything does not."""
    template = merged_template()
    found = [
        f"{stage}: {fault}"
        for stage in stage_names()
        for fault in faults(template, stage_parameters(stage), stage_region(stage))
    ]
    if found:
        sys.exit("\n".join(found))


def refuse_what_does_not_fit(
    template: Template, stage: str, parameters: Mapping[str, str], region: str
) -> None:
    """Raise `ToolError` with everything that does not go together in this stage."""
    found = list(faults(template, parameters, region))
    if found:
        raise ToolError("\n".join(f"{stage}: {fault}" for fault in found))


def faults(template: Template, parameters: Mapping[str, str], region: str) -> Iterator[str]:
    """What does not go together with these parameters, in words that say what to change."""
    resolver = Resolver(template, parameters, region=region)
    shared = (template.get("Globals") or {}).get("Function") or {}
    most = _most_by_alias(template, resolver)
    for name, body in resources_of_type(template, "AWS::Serverless::Function").items():
        function = resolver.value({**shared, **body["Properties"]})
        reserved = _number(function.get("ReservedConcurrentExecutions"))
        messages = _from_queues(function)
        ready = _number(
            (function.get("ProvisionedConcurrencyConfig") or {}).get(
                "ProvisionedConcurrentExecutions"
            )
        )
        alias = f"function:{function.get('FunctionName')}:{function.get('AutoPublishAlias')}"
        at_most = most.get(alias, ready or 0)
        if reserved is not None and messages > reserved:
            yield (
                f"{name} takes up to {messages} batches from queues at a time (MaximumConcurrency) "
                f"but has {reserved} reserved: the others are throttled, and their messages end "
                "as dead letters. Raise ReservedConcurrentExecutions or lower MaximumConcurrency."
            )
        if ready is not None and at_most < ready:
            yield (
                f"{name} keeps {ready} environments ready but may have {at_most} at most. "
                "Raise the parameter that ends in ProvisionedMost, or set it to 0."
            )
        if reserved is not None and max(at_most, ready or 0) > reserved:
            yield (
                f"{name} keeps up to {max(at_most, ready or 0)} environments ready but has "
                f"{reserved} reserved, which Lambda refuses. Raise the reserved concurrency."
            )
        if ready and (function.get("SnapStart") or {}).get("ApplyOn") == "PublishedVersions":
            yield f"{name} has both SnapStart and provisioned concurrency: Lambda allows one."


def _most_by_alias(template: Template, resolver: Resolver) -> dict[str, int]:
    """How many environments may be kept ready, by the alias that is scaled."""
    found = {}
    for body in resources_of_type(template, "AWS::ApplicationAutoScaling::ScalableTarget").values():
        if "Condition" not in body or resolver.condition(body["Condition"]):
            target = resolver.value(body["Properties"])
            found[str(target["ResourceId"])] = int(target["MaxCapacity"])
    return found


def _from_queues(function: Mapping[str, Any]) -> int:
    """How many batches the function's queues hand it at a time, together."""
    sources = (function.get("Events") or {}).values()
    limits = [
        (source["Properties"].get("ScalingConfig") or {}).get("MaximumConcurrency")
        for source in sources
        if source["Type"] == "SQS"
    ]
    return sum(int(limit) for limit in limits if limit is not None)


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


if __name__ == "__main__":
    from tools.cli import guarded

    guarded(main)
