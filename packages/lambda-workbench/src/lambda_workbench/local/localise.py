"""Turn the merged SAM template into one that the emulator can deploy.

The emulator takes CloudFormation but lacks parts of it; everything that differs from what
AWS gets is in this module, with its reason.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

from lambda_workbench.cloudformation.documents import Template, resources_of_type
from lambda_workbench.errors import ToolError

# Types left out on this machine. What refers to them gets a placeholder.
LEFT_OUT = {
    "AWS::ApplicationAutoScaling::": "nothing to scale on one machine",
    "AWS::Budgets::": "nothing costs anything",
    "AWS::CloudWatch::Alarm": "nobody is on call here, and the emulator lacks metric math",
    "AWS::CloudWatch::CompositeAlarm": "the emulator does not know it",
    "AWS::CodeDeploy::": "new code takes over at once",
    "AWS::EC2::": "functions run on this machine, outside any network",
    "AWS::Logs::QueryDefinition": "the emulator does not know it",
    "AWS::WAFv2::": "the emulator does not filter requests",
}
PLACEHOLDER = "left-out-locally"
# A message that failed comes back after seconds instead of minutes, and not as often.
VISIBILITY_SECONDS = 6
RECEIVES = 2

_RESOURCE_POLICIES = ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy")

# Otherwise SAM's translator warns about a feature flag of its own.
logging.getLogger("samtranslator").setLevel(logging.ERROR)

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"


def localise(template: Template, parameters: Mapping[str, str]) -> Template:
    """The CloudFormation template for the emulator."""
    plain = _transform(template, parameters)
    for name, api in list(resources_of_type(plain, "AWS::ApiGatewayV2::Api").items()):
        _spell_out_http_api(plain, name, api)
    for api in resources_of_type(plain, "AWS::ApiGateway::RestApi").values():
        _expand_any(api)
    for function in resources_of_type(plain, "AWS::Lambda::Function").values():
        function["Properties"].pop("VpcConfig", None)
    for alias in resources_of_type(plain, "AWS::Lambda::Alias").values():
        alias.pop("UpdatePolicy", None)  # names a CodeDeploy application
    for mapping in resources_of_type(plain, "AWS::Lambda::EventSourceMapping").values():
        if "StartingPosition" in mapping["Properties"]:
            # lambda_workbench.local.streams polls instead: the emulator loses records that fail.
            mapping["Properties"]["Enabled"] = False
    _see_flags_at_once(plain)
    for queue in resources_of_type(plain, "AWS::SQS::Queue").values():
        properties = queue.get("Properties") or {}
        if "RedrivePolicy" in properties:
            properties["VisibilityTimeout"] = VISIBILITY_SECONDS
            properties["RedrivePolicy"]["maxReceiveCount"] = RECEIVES
    numbers = {
        name: int(parameters.get(name, body.get("Default", 0)))
        for name, body in (plain.get("Parameters") or {}).items()
        if body.get("Type") == "Number"
    }
    plain["Resources"] = _with_numbers(plain["Resources"], numbers)
    secrets = set(resources_of_type(plain, "AWS::SecretsManager::Secret"))
    plain["Resources"] = _with_secret_arns(plain["Resources"], secrets)
    left_out = _drop_tls_rules(plain["Resources"])
    left_out += [
        name
        for name, body in plain["Resources"].items()
        if any(body["Type"].startswith(kind) for kind in LEFT_OUT)
    ]
    return leave_out(plain, left_out)


def _see_flags_at_once(template: Template) -> None:
    """Roll flags out in no time, and have them read each time."""
    for strategy in resources_of_type(template, "AWS::AppConfig::DeploymentStrategy").values():
        minutes = ("DeploymentDurationInMinutes", "FinalBakeTimeInMinutes")
        strategy["Properties"] |= dict.fromkeys(minutes, 0)
    for function in resources_of_type(template, "AWS::Lambda::Function").values():
        variables = (function["Properties"].get("Environment") or {}).get("Variables") or {}
        if "FLAGS" in variables:
            variables["FLAGS_TTL"] = "0"


def leave_out(template: Template, names: list[str]) -> Template:
    """The template without some resources and without references to them."""
    gone = set(names)
    kept = {name: body for name, body in template["Resources"].items() if name not in gone}
    for body in kept.values():
        needs = body.pop("DependsOn", [])
        needs = [needs] if isinstance(needs, str) else needs
        if remaining := [name for name in needs if name not in gone]:
            body["DependsOn"] = remaining
    result: Template = {**template, "Resources": kept}
    for section in ("Resources", "Outputs"):
        if section in result:
            result[section] = _without_references(result[section], gone)
    return result


class _NoManagedPolicies:
    """SAM asks IAM for the names of AWS's policies; nothing here needs them."""

    def load(self) -> dict[str, str]:
        return {}


