"""The stack of one stage as CloudFormation would see it, and what each of its resources is called.

Names, ARNs and tags are those that AWS would give; random parts are made up.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from tests import support
from tests.conformance import cloudformation
from tests.iam.judge import ACCOUNT

Properties = Mapping[str, Any]
# What a deployment has to be told; everything else has a default.
GIVEN = {
    "AlarmEmail": "team@example.com",
    "JwtIssuer": "https://issuer.example",
    "JwtAudience": "service",
    "UserPoolArn": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a",
    "SubnetIds": "subnet-1,subnet-2",
    "SecurityGroupIds": "sg-1",
    "Image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:abc",
    "ServiceVersion": "1",
    "ReserveConcurrency": "true",
    "ApiProvisioned": "2",
    "ApiProvisionedMost": "10",
}


@dataclass(frozen=True)
class Target:
    """Something that a call can be about.

    kind      service and resource type as in the Service Authorization Reference: `sqs:queue`
    tagged    whether it carries the tags of the stack
    only      the actions that are about it; empty for all that take this type
    fresh     whether it is the resource that the type makes, as against one that exists already
    """

    kind: str
    arn: str
    tagged: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    fresh: bool = True
    policy: Mapping[str, Any] | None = None


class Bootstrap(cloudformation.Template):
    """The bootstrap stack of one stage."""

    def __init__(self, project: Path, stage: str, region: str, **parameters: str) -> None:
        template = cloudformation.load(support.bootstrap_template(project))
        given = {
            "Stage": stage,
            "GitHubOrganisation": "acme",
            "GitHubOrganisationId": "42",
            "GitHubRepository": "orders",
            "GitHubRepositoryId": "4711",
            **parameters,
        }
        slug = yaml.safe_load((project / ".copier-answers.yml").read_text())["project_slug"]
        super().__init__(template, given, region, f"{slug}-bootstrap-{stage}")
        self.stack_id = str(self.resolve({"Ref": "AWS::StackId"}))

    def policies(self, role: str) -> tuple[Mapping[str, Any], ...]:
        """The documents of the managed policies that a role has."""
        attached = self.of_type("AWS::IAM::Role")[role]["ManagedPolicyArns"]
        return tuple(
            properties["PolicyDocument"]
            for name, properties in self.of_type("AWS::IAM::ManagedPolicy").items()
            if self.arn_of(name) in attached
        )

    @property
    def boundary(self) -> Mapping[str, Any]:
        """The document of the boundary for roles."""
        found: Mapping[str, Any] = self.of_type("AWS::IAM::ManagedPolicy")["RoleBoundary"][
            "PolicyDocument"
        ]
        return found


class Stack(cloudformation.Template):
    """template.yaml after SAM's translator, with its values filled in."""

    def __init__(self, project: Path, stage: str, bootstrap: Bootstrap, **parameters: str) -> None:
        answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
        self.slug = str(answers["project_slug"])
        self.stage = stage
        self.region = bootstrap.region
        self.bootstrap = bootstrap
        template = yaml_parse((project / "template.yaml").read_text())
        bucket = bootstrap.name_of("Artefacts")
        self.package = f"{self.slug}/{stage}/0123abcd.zip"
        for body in template["Resources"].values():
            for key in ("CodeUri", "ContentUri"):
                if key in (body.get("Properties") or {}):
                    body["Properties"][key] = f"s3://{bucket}/{self.package}"
        given = {
            **{name: value for name, value in GIVEN.items() if name in template["Parameters"]},
            "Stage": stage,
            "RoleBoundaryArn": bootstrap.arn_of("RoleBoundary"),
            **{name: value for name, value in parameters.items() if name in template["Parameters"]},
        }
        plain = json.loads(json.dumps(transform(template, given, _NoPolicies()), default=str))
        super().__init__(plain, given, bootstrap.region, f"{self.slug}-{stage}")

    def name_of(self, logical_id: str) -> str:
        """The name that a resource has, or the one CloudFormation might give it."""
        name = super().name_of(logical_id)
        return f"{name}-1A2B3C4D5E6F" if name == f"{self.stack}-{logical_id}" else name

    @property
    def tags(self) -> dict[str, str]:
        """The tags that every deployment gives to the stack."""
        return {"service": self.slug, "stage": self.stage, "owner": "Orders team"}

    def arn(self, form: str) -> str:
        """An ARN of this account and region: `sqs:{r}:{a}:name`."""
        return "arn:aws:" + form.format(r=self.region, a=ACCOUNT)

    def targets(self, logical_id: str, properties: Properties | None = None) -> list[Target]:
        """What the calls for a resource can be about."""
        body = self.resources[logical_id]
        return list(_TARGETS[body["Type"]](self, logical_id, properties or body["Properties"]))

    def key(self, given: str, via: str) -> Iterator[Target]:
        """The KMS key that a property names, used through a service. AWS's own are open to all."""
        for name, properties in self.of_type("AWS::KMS::Key").items():
            if given in {self.name_of(name), self.arn_of(name)}:
                context = {
                    "kms:ViaService": f"{via}.{self.region}.amazonaws.com",
                    "kms:GrantIsForAWSResource": "true",
                    "kms:CallerAccount": ACCOUNT,
                }
                policy = properties["KeyPolicy"]
                arn = self.arn_of(name)
                yield Target("kms:key", arn, True, context, fresh=False, policy=policy)

    def role(self, arn: str, service: str) -> Target:
        """A role that is given to a service."""
        context = {"iam:PassedToService": f"{service}.amazonaws.com"}
        return Target("iam:role", arn, context=context, fresh=False)


