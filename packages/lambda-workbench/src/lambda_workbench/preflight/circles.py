"""Circular dependencies: CloudFormation refuses a stack whose resources wait for each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import pairwise

from lambda_workbench.preflight.model import Path, Problem, Stack, references, rule

# Attributes whose references CloudFormation waits for. `UpdatePolicy` is one of them: an alias
# waits for the deployment group that shifts its traffic.
_ATTRIBUTES = ("Properties", "UpdatePolicy", "CreationPolicy", "DependsOn")

# The team's own file, beside template.yaml.
OVERRIDE = "template.override.yaml"

Edges = Mapping[str, Mapping[str, Path]]


@rule(
    "circular-dependency",
    "Resources do not wait for each other, update policies included",
    "https://repost.aws/knowledge-center/cloudformation-circular-dependency-error",
)
def circular_dependency(stack: Stack) -> Iterator[Problem]:
    """One circle for each group of resources that wait for each other, the shortest."""
    edges = dependencies(stack)
    seen: set[str] = set()
    for start in sorted(edges, key=lambda name: stack.place(("Resources", name))):
        if start in seen:
            continue
        circle = shortest_circle(edges, start)
        if not circle:
            continue
        seen |= _waiting_for_each_other(edges, start)
        circle = _from_the_team(stack, edges, circle)
        steps = [
            f"{name} ({stack.place(edges[name][following])})"
            for name, following in pairwise(circle)
        ]
        yield Problem(
            edges[circle[0]][circle[1]],
            f"circular dependency: {' → '.join([*steps, circle[-1]])}",
            "one of them to name the next as text instead of by reference",
        )


def _from_the_team(stack: Stack, edges: Edges, circle: list[str]) -> list[str]:
    """A circle so turned that it begins with what the team's own file adds, if it does."""
    for number, (name, following) in enumerate(pairwise(circle)):
        if stack.place(edges[name][following]).file == OVERRIDE:
            return [*circle[number:-1], *circle[: number + 1]]
    return circle


def dependencies(stack: Stack) -> Edges:
    """What each resource waits for, with the path of one reference that makes it wait."""
    found: dict[str, dict[str, Path]] = {name: {} for name in stack.resources}
    for name, resource in stack.resources.items():
        for attribute in _ATTRIBUTES:
            part = resource.body.get(attribute)
            path: Path = ("Resources", name, attribute)
            if attribute == "DependsOn":
                listed = [(path, needed) for needed in part or []]
            else:
                listed = list(references(part, path))
            for where, needed in listed:
                if needed in stack.resources:
                    found[name].setdefault(needed, where)
    return found


def shortest_circle(edges: Edges, start: str) -> list[str]:
    """The shortest way from a resource back to itself, both ends included; empty without one."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for following in edges[name]:
            if following == start:
                way = [start, name]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if following not in came_from:
                came_from[following] = name
                waiting.append(following)
    return []


def reachable(edges: Edges, start: str) -> set[str]:
    """The resources that a resource waits for, directly or not."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for following in edges[waiting.pop()]:
            if following not in found:
                found.add(following)
                waiting.append(following)
    return found


def _waiting_for_each_other(edges: Edges, start: str) -> set[str]:
    """The resources that a resource waits for, directly or not, and that wait for it."""
    ahead = reachable(edges, start)
    return {name for name in ahead if start in reachable(edges, name)}