def _transform(template: Template, parameters: Mapping[str, str]) -> Template:
    try:
        plain = transform(copy.deepcopy(template), dict(parameters), _NoManagedPolicies())
    except InvalidDocumentException as error:
        causes = "\n".join(f"  {cause.message}" for cause in error.causes)
        raise ToolError(f"the SAM template is not valid:\n{causes}") from error
    result: Template = json.loads(json.dumps(plain))  # plain types only
    return result


def _spell_out_http_api(template: Template, name: str, api: dict[str, Any]) -> None:
    """Turn an HTTP API's OpenAPI body, which the emulator ignores, into resources."""
    properties = api["Properties"]
    body = properties.pop("Body", None)
    if body is None:
        return
    properties.setdefault("Name", (body.get("info") or {}).get("title") or name)
    properties["ProtocolType"] = "HTTP"
    if cors := body.get("x-amazon-apigateway-cors"):
        properties["CorsConfiguration"] = {
            key[0].upper() + key[1:]: value for key, value in cors.items()
        }
    authorizers = _http_authorizers(template, name, body)
    integrations: dict[str, str] = {}
    for number, (route, operation) in enumerate(_operations(body)):
        call = operation.get(_INTEGRATION)
        if call is None:
            continue
        target = json.dumps(call["uri"], sort_keys=True)
        if target not in integrations:
            integrations[target] = f"{name}Integration{len(integrations)}"
            template["Resources"][integrations[target]] = {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": {"Ref": name},
                    "IntegrationType": "AWS_PROXY",
                    "IntegrationMethod": "POST",
                    "IntegrationUri": call["uri"],
                    "PayloadFormatVersion": call.get("payloadFormatVersion", "2.0"),
                },
            }
        template["Resources"][f"{name}Route{number}"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": name},
                "RouteKey": route,
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": integrations[target]}]]},
                **_route_authorization(operation, authorizers),
            },
        }


