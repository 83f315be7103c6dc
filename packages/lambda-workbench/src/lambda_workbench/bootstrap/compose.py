"""Compose the bootstrap template of a service from the parts beside this file.

The parts are CloudFormation, comments included. Two things are worked out in them:

- A line that ends in `# if A B` is left out, with what is indented below it, unless A or B is a
  fact about the service: the type of a resource that it has, or one of facts.py.
- `<service>`, `<stages>` and the like stand where CloudFormation takes no parameter. Everywhere
  else the template has its parameters `Service` and `Stage`.
"""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lambda_workbench.cloudformation.documents import Template, load

Read = Callable[[str], str]

NAME = "bootstrap.yaml"
# What is said of a resource whose type no part is for.
NOT_GIVEN = (
    "is of a type for which CloudFormation's role gets nothing from `make bootstrap`: give it what "
    "it needs as ExtraPolicyArn, see docs/delivery.md"
)
_PARTS = Path(__file__).parent / "parts"
_MARKED = re.compile(r" # if (?P<facts>.+)$")


def read_part(name: str) -> str:
    """A part as it comes with this package, by its path in parts/."""
    return (_PARTS / name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Service:
    """What the template is for: `facts` as from facts.py, `ci` is `github` or `none`."""

    name: str
    stages: tuple[str, ...]
    ci: str
    facts: frozenset[str]


@dataclass(frozen=True)
class Policy:
    """A policy of CloudFormation's role, and what each of its parts is for."""

    name: str
    about: str
    parts: Mapping[str, Collection[str]]

    def parts_for(self, facts: Collection[str]) -> list[str]:
        """The parts that a service with these facts needs."""
        return [part for part, needed_by in self.parts.items() if set(needed_by) & set(facts)]


def policies(read: Read = read_part) -> list[Policy]:
    """Every policy that there is."""
    table = yaml.safe_load(read("policies.yaml"))
    return [Policy(name, row["about"], row["parts"]) for name, row in table.items()]


def without_part(stages: Iterable[Template], read: Read = read_part) -> dict[str, list[str]]:
    """The types of resources that no part is for, with the logical ids of those resources.

    `stages` are translated templates. CloudFormation's role may not make such a resource.
    """
    known = {one for policy in policies(read) for needed in policy.parts.values() for one in needed}
    found: dict[str, list[str]] = {}
    for resources in (template["Resources"] for template in stages):
        for name, body in resources.items():
            names = found.setdefault(str(body["Type"]), [])
            if name not in names:
                names.append(name)
    return {kind: names for kind, names in sorted(found.items()) if kind not in known}


def compose(service: Service, stage: str = "", read: Read = read_part) -> str:
    """The template as YAML. It is for every stage; `stage` is the one that it takes if none is
    given.
    """
    facts = {*service.facts, f"ci-{service.ci}", *(["for-a-stage"] if stage else [])}
    chosen = [policy for policy in policies(read) if policy.parts_for(facts)]
    sections = [
        read("artefacts.yaml"),
        *([read("repository.yaml")] if "from-image" in facts else []),
        *([read("pipeline.yaml")] if "ci-github" in facts else []),
        read("cloudformation-role.yaml"),
        *(_policy_text(policy, facts, read) for policy in chosen),
        read("boundary.yaml"),
        read("outputs.yaml"),
    ]
    text = read("head.yaml") + "\n".join(sections)
    tokens = {
        "service": service.name,
        "stages": ", ".join(f'"{name}"' for name in service.stages),
        "stage": stage,
        "policies": "\n        ".join(f"- !Ref {policy.name}" for policy in chosen),
    }
    text = _filled(_kept(text, facts), tokens)
    return _filled(text, {"composition": _composition(text)})


def composition_of(template: Mapping[str, Any]) -> str:
    """Which composition a template is, from its outputs; empty for one that does not say."""
    output = template.get("Outputs", {}).get("Composition", {})
    return str(output.get("Value", ""))


def _composition(text: str) -> str:
    """A hash of what is deployed: comments, descriptions of parameters and defaults left out."""
    template = load(text, NAME)
    deployed = {key: template.get(key) for key in ("Resources", "Conditions", "Rules")}
    return hashlib.sha256(json.dumps(deployed, sort_keys=True).encode()).hexdigest()[:16]


def _policy_text(policy: Policy, facts: Collection[str], read: Read) -> str:
    parts = policy.parts_for(facts)
    head = _kept(read("policy.yaml"), {f"part-{part}" for part in parts})
    statements = "".join(read(f"manage/{part}.yaml") for part in parts)
    text = _filled(head, {"about": policy.about, "policy": policy.name})
    return text + textwrap.indent(statements, " " * 10)


def _kept(text: str, facts: Collection[str]) -> str:
    """The text without the lines that are for other facts, and what is indented below those."""
    kept: list[str] = []
    left_out: int | None = None  # the indentation of the line that is
    for line in text.splitlines():
        indentation = len(line) - len(line.lstrip())
        if left_out is not None and (not line.strip() or indentation > left_out):
            continue
        marked = _MARKED.search(line)
        left_out = indentation if marked and not set(marked["facts"].split()) & set(facts) else None
        if left_out is None:
            kept.append(line[: marked.start()] if marked else line)
    return "\n".join(kept) + "\n"


def _filled(text: str, tokens: Mapping[str, str]) -> str:
    for name, value in tokens.items():
        text = text.replace(f"<{name}>", value)
    return text