class _NoPolicies:
    """SAM's translator asks IAM for the names of AWS's policies, which nothing here needs."""

    def load(self) -> dict[str, str]:
        return {}


Targets = Callable[[Stack, str, Properties], Iterator[Target]]
_TARGETS: dict[str, Targets] = {}


def _targets(*types: str) -> Callable[[Targets], Targets]:
    def register(function: Targets) -> Targets:
        for name in types:
            _TARGETS[name] = function
        return function

    return register


def _gateway(stack: Stack, path: str, *verbs: str, **more: Any) -> Target:
    only = tuple(f"apigateway:{verb}" for verb in verbs)
    return Target("apigateway:*", stack.arn(f"apigateway:{{r}}::/{path}"), only=only, **more)


def _tags_of(stack: Stack, path: str) -> Target:
    quoted = f"arn%3Aaws%3Aapigateway%3A{stack.region}%3A%3A%2F{path.replace('/', '%2F')}"
    return _gateway(stack, f"tags/{quoted}", "PUT", "DELETE")


@_targets("AWS::ApiGateway::Account")
def _account(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    yield _gateway(stack, "account", "GET", "PATCH", fresh=False)
    yield stack.role(properties["CloudWatchRoleArn"], "apigateway")


@_targets("AWS::ApiGateway::ApiKey", "AWS::ApiGateway::UsagePlan")
def _tagged_by_gateway(stack: Stack, name: str, _properties: Properties) -> Iterator[Target]:
    kind = {"ApiKey": "apikeys", "UsagePlan": "usageplans"}[
        stack.resources[name]["Type"].rsplit("::", 1)[-1]
    ]
    yield _gateway(stack, kind, "POST")
    yield _gateway(stack, f"{kind}/abc123", "GET", "PATCH", "DELETE", tagged=True)
    yield _tags_of(stack, f"{kind}/abc123")


@_targets("AWS::ApiGateway::UsagePlanKey")
def _usage_plan_key(stack: Stack, _name: str, _properties: Properties) -> Iterator[Target]:
    # Tags of a usage plan are inherited by its keys:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
    yield _gateway(stack, "usageplans/abc123/keys", "POST", tagged=True, fresh=False)
    yield _gateway(stack, "usageplans/abc123/keys/k1", "GET", "DELETE", tagged=True, fresh=False)


@_targets("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
def _api(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    old = stack.resources[name]["Type"] == "AWS::ApiGateway::RestApi"
    kind = "restapis" if old else "apis"
    called = properties.get("Name") or properties["Body"]["info"]["title"]
    known = {
        "apigateway:Request/ApiName": called,
        "apigateway:Resource/ApiName": called,
    }
    item = ("GET", "PATCH", "DELETE", "PUT", "UpdateRestApiPolicy")
    # An OpenAPI document is imported: POST for REST APIs, PUT for HTTP APIs.
    yield _gateway(stack, kind, "POST", *(() if old else ("PUT",)), context=known)
    yield _gateway(stack, f"{kind}/abc123", *item, tagged=True, context=known)
    yield _tags_of(stack, f"{kind}/abc123")
    if properties.get("BodyS3Location"):
        yield _object(stack, properties["BodyS3Location"])


@_targets("AWS::ApiGateway::Deployment")
def _deployment(stack: Stack, _name: str, _properties: Properties) -> Iterator[Target]:
    # Tags of a REST API are inherited by what is in it (same page).
    yield _gateway(stack, "restapis/abc123/deployments", "POST", tagged=True, fresh=False)
    item = "restapis/abc123/deployments/d1"
    yield _gateway(stack, item, "GET", "PATCH", "DELETE", tagged=True, fresh=False)


@_targets("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage")
def _stage(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    old = stack.resources[name]["Type"] == "AWS::ApiGateway::Stage"
    kind = "restapis" if old else "apis"
    stages = f"{kind}/abc123/stages"
    item = f"{stages}/{properties['StageName']}"
    # Only in REST APIs are tags inherited.
    yield _gateway(stack, stages, "POST", tagged=old, fresh=False)
    yield _gateway(stack, item, "GET", "PATCH", "DELETE", tagged=True)
    if old:
        yield _tags_of(stack, item)
    else:
        # https://github.com/aws-amplify/amplify-cli/issues/12316 shows the resource.
        yield _gateway(stack, stages, "TagResource")
        yield _gateway(stack, item, "UntagResource", "TagResource", tagged=True)


def _object(stack: Stack, _where: object) -> Target:
    bucket = stack.bootstrap.name_of("Artefacts")
    context = {"aws:ResourceAccount": ACCOUNT}
    return Target(
        "s3:object", f"arn:aws:s3:::{bucket}/{stack.package}", context=context, fresh=False
    )


@_targets(
    "AWS::AppConfig::Application",
    "AWS::AppConfig::ConfigurationProfile",
    "AWS::AppConfig::Deployment",
    "AWS::AppConfig::DeploymentStrategy",
    "AWS::AppConfig::Environment",
    "AWS::AppConfig::HostedConfigurationVersion",
)
def _flags(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    paths = {
        "application": "application/app1234",
        "configurationprofile": "application/app1234/configurationprofile/prof123",
        "deployment": "application/app1234/environment/env1234/deployment/1",
        "deploymentstrategy": "deploymentstrategy/strat12",
        "environment": "application/app1234/environment/env1234",
        "hostedconfigurationversion": "application/app1234/configurationprofile/prof123/"
        "hostedconfigurationversion/1",
    }
    made = stack.resources[name]["Type"].rsplit("::", 1)[-1].lower()
    for kind, path in paths.items():
        yield Target(
            f"appconfig:{kind}",
            stack.arn(f"appconfig:{{r}}:{{a}}:{path}"),
            tagged=kind != "hostedconfigurationversion",
            fresh=kind == made,
        )
    for monitor in properties.get("Monitors", []):
        yield stack.role(monitor["AlarmRoleArn"], "appconfig")
    if "RetrievalRoleArn" in properties:
        yield stack.role(properties["RetrievalRoleArn"], "appconfig")
    yield from stack.key(properties.get("KmsKeyIdentifier", ""), "appconfig")


@_targets(
    "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"
)
def _scaling(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    arn = stack.arn("application-autoscaling:{r}:{a}:scalable-target/1234abcd56ab78cd901ef")
    fresh = stack.resources[name]["Type"].endswith("ScalableTarget")
    context = {
        "application-autoscaling:service-namespace": "lambda",
        "application-autoscaling:scalable-dimension": "lambda:function:ProvisionedConcurrency",
    }
    yield Target("application-autoscaling:ScalableTarget", arn, True, context, fresh=fresh)
    resource = str(properties.get("ResourceId", f"function:{stack.slug}-{stack.stage}-api:live"))
    function = stack.arn(f"lambda:{{r}}:{{a}}:{resource}")
    yield Target("lambda:function alias", function, fresh=False)
    yield Target("", "*", only=("cloudwatch:GetMetricData",))
    # Target tracking makes alarms with such names.
    alarm = stack.arn(f"cloudwatch:{{r}}:{{a}}:alarm:TargetTracking-{resource}-AlarmHigh-1234abcd")
    yield Target("cloudwatch:alarm", alarm, fresh=False)
    linked = "aws-service-role/lambda.application-autoscaling.amazonaws.com/"
    linked += "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency"
    service = {"iam:AWSServiceName": "lambda.application-autoscaling.amazonaws.com"}
    yield Target("iam:role", stack.arn(f"iam::{{a}}:role/{linked}"), context=service, fresh=False)


@_targets("AWS::Budgets::Budget")
def _budget(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    name = properties["Budget"]["BudgetName"]
    yield Target("budgets:budget", stack.arn(f"budgets::{{a}}:budget/{name}"), tagged=True)
    if "BillingViewArn" in properties["Budget"]:
        yield Target("billing:billingview", properties["Budget"]["BillingViewArn"], fresh=False)


@_targets("AWS::CloudWatch::Alarm")
def _alarm(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    arn = stack.arn(f"cloudwatch:{{r}}:{{a}}:alarm:{properties['AlarmName']}")
    yield Target("cloudwatch:alarm", arn, tagged=True)


@_targets("AWS::CloudWatch::Dashboard")
def _dashboard(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    arn = stack.arn(f"cloudwatch::{{a}}:dashboard/{properties['DashboardName']}")
    yield Target("cloudwatch:dashboard", arn, tagged=True)


@_targets("AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup")
def _code_deploy(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    # https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-iam-access-control-identity-based.html
    application = str(properties.get("ApplicationName", stack.name_of(name)))
    form = f"codedeploy:{{r}}:{{a}}:application:{application}"
    yield Target("codedeploy:application", stack.arn(form), tagged=True)
    form = f"codedeploy:{{r}}:{{a}}:deploymentgroup:{application}/{stack.name_of(name)}"
    yield Target("codedeploy:deploymentgroup", stack.arn(form), tagged=True)
    shifting = properties.get("DeploymentConfigName", "CodeDeployDefault.LambdaAllAtOnce")
    config = stack.arn(f"codedeploy:{{r}}:{{a}}:deploymentconfig:{shifting}")
    yield Target("codedeploy:deploymentconfig", config, fresh=False)
    instance = stack.arn("codedeploy:{r}:{a}:instance:any")
    yield Target("codedeploy:instance", instance, fresh=False)
    if "ServiceRoleArn" in properties:
        yield stack.role(properties["ServiceRoleArn"], "codedeploy")


@_targets("AWS::DynamoDB::Table")
def _table(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    arn = stack.arn_of(name)
    yield Target("dynamodb:table", arn, tagged=True)
    yield Target("dynamodb:index", f"{arn}/index/any", tagged=True)
    if "StreamSpecification" in properties:
        yield Target("dynamodb:stream", f"{arn}/stream/2026-01-01T00:00:00.000", tagged=True)
    encryption = properties.get("SSESpecification", {})
    yield from stack.key(encryption.get("KMSMasterKeyId", ""), "dynamodb")
    # Things that a table of this template has not, for the exceptions to be tried on.
    if "KinesisStreamSpecification" in properties:
        stream = properties["KinesisStreamSpecification"]["StreamArn"]
        yield Target("kinesis:stream", stream, fresh=False)
    if "ImportSourceSpecification" in properties:
        yield Target("dynamodb:import", f"{arn}/import/01", fresh=False)
        yield Target("s3:object", "arn:aws:s3:::elsewhere/key", fresh=False)
        yield Target("s3:bucket", "arn:aws:s3:::elsewhere", fresh=False)
        group = stack.arn("logs:{r}:{a}:log-group:/aws-dynamodb/imports")
        yield Target("logs:log-group", group, fresh=False)
        yield Target("logs:log-stream", f"{group}:log-stream:x", fresh=False)
    linked = (
        "aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication"
    )
    yield Target("iam:role", stack.arn(f"iam::{{a}}:role/{linked}"), fresh=False)


_NETWORK = {
    "AWS::EC2::RouteTable": "route-table/rtb-1",
    "AWS::EC2::SecurityGroup": "security-group/sg-1",
    "AWS::EC2::Subnet": "subnet/subnet-1",
    "AWS::EC2::SubnetRouteTableAssociation": "",
    "AWS::EC2::VPC": "vpc/vpc-1",
    "AWS::EC2::VPCEndpoint": "vpc-endpoint/vpce-1",
}


@_targets(*_NETWORK)
def _network(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    made = _NETWORK[stack.resources[name]["Type"]]
    for path in filter(None, _NETWORK.values()):
        if path == made or "VpcId" in properties or not made:
            kind = f"ec2:{path.partition('/')[0]}"
            arn = stack.arn(f"ec2:{{r}}:{{a}}:{path}")
            yield Target(kind, arn, tagged=True, fresh=path == made)
    if "EncryptionControl" in properties or "VpcEncryptionControl" in properties:
        control = stack.arn("ec2:{r}:{a}:vpc-encryption-control/c-1")
        yield Target("ec2:vpc-encryption-control", control)
    if "ServiceRegion" in properties:
        yield Target("vpce:vpc-endpoint", stack.arn("ec2:{r}:{a}:vpc-endpoint/vpce-1"))


@_targets("AWS::Events::Rule")
def _rule(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    arn = stack.arn(f"events:{{r}}:{{a}}:rule/{properties.get('Name', stack.name_of(name))}")
    yield Target("events:rule-on-default-event-bus", arn, tagged=True)
    for target in properties.get("Targets", []):
        if "RoleArn" in target:
            yield stack.role(target["RoleArn"], "events")


@_targets("AWS::IAM::Role")
def _role(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    context = {"iam:PermissionsBoundary": properties.get("PermissionsBoundary", "")}
    for policy in properties.get("ManagedPolicyArns", [""]):
        yield Target(
            "iam:role", role_arn(stack, name), context={**context, "iam:PolicyARN": policy}
        )


def role_arn(stack: Stack, name: str) -> str:
    """The ARN of a role of the stack, which its path is part of."""
    path = stack.resources[name]["Properties"].get("Path", "/")
    return stack.arn(f"iam::{{a}}:role{path}{stack.name_of(name)}")


@_targets("AWS::KMS::Key")
def _key(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    policy = properties["KeyPolicy"]
    context = {"kms:CallerAccount": ACCOUNT}
    yield Target("kms:key", stack.arn_of(name), True, context, policy=policy)


@_targets("AWS::KMS::Alias")
def _alias(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    yield Target("kms:alias", stack.arn(f"kms:{{r}}:{{a}}:{properties['AliasName']}"))
    for key, body in stack.of_type("AWS::KMS::Key").items():
        if properties["TargetKeyId"] == stack.name_of(key):
            arn = stack.arn_of(key)
            yield Target("kms:key", arn, True, fresh=False, policy=body["KeyPolicy"])


@_targets("AWS::Kinesis::Stream")
def _stream(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    yield Target(
        "kinesis:stream", stack.arn(f"kinesis:{{r}}:{{a}}:stream/{properties['Name']}"), True
    )
    key = properties["StreamEncryption"]["KeyId"]
    for name in stack.of_type("AWS::KMS::Key"):
        if key == stack.arn_of(name):
            yield Target("kinesis:kmsKey", key, True, fresh=False)
    if key.startswith("alias/"):
        managed = stack.arn("kms:{r}:{a}:key/aws-managed-key-of-kinesis")
        yield Target("kinesis:kmsKey", managed, fresh=False)


def _function_arn(stack: Stack, given: str) -> str:
    return given if given.startswith("arn:") else stack.arn(f"lambda:{{r}}:{{a}}:function:{given}")


@_targets("AWS::Lambda::Function")
def _function(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    yield Target("lambda:function", _function_arn(stack, properties["FunctionName"]), tagged=True)
    yield stack.role(properties["Role"], "lambda")
    if "S3Bucket" in properties["Code"]:
        yield _object(stack, properties["Code"])
    for layer in properties.get("Layers", []):
        yield Target("lambda:layerVersion", layer, fresh=False)
    yield from stack.key(properties.get("KmsKeyArn", ""), "lambda")
    if "CodeSigningConfigArn" in properties:
        given = properties["CodeSigningConfigArn"]
        yield Target("lambda:code signing config", given, fresh=False)
    if "CapacityProviderConfig" in properties:
        provider = stack.arn("lambda:{r}:{a}:capacity-provider:any")
        yield Target("lambda:capacityProvider", provider, fresh=False)
    if "FileSystemConfigs" in properties:
        system = stack.arn("elasticfilesystem:{r}:{a}:file-system/fs-1")
        yield Target("elasticfilesystem:file-system", system, fresh=False)
        yield Target(
            "s3files:file-system", stack.arn("s3files:{r}:{a}:file-system/fs-1"), fresh=False
        )


@_targets("AWS::Lambda::Alias", "AWS::Lambda::Version", "AWS::Lambda::EventInvokeConfig")
def _version(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    arn = _function_arn(stack, properties["FunctionName"])
    yield Target("lambda:function", arn, tagged=True, fresh=False)
    kind = "version" if stack.resources[name]["Type"].endswith("Version") else "alias"
    yield Target(f"lambda:function {kind}", f"{arn}:{ {'version': '7', 'alias': 'live'}[kind] }")
    for group in stack.of_type("AWS::CodeDeploy::DeploymentGroup"):
        yield from (
            target
            for target in stack.targets(group)
            if target.kind.startswith("codedeploy:") and "instance" not in target.kind
        )


@_targets("AWS::Lambda::EventSourceMapping")
def _mapping(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    context = {"lambda:FunctionArn": _function_arn(stack, properties["FunctionName"])}
    arn = stack.arn("lambda:{r}:{a}:event-source-mapping:0a1b2c3d-0000-1111-2222-333344445555")
    yield Target("lambda:eventSourceMapping", arn, True, context)
    yield Target("lambda:*", "*", context=context, only=("lambda:CreateEventSourceMapping",))
    yield from stack.key(properties.get("KmsKeyArn", ""), "lambda")


@_targets("AWS::Lambda::LayerVersion")
def _layer(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    arn = stack.arn(f"lambda:{{r}}:{{a}}:layer:{properties['LayerName']}")
    yield Target("lambda:layer", arn)
    yield Target("lambda:layerVersion", f"{arn}:1")
    yield _object(stack, properties["Content"])


@_targets("AWS::Lambda::Permission")
def _permission(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    arn = _function_arn(stack, properties["FunctionName"])
    context = {"lambda:Principal": properties["Principal"]}
    yield Target("lambda:function", arn.removesuffix(":live"), True, context, fresh=False)


@_targets("AWS::Logs::LogGroup")
def _log_group(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    arn = stack.arn(f"logs:{{r}}:{{a}}:log-group:{properties['LogGroupName']}")
    yield Target("logs:log-group", arn, tagged=True)
    if "DestinationArn" in properties:
        yield Target("firehose:deliverystream", properties["DestinationArn"], fresh=False)


@_targets("AWS::Logs::QueryDefinition")
def _query(_stack: Stack, _name: str, _properties: Properties) -> Iterator[Target]:
    yield from ()


@_targets("AWS::S3::Bucket", "AWS::S3::BucketPolicy")
def _bucket(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    bucket = properties.get("BucketName") or properties.get("Bucket")
    context = {"aws:ResourceAccount": ACCOUNT}
    yield Target("s3:bucket", f"arn:aws:s3:::{bucket}", context=context)
    yield Target("s3:object", f"arn:aws:s3:::{bucket}/any", context=context)
    for path in ("TableBucket", "Table"):
        tables = stack.arn(f"s3tables:{{r}}:{{a}}:bucket/{name.lower()}")
        yield Target(f"s3tables:{path}", tables + ("/table/t1" if path == "Table" else ""))
    replication = properties.get("ReplicationConfiguration")
    if replication:
        yield stack.role(replication["Role"], "s3")


@_targets("AWS::SNS::Topic")
def _topic(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    yield Target("sns:topic", stack.arn(f"sns:{{r}}:{{a}}:{properties['TopicName']}"), tagged=True)
    for setting in properties.get("DeliveryStatusLogging", []):
        yield stack.role(setting["SuccessFeedbackRoleArn"], "sns")


@_targets("AWS::SNS::Subscription", "AWS::SNS::TopicPolicy")
def _of_topic(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    for topic in properties.get("Topics", [properties.get("TopicArn")]):
        yield Target("sns:topic", topic, tagged=True, fresh=False)
    if "SubscriptionRoleArn" in properties:
        yield stack.role(properties["SubscriptionRoleArn"], "sns")


@_targets("AWS::SQS::Queue")
def _queue(stack: Stack, name: str, _properties: Properties) -> Iterator[Target]:
    yield Target("sqs:queue", stack.arn_of(name), tagged=True)


@_targets("AWS::SQS::QueuePolicy")
def _queue_policy(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    for url in properties["Queues"]:
        arn = stack.arn(f"sqs:{{r}}:{{a}}:{url.rsplit('/', 1)[-1]}")
        yield Target("sqs:queue", arn, tagged=True, fresh=False)


@_targets("AWS::SSM::Parameter")
def _parameter(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    yield Target("ssm:parameter", stack.arn(f"ssm:{{r}}:{{a}}:parameter{properties['Name']}"), True)


@_targets("AWS::Scheduler::Schedule")
def _schedule(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    path = f"{properties['GroupName']}/{properties['Name']}"
    yield Target("scheduler:schedule", stack.arn(f"scheduler:{{r}}:{{a}}:schedule/{path}"))
    yield stack.role(properties["Target"]["RoleArn"], "scheduler")


@_targets("AWS::Scheduler::ScheduleGroup")
def _schedule_group(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    arn = stack.arn(f"scheduler:{{r}}:{{a}}:schedule-group/{properties['Name']}")
    yield Target("scheduler:schedule-group", arn, tagged=True)
    # A group goes with the schedules that are left in it.
    left = f"{properties['Name']}/{properties['Name']}-timer"
    yield Target("scheduler:schedule", stack.arn(f"scheduler:{{r}}:{{a}}:schedule/{left}"))


@_targets("AWS::SecretsManager::Secret")
def _secret(stack: Stack, name: str, properties: Properties) -> Iterator[Target]:
    yield Target("secretsmanager:Secret", stack.arn_of(name), tagged=True)
    yield from stack.key(properties.get("KmsKeyId", ""), "secretsmanager")


@_targets("AWS::WAFv2::WebACL")
def _firewall(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    arn = stack.arn(f"wafv2:{{r}}:{{a}}:regional/webacl/{properties['Name']}/0a1b2c3d")
    yield Target("wafv2:webacl", arn, tagged=True)
    # Groups of rules that AWS keeps.
    managed = stack.arn("wafv2:{r}:{a}:regional/managedruleset/common/1")
    yield Target("wafv2:managedruleset", managed, fresh=False)


@_targets("AWS::WAFv2::WebACLAssociation", "AWS::WAFv2::LoggingConfiguration")
def _with_firewall(stack: Stack, _name: str, properties: Properties) -> Iterator[Target]:
    for acl in stack.of_type("AWS::WAFv2::WebACL").values():
        arn = stack.arn(f"wafv2:{{r}}:{{a}}:regional/webacl/{acl['Name']}/0a1b2c3d")
        yield Target("wafv2:webacl", arn, tagged=True, fresh=False)
    guarded = str(properties["ResourceArn"])
    if ":apigateway:" in guarded:
        path = f"restapis/abc123/stages/{stack.stage}"
        yield Target("wafv2:apigateway", stack.arn(f"apigateway:{{r}}::/{path}"), True, fresh=False)
        yield _gateway(stack, path, "SetWebACL", tagged=True, fresh=False)
    elif ":wafv2:" not in guarded:
        for kind in _GUARDED:
            yield Target(kind, guarded, fresh=False)
    linked = "aws-service-role/wafv2.amazonaws.com/AWSServiceRoleForWAFV2Logging"
    context = {"iam:AWSServiceName": "wafv2.amazonaws.com"}
    yield Target("iam:role", stack.arn(f"iam::{{a}}:role/{linked}"), context=context, fresh=False)
    for bucket in properties.get("LogDestinationConfigs", []):
        if ":s3:::" in bucket:
            yield Target("s3:bucket", bucket, fresh=False)


_GUARDED = (
    "elasticloadbalancing:loadbalancer/app/",
    "wafv2:loadbalancer/app/",
)