def _operations(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The route keys of an OpenAPI body with what each of them does."""
    for path, item in body.get("paths", {}).items():
        for method, operation in item.items():
            if method == _ANY:
                yield ("$default" if path == "/$default" else f"ANY {path}"), operation
            elif method in _METHODS:
                yield f"{method.upper()} {path}", operation


def _http_authorizers(
    template: Template, name: str, body: dict[str, Any]
) -> dict[str, tuple[str, str]]:
    """Add the body's authorizers as resources; their logical id and type by name."""
    found = {}
    schemes = (body.get("components") or {}).get("securitySchemes") or {}
    for scheme, definition in schemes.items():
        given = definition.get("x-amazon-apigateway-authorizer")
        if given is None:
            continue
        logical_id = f"{name}{''.join(filter(str.isalnum, scheme))}Authorizer"
        jwt = given.get("type") == "jwt"
        source = given.get("identitySource", "$request.header.Authorization")
        properties: dict[str, Any] = {
            "ApiId": {"Ref": name},
            "Name": scheme,
            "AuthorizerType": "JWT" if jwt else "REQUEST",
            "IdentitySource": source.split(",") if isinstance(source, str) else source,
        }
        if jwt:
            configuration = given["jwtConfiguration"]
            properties["JwtConfiguration"] = {
                "Issuer": configuration["issuer"],
                "Audience": configuration["audience"],
            }
        else:
            properties["AuthorizerUri"] = given["authorizerUri"]
            for key in (
                "authorizerPayloadFormatVersion",
                "enableSimpleResponses",
                "authorizerResultTtlInSeconds",
            ):
                if key in given:
                    properties[key[0].upper() + key[1:]] = given[key]
        template["Resources"][logical_id] = {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": properties,
        }
        found[scheme] = (logical_id, "JWT" if jwt else "CUSTOM")
    return found


def _route_authorization(
    operation: dict[str, Any], authorizers: dict[str, tuple[str, str]]
) -> dict[str, Any]:
    for requirement in operation.get("security") or []:
        for scheme, scopes in requirement.items():
            if scheme in authorizers:
                logical_id, kind = authorizers[scheme]
                found: dict[str, Any] = {
                    "AuthorizationType": kind,
                    "AuthorizerId": {"Ref": logical_id},
                }
                if kind == "JWT" and scopes:
                    found["AuthorizationScopes"] = scopes
                return found
            if scheme == "AWS_IAM":
                return {"AuthorizationType": "AWS_IAM"}
    if (operation.get("x-amazon-apigateway-auth") or {}).get("type") == "AWS_IAM":
        return {"AuthorizationType": "AWS_IAM"}
    return {"AuthorizationType": "NONE"}


def _expand_any(api: dict[str, Any]) -> None:
    """Write out a REST API's ANY methods one by one."""
    for item in ((api["Properties"].get("Body") or {}).get("paths") or {}).values():
        operation = item.pop(_ANY, None)
        if operation is not None:
            for method in _METHODS:
                item.setdefault(method, operation)


def _with_numbers(node: Any, numbers: Mapping[str, int]) -> Any:
    """References to number parameters as numbers: the emulator hands them on as text."""
    if isinstance(node, list):
        return [_with_numbers(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        key, argument = next(iter(node.items()))
        if key == "Ref":
            return numbers.get(argument, node)
        if key in ("Fn::FindInMap", "Fn::Sub", "Fn::Join"):
            return node  # these work on text
    return {key: _with_numbers(value, numbers) for key, value in node.items()}


def _with_secret_arns(node: Any, secrets: set[str]) -> Any:
    """References to secrets as their ARNs, which the emulator gives as `Id` only."""
    if isinstance(node, list):
        return [_with_secret_arns(item, secrets) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        key, argument = next(iter(node.items()))
        if key == "Ref" and argument in secrets:
            return {"Fn::GetAtt": [argument, "Id"]}
        if key == "Fn::Sub" and isinstance(argument, str):
            for name in secrets:
                argument = argument.replace(f"${{{name}}}", f"${{{name}.Id}}")
            return {"Fn::Sub": argument}
    return {key: _with_secret_arns(value, secrets) for key, value in node.items()}


def _drop_tls_rules(resources: dict[str, Any]) -> list[str]:
    """Take the rule that wants TLS out of resource policies: the emulator speaks plain HTTP.

    The names of the policies that have no other rule come back.
    """
    empty = []
    for name, body in resources.items():
        if body["Type"] in _RESOURCE_POLICIES:
            policy = body["Properties"]["PolicyDocument"]
            policy["Statement"] = [rule for rule in policy["Statement"] if not _wants_tls(rule)]
            if not policy["Statement"]:
                empty.append(name)
    return empty


def _wants_tls(rule: dict[str, Any]) -> bool:
    return "aws:SecureTransport" in json.dumps(rule.get("Condition", {}))


def _without_references(node: Any, gone: set[str]) -> Any:
    """The node with every reference to a removed resource replaced by a placeholder."""
    if isinstance(node, list):
        return [_without_references(item, gone) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        if node.get("Ref") in gone:
            return PLACEHOLDER
        target = node.get("Fn::GetAtt")
        if target is not None:
            name = target.split(".")[0] if isinstance(target, str) else target[0]
            if name in gone:
                return PLACEHOLDER
        text = node.get("Fn::Sub")
        if isinstance(text, str):
            for name in gone:
                if f"${{{name}}}" in text or f"${{{name}." in text:
                    return PLACEHOLDER
    return {key: _without_references(value, gone) for key, value in node.items()}
