"""Works out a CloudFormation template: parameters, conditions and functions become plain values.

What is only known after deploying (an ARN, a URL) is made up from the resource's name, the same
for each way of asking for it, so that references can be compared.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

ACCOUNT = "111111111111"
PARTITION = "aws"

Node = Any


class _Loader(yaml.CSafeLoader):
    """Reads short forms such as !Ref, and leaves dates as text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _short_form(loader: _Loader, name: str, node: yaml.Node) -> Node:
    value: Node
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _short_form)


def load(text: str) -> dict[str, Any]:
    """A template's text as data."""
    found = yaml.load(text, Loader=_Loader)  # noqa: S506 (it is a safe loader)
    assert isinstance(found, dict)
    return found


def merge(base: Node, override: Node) -> Node:
    """Lay a project's own template over the one of the template, as its tools do."""
    if _is_function(base) or _is_function(override):
        return override
    if isinstance(base, dict) and isinstance(override, dict):
        merged = {**base, **{k: merge(base.get(k), v) for k, v in override.items()}}
        return {key: value for key, value in merged.items() if value is not None}
    if isinstance(base, list) and isinstance(override, list):
        return [*base, *override]
    return override


def _is_function(node: Node) -> bool:
    return isinstance(node, dict) and len(node) == 1 and next(iter(node)).startswith(("Ref", "Fn:"))


