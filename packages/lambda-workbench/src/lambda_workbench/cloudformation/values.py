"""Fill the values of one deployment into a template.

Conditions are decided, and parameters, mappings and pseudo parameters replaced by what they stand
for. What only a deployment can know (a queue's URL, a table's generated name) stays the call that
it was, so that the result is a template still.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lambda_workbench.cloudformation.documents import Template

ACCOUNT = "123456789012"
_NO_VALUE = object()
PLACEHOLDER = re.compile(r"\$\{([^}!][^}]*)\}")
_DOMAINS = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-us-gov": "amazonaws.com"}


def filled(
    template: Template,
    parameters: Mapping[str, str],
    *,
    region: str,
    stack: str,
    account: str = ACCOUNT,
) -> Template:
    """The template with its values filled in: `Parameters` (those without a value), `Resources`
    and `Outputs` (those whose condition holds).
    """
    return _Values(template, parameters, region, stack, account).template()


def partition_of(region: str) -> str:
    """The partition that a region is in: aws, aws-cn or aws-us-gov."""
    prefix = region.split("-")[0]
    return {"cn": "aws-cn", "us": "aws-us-gov" if "-gov-" in region else "aws"}.get(prefix, "aws")


class _Values:
    def __init__(
        self,
        template: Template,
        parameters: Mapping[str, str],
        region: str,
        stack: str,
        account: str,
    ) -> None:
        partition = partition_of(region)
        self._template = template
        self._declared = template.get("Parameters") or {}
        self._known: dict[str, Any] = {
            "AWS::AccountId": account,
            "AWS::NoValue": _NO_VALUE,
            "AWS::NotificationARNs": [],
            "AWS::Partition": partition,
            "AWS::Region": region,
            "AWS::StackId": f"arn:{partition}:cloudformation:{region}:{account}:stack/{stack}/0",
            "AWS::StackName": stack,
            "AWS::URLSuffix": _DOMAINS[partition],
        }
        for name, body in self._declared.items():
            value = parameters.get(name, body.get("Default"))
            if value is not None and not str(body.get("Type")).startswith("AWS::SSM::"):
                self._known[name] = _typed(_as_text(value), str(body.get("Type")))
        self._calls: dict[str, Callable[[Any], Any]] = {
            "Ref": lambda name: self._known.get(name, {"Ref": name}),
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Sub": self._sub,
        }

    def template(self) -> Template:
        resources = {
            name: self._resource(body)
            for name, body in (self._template.get("Resources") or {}).items()
            if self._exists(body)
        }
        for body in resources.values():
            needs = body.pop("DependsOn", [])
            needs = [needs] if isinstance(needs, str) else needs
            if kept := [name for name in needs if name in resources]:
                body["DependsOn"] = kept
        outputs = {
            name: self._resource(body)
            for name, body in (self._template.get("Outputs") or {}).items()
            if self._exists(body)
        }
        unknown = {name: body for name, body in self._declared.items() if name not in self._known}
        return {
            "AWSTemplateFormatVersion": "2010-09-09",
            **({"Parameters": unknown} if unknown else {}),
            "Resources": resources,
            **({"Outputs": outputs} if outputs else {}),
        }

    def _resource(self, body: Mapping[str, Any]) -> dict[str, Any]:
        skipped = ("Condition", "Metadata")
        values = {key: self._value(part) for key, part in body.items() if key not in skipped}
        return {key: value for key, value in values.items() if value is not _NO_VALUE}

    def _exists(self, body: Mapping[str, Any]) -> bool:
        return "Condition" not in body or self._condition(body["Condition"])

    def _value(self, node: Any) -> Any:
        if isinstance(node, dict):
            if len(node) == 1:
                name, argument = next(iter(node.items()))
                if name in self._calls:
                    return self._calls[name](argument)
            values = {key: self._value(value) for key, value in node.items()}
            return {key: value for key, value in values.items() if value is not _NO_VALUE}
        if isinstance(node, list):
            return [value for value in map(self._value, node) if value is not _NO_VALUE]
        return node

    def _condition(self, name: Any) -> bool:
        """Whether a condition holds; one that cannot be decided counts as holding."""
        if isinstance(name, dict):
            return self._holds(name)
        return self._holds((self._template.get("Conditions") or {}).get(name, True))

    def _holds(self, term: Any) -> bool:
        if isinstance(term, dict) and len(term) == 1:
            name, argument = next(iter(term.items()))
            if name == "Condition":
                return self._condition(argument)
            if name == "Fn::Not":
                return not self._holds(argument[0])
            if name == "Fn::And":
                return all(map(self._holds, argument))
            if name == "Fn::Or":
                return any(map(self._holds, argument))
            if name == "Fn::Equals":
                left, right = (_as_text(self._value(side)) for side in argument)
                return left == right
        return bool(term)

    def _if(self, argument: Any) -> Any:
        condition, yes, no = argument
        return self._value(yes if self._condition(condition) else no)

    def _find_in_map(self, argument: Any) -> Any:
        keys = [self._value(part) for part in argument]
        found: Any = self._template.get("Mappings") or {}
        for key in keys[:3]:
            found = found.get(_as_text(key)) if isinstance(found, dict) else None
        return {"Fn::FindInMap": keys} if found is None else self._value(found)

    def _join(self, argument: Any) -> Any:
        separator, parts = argument[0], self._value(argument[1])
        if isinstance(parts, list) and all(map(_is_scalar, parts)):
            return str(separator).join(map(_as_text, parts))
        return {"Fn::Join": [separator, parts]}

    def _select(self, argument: Any) -> Any:
        index, parts = self._value(argument[0]), self._value(argument[1])
        if isinstance(parts, list) and str(index).isdecimal() and int(index) < len(parts):
            return parts[int(index)]
        return {"Fn::Select": [index, parts]}

    def _split(self, argument: Any) -> Any:
        separator, text = argument[0], self._value(argument[1])
        if isinstance(text, str):
            return text.split(separator)
        return {"Fn::Split": [separator, text]}

    def _sub(self, argument: Any) -> Any:
        text, given = argument if isinstance(argument, list) else (argument, {})
        local = {name: self._value(value) for name, value in given.items()}

        def fill(match: re.Match[str]) -> str:
            name = match.group(1).strip()
            value = local.get(name, self._known.get(name))
            if not _is_scalar(value):
                return match.group(0)
            return _as_text(value)

        text = PLACEHOLDER.sub(fill, text)
        left = {match.group(1).strip() for match in PLACEHOLDER.finditer(text)}
        if not left:
            return text.replace("${!", "${")
        rest = {name: value for name, value in local.items() if name in left}
        return {"Fn::Sub": [text, rest] if rest else text}


def _typed(text: str, kind: str) -> Any:
    """A parameter's value as `Ref` gives it."""
    if kind == "Number":
        try:
            return int(text)
        except ValueError:
            return text
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [part.strip() for part in text.split(",")]
    return text


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool))


def _as_text(value: Any) -> str:
    """A value as CloudFormation would hand it on."""
    return str(value).lower() if isinstance(value, bool) else str(value)
