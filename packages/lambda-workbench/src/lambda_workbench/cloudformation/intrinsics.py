"""Work out CloudFormation intrinsic functions that depend on parameters only.

What only a deployment can know (a queue's URL, a table's generated name) stays as text:
`${OrdersQueue}` or `${OrdersQueue.Arn}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lambda_workbench.cloudformation.documents import Template

_PLACEHOLDER = re.compile(r"\$\{([^}!][^}]*)\}")
NO_VALUE = object()


class Resolver:
    """Resolves values of one template for one set of parameters."""

    def __init__(
        self,
        template: Template,
        parameters: Mapping[str, str],
        *,
        region: str,
        account: str = "123456789012",
        stack: str = "",
    ) -> None:
        declared = template.get("Parameters") or {}
        self._values: dict[str, Any] = {
            "AWS::Region": region,
            "AWS::AccountId": account,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack,
            "AWS::NoValue": NO_VALUE,
        }
        for name, body in declared.items():
            if name in parameters:
                self._values[name] = parameters[name]
            elif "Default" in body:
                self._values[name] = _as_text(body["Default"])
        self._conditions = template.get("Conditions") or {}
        self._mappings = template.get("Mappings") or {}
        self._calls: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.condition,
            "Fn::Sub": self._sub,
            "Fn::GetAtt": self._get_att,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Equals": lambda pair: len({_as_text(self.value(side)) for side in pair}) == 1,
            "Fn::Not": lambda terms: not self.value(terms[0]),
            "Fn::And": lambda terms: all(self.value(term) for term in terms),
            "Fn::Or": lambda terms: any(self.value(term) for term in terms),
        }

    def value(self, node: Any) -> Any:
        """The node with every call replaced by its result."""
        if isinstance(node, dict):
            if len(node) == 1:
                name, argument = next(iter(node.items()))
                if name in self._calls:
                    return self._calls[name](argument)
            resolved = {key: self.value(value) for key, value in node.items()}
            return {key: value for key, value in resolved.items() if value is not NO_VALUE}
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not NO_VALUE]
        return node

    def condition(self, name: str) -> bool:
        """Whether a named condition holds."""
        return bool(self.value(self._conditions[name]))

    def _ref(self, name: str) -> Any:
        return self._values.get(name, f"${{{name}}}")

    def _get_att(self, target: list[str] | str) -> str:
        dotted = target if isinstance(target, str) else ".".join(target)
        return f"${{{dotted}}}"

    def _sub(self, argument: Any) -> str:
        text, local = argument if isinstance(argument, list) else (argument, {})
        known = {name: self.value(value) for name, value in local.items()}

        def fill(match: re.Match[str]) -> str:
            name = match.group(1).strip()
            return str(known.get(name, self._values.get(name, match.group(0))))

        return _PLACEHOLDER.sub(fill, text).replace("${!", "${")

    def _join(self, argument: list[Any]) -> str:
        separator, parts = argument
        return str(separator).join(str(part) for part in self.value(parts))

    def _select(self, argument: list[Any]) -> Any:
        index, parts = argument
        return self.value(parts)[int(self.value(index))]

    def _split(self, argument: list[Any]) -> list[str]:
        separator, text = argument
        return str(self.value(text)).split(separator)

    def _if(self, argument: list[Any]) -> Any:
        name, yes, no = argument
        return self.value(yes if self.condition(name) else no)

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = (self.value(part) for part in argument[:3])
        return self._mappings[name][str(first)][str(second)]


def _as_text(value: Any) -> str:
    """A parameter's value as CloudFormation would hand it on."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