# The property that names a resource, the end of its ARN ("{}" is the name), and what Ref gives.
_KINDS: dict[str, tuple[str, str, str]] = {
    "AWS::ApiGateway::ApiKey": ("Name", "apigateway:{region}::/apikeys/{name}", "name"),
    "AWS::ApiGateway::RestApi": ("", "apigateway:{region}::/restapis/{name}", "name"),
    "AWS::ApiGatewayV2::Api": ("", "apigateway:{region}::/apis/{name}", "name"),
    "AWS::CloudWatch::Alarm": (
        "AlarmName",
        "cloudwatch:{region}:{account}:alarm:{name}",
        "name",
    ),
    "AWS::CloudWatch::CompositeAlarm": (
        "AlarmName",
        "cloudwatch:{region}:{account}:alarm:{name}",
        "name",
    ),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb:{region}:{account}:table/{name}", "name"),
    "AWS::Events::Rule": ("Name", "events:{region}:{account}:rule/{name}", "name"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "iam::{account}:policy/{name}", "arn"),
    "AWS::IAM::OIDCProvider": (
        "",
        "iam::{account}:oidc-provider/token.actions.githubusercontent.com",
        "arn",
    ),
    "AWS::IAM::Role": ("RoleName", "iam::{account}:role/{name}", "name"),
    "AWS::KMS::Key": ("", "kms:{region}:{account}:key/{name}", "name"),
    "AWS::Kinesis::Stream": ("Name", "kinesis:{region}:{account}:stream/{name}", "name"),
    "AWS::Lambda::Function": ("FunctionName", "lambda:{region}:{account}:function:{name}", "name"),
    "AWS::Lambda::LayerVersion": ("LayerName", "lambda:{region}:{account}:layer:{name}:1", "arn"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs:{region}:{account}:log-group:{name}:*", "name"),
    "AWS::S3::Bucket": ("BucketName", "s3:::{name}", "name"),
    "AWS::SNS::Topic": ("TopicName", "sns:{region}:{account}:{name}", "arn"),
    "AWS::SQS::Queue": ("QueueName", "sqs:{region}:{account}:{name}", "url"),
    "AWS::SSM::Parameter": ("Name", "ssm:{region}:{account}:parameter{name}", "name"),
    "AWS::Scheduler::Schedule": (
        "Name",
        "scheduler:{region}:{account}:schedule/default/{name}",
        "name",
    ),
    "AWS::Scheduler::ScheduleGroup": (
        "Name",
        "scheduler:{region}:{account}:schedule-group/{name}",
        "name",
    ),
    "AWS::SecretsManager::Secret": (
        "Name",
        "secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
        "arn",
    ),
    "AWS::WAFv2::WebACL": ("Name", "wafv2:{region}:{account}:regional/webacl/{name}", "arn"),
}
_NOTHING = object()


class Template:
    """A template for one stack: `resources` are those that the parameters call for, worked out."""

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        region: str,
        stack: str = "",
    ):
        self._declared: dict[str, Any] = template.get("Parameters") or {}
        self._mappings: dict[str, Any] = template.get("Mappings") or {}
        self._conditions: dict[str, Any] = template.get("Conditions") or {}
        self._resources: dict[str, Any] = template.get("Resources") or {}
        self._outputs: dict[str, Any] = template.get("Outputs") or {}
        self._given = parameters
        self.region = region
        self.stack = stack or f"stack-{parameters.get('Stage', 'any')}"
        self.resources: dict[str, dict[str, Any]] = {
            name: {"Properties": {}, **self.resolve(body)}
            for name, body in self._resources.items()
            if "Condition" not in body or self.holds(body["Condition"])
        }

    def of_type(self, *kinds: str) -> dict[str, dict[str, Any]]:
        """The properties of the resources of these types, by logical id."""
        return {
            name: body["Properties"]
            for name, body in self.resources.items()
            if body["Type"] in kinds
        }

    def parameter(self, name: str) -> Any:
        """The value of a parameter: given or default."""
        body = self._declared[name]
        value = self._given.get(name, body.get("Default", f"<{name}>"))
        if "List" in body.get("Type", "") and isinstance(value, str):
            return value.split(",")
        if body.get("Type") == "Number" and isinstance(value, str):
            return float(value) if "." in value else int(value)
        return value

    def output(self, name: str) -> str:
        """The value of an output; empty when there is none of this name."""
        return str(self.resolve(self._outputs[name]["Value"])) if name in self._outputs else ""

    def holds(self, condition: str) -> bool:
        """Whether a named condition is true."""
        return bool(self.resolve(self._conditions[condition]))

    def source(self, logical_id: str) -> dict[str, Any]:
        """A resource as it is written, nothing worked out."""
        body: dict[str, Any] = self._resources[logical_id]
        return body

    def name_of(self, logical_id: str) -> str:
        """The name that a resource has, or the one CloudFormation might give it."""
        body = self._resources[logical_id]
        named_by = _KINDS.get(body["Type"], ("", "", ""))[0]
        given = (body.get("Properties") or {}).get(named_by) if named_by else None
        return str(self.resolve(given)) if given is not None else f"{self.stack}-{logical_id}"

    def arn_of(self, logical_id: str) -> str:
        """The ARN that a resource will have, more or less."""
        body = self._resources[logical_id]
        kind = body["Type"]
        if kind == "AWS::Lambda::Alias":
            properties = body["Properties"]
            function = self.resolve(properties["FunctionName"])
            return self._arn("lambda:{region}:{account}:function:{name}", function) + (
                f":{self.resolve(properties['Name'])}"
            )
        return (
            self._arn(_KINDS[kind][1], self.name_of(logical_id))
            if kind in _KINDS
            else (f"arn:{PARTITION}:{kind}:{logical_id}")
        )

    def _arn(self, form: str, name: str) -> str:
        return f"arn:{PARTITION}:" + form.format(region=self.region, account=ACCOUNT, name=name)

    def url_of(self, logical_id: str) -> str:
        """The URL of a queue."""
        return f"https://sqs.{self.region}.amazonaws.com/{ACCOUNT}/{self.name_of(logical_id)}"

    def resolve(self, node: Node) -> Node:
        """Work a node out; what has no value (AWS::NoValue) is left out of its surroundings."""
        found = self._resolve(node)
        return None if found is _NOTHING else found

    def _resolve(self, node: Node) -> Node:
        if isinstance(node, list):
            return [item for item in map(self._resolve, node) if item is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            name, value = next(iter(node.items()))
            if name == "Ref":
                return self._ref(value)
            if name == "Condition" and isinstance(value, str):
                return self.holds(value)
            if isinstance(name, str) and name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), value)
        worked_out = {key: self._resolve(value) for key, value in node.items()}
        return {key: value for key, value in worked_out.items() if value is not _NOTHING}

    def _ref(self, name: str) -> Node:
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": _NOTHING,
            "AWS::Partition": PARTITION,
            "AWS::Region": self.region,
            "AWS::StackName": self.stack,
            "AWS::StackId": f"arn:{PARTITION}:cloudformation:{self.region}:{ACCOUNT}:stack/"
            f"{self.stack}/0a1b2c3d",
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self._declared:
            return self.parameter(name)
        kind = self._resources[name]["Type"]
        gives = _KINDS.get(kind, ("", "", "arn" if kind == "AWS::Lambda::Alias" else "name"))[2]
        return {"name": self.name_of, "arn": self.arn_of, "url": self.url_of}[gives](name)

    def _attribute(self, logical_id: str, attribute: str) -> str:
        kind = self._resources[logical_id]["Type"]
        if attribute == "Arn" or (kind == "AWS::SecretsManager::Secret" and attribute == "Id"):
            return self.arn_of(logical_id)
        if attribute == "StreamArn":
            return f"{self.arn_of(logical_id)}/stream/2026-01-01T00:00:00.000"
        if kind == "AWS::Lambda::Version" and attribute == "Version":
            return "7"
        if attribute in {"QueueName", "TopicName"}:
            return self.name_of(logical_id)
        return f"{self.arn_of(logical_id)}#{attribute}"

    def _substitute(self, text: str, values: Mapping[str, Node]) -> str:
        def value_of(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in values:
                return str(self._resolve(values[name]))
            if "." in name:
                return self._attribute(*name.split(".", 1))
            return str(self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", value_of, text)

    def _call(self, name: str, value: Node) -> Node:
        match name:
            case "Sub":
                text, values = value if isinstance(value, list) else (value, {})
                return self._substitute(text, values)
            case "GetAtt":
                parts = value.split(".", 1) if isinstance(value, str) else value
                return self._attribute(parts[0], str(self._resolve(parts[1])))
            case "If":
                condition, if_true, if_false = value
                return self._resolve(if_true if self.holds(condition) else if_false)
            case "FindInMap":
                top, first, second = (self._resolve(part) for part in value[:3])
                return self._resolve(self._mappings[top][str(first)][str(second)])
            case "Equals":
                left, right = (self._resolve(part) for part in value)
                return str(left) == str(right)
            case "Not":
                return not self._resolve(value[0])
            case "And":
                return all(self._resolve(part) for part in value)
            case "Or":
                return any(self._resolve(part) for part in value)
            case "Join":
                separator, parts = value
                return str(separator).join(str(part) for part in self._resolve(parts))
            case "Split":
                separator, text = value
                return str(self._resolve(text)).split(separator)
            case "Select":
                index, items = value
                return self._resolve(items)[int(self._resolve(index))]
            case "GetAZs":
                return [f"{self.region}{letter}" for letter in "abc"]
            case "Cidr":
                return [f"10.0.{n}.0/24" for n in range(int(self._resolve(value[1])))]
        raise NotImplementedError(f"Fn::{name}")
