"""Actions that a handler's schema lists and CloudFormation's role is not given, and the reasons.

A schema lists what a handler may ever call, for all properties that a type has. `mutation` gives a
resource the property that the reason says is missing: the reason no longer holds then, and the
tests demand the permission.
"""

import fnmatch
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, Any]
ALL = ("create", "read", "update", "delete")
_REFERENCE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference"
_ELSEWHERE = "arn:aws:iam::111111111111:role/elsewhere"


@dataclass(frozen=True, eq=False)
class Exemption:
    """Actions that are not needed by resources for which `holds` is true."""

    kind: str
    actions: tuple[str, ...]
    reason: str
    source: str
    holds: Callable[[Properties], bool]
    mutation: Mapping[str, Any]
    handlers: tuple[str, ...] = ALL

    def applies(self, kind: str, handler: str, action: str, properties: Properties) -> bool:
        """Whether an action is not needed for a resource."""
        return (
            kind == self.kind
            and handler in self.handlers
            and any(fnmatch.fnmatchcase(action, pattern) for pattern in self.actions)
            and self.holds(properties)
        )


def _without(
    kind: str,
    actions: str,
    name: str,
    value: Any,
    reason: str,
    handlers: tuple[str, ...] = ALL,
    source: str = "",
) -> Exemption:
    """Actions for a property that the resources do not have; `name` may be `Outer.Inner`."""
    path = name.split(".")
    mutation: dict[str, Any] = {path[-1]: value}
    for part in reversed(path[:-1]):
        mutation = {part: mutation}

    def missing(properties: Properties) -> bool:
        found: Any = properties
        for part in path:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found is None

    page = kind.removeprefix("AWS::").lower().replace("::", "-")
    return Exemption(
        kind,
        tuple(actions.split()),
        reason,
        source or f"{_REFERENCE}/aws-resource-{page}.html",
        missing,
        mutation,
        handlers,
    )


def _unless(
    kind: str,
    actions: str,
    holds: Callable[[Properties], bool],
    mutation: Mapping[str, Any],
    reason: str,
    source: str,
    handlers: tuple[str, ...] = ALL,
) -> Exemption:
    return Exemption(kind, tuple(actions.split()), reason, source, holds, mutation, handlers)


def _functions() -> list[Exemption]:
    kind = "AWS::Lambda::Function"
    system = {
        "Arn": "arn:aws:elasticfilesystem:eu-west-1:1:access-point/a",
        "LocalMountPath": "/mnt/a",
    }
    signing = "arn:aws:lambda:eu-west-1:111111111111:code-signing-config:csc-1"
    return [
        _without(
            kind, "elasticfilesystem:* s3files:*", "FileSystemConfigs", [system], "no file system"
        ),
        _without(
            kind,
            "lambda:GetCodeSigningConfig lambda:PutFunctionCodeSigningConfig"
            " lambda:DeleteFunctionCodeSigningConfig",
            "CodeSigningConfigArn",
            signing,
            "packages are not signed",
        ),
        _without(
            kind,
            "lambda:PassCapacityProvider",
            "CapacityProviderConfig",
            {"LambdaManagedInstancesCapacityProviderConfig": {}},
            "functions run on Lambda's own capacity",
        ),
        _without(
            kind,
            "lambda:PutFunctionScalingConfig",
            "FunctionScalingConfig",
            {"MinExecutionEnvironments": 1},
            "only for functions on a capacity provider",
        ),
        _without(
            "AWS::Lambda::Version",
            "lambda:PutFunctionScalingConfig",
            "FunctionScalingConfig",
            {"MinExecutionEnvironments": 1},
            "only for functions on a capacity provider",
        ),
        _without(
            kind,
            "ec2:*",
            "VpcConfig",
            {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
            "no network",
        ),
        _without(kind, "kms:*", "KmsKeyArn", "{key}", "AWS's own key, which needs no permission"),
        _without(
            kind,
            "lambda:GetLayerVersion",
            "Layers",
            ["arn:aws:lambda:eu-west-1:111111111111:layer:other:1"],
            "no layer",
        ),
        _unless(
            kind,
            "s3:GetObject s3:GetObjectVersion",
            lambda properties: "S3Bucket" not in properties.get("Code", {}),
            {"Code": {"S3Bucket": "bucket", "S3Key": "key"}},
            "the code is an image in ECR",
            f"{_REFERENCE}/aws-properties-lambda-function-code.html",
        ),
        _without(
            "AWS::Lambda::EventSourceMapping",
            "kms:*",
            "KmsKeyArn",
            "{key}",
            "the key would be for filter criteria, which hold no secrets",
        ),
    ]


def _tables() -> list[Exemption]:
    kind = "AWS::DynamoDB::Table"
    imported = {"InputFormat": "CSV", "S3BucketSource": {"S3Bucket": "elsewhere"}}
    stream = "arn:aws:kinesis:eu-west-1:111111111111:stream/other"
    items = "BatchWriteItem DeleteItem GetItem PutItem Query Scan UpdateItem"
    return [
        _without(
            kind,
            "dynamodb:DescribeImport dynamodb:ImportTable logs:* s3:*",
            "ImportSourceSpecification",
            imported,
            "tables start empty",
        ),
        _without(
            kind,
            "dynamodb:*KinesisStreamingDestination kinesis:*",
            "KinesisStreamSpecification",
            {"StreamArn": stream},
            "changes are not sent to Kinesis",
            ("create", "update"),
        ),
        _without(
            kind,
            "dynamodb:AssociateTableReplica dynamodb:CreateTableReplica"
            " iam:CreateServiceLinkedRole "
            + " ".join(f"dynamodb:{name}" for name in items.split()),
            "Replicas",
            [{"Region": "eu-central-1"}],
            "reading and writing items, and the service's own role, are for replicas, which this "
            "type cannot have",
            source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html",
        ),
        _without(
            kind,
            "dynamodb:DeleteResourcePolicy dynamodb:PutResourcePolicy",
            "ResourcePolicy",
            {"PolicyDocument": {}},
            "tables have no policy of their own",
        ),
        _without(
            kind,
            "kms:*",
            "SSESpecification.KMSMasterKeyId",
            "{key}",
            "AWS's own key, which needs no permission",
            source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html",
        ),
    ]


def _buckets() -> list[Exemption]:
    kind = "AWS::S3::Bucket"
    table = {"S3TablesDestination": {"TableBucketArn": "arn:aws:s3tables:::b", "TableName": "t"}}
    cases = [
        (
            "s3tables:* s3:*BucketMetadata*TableConfiguration",
            "MetadataTableConfiguration",
            table,
            "no metadata tables",
        ),
        ("s3:PutAccelerateConfiguration", "AccelerateConfiguration", {}, "no acceleration"),
        ("s3:PutAnalyticsConfiguration", "AnalyticsConfigurations", [], "no analytics"),
        ("s3:PutBucketAbac", "AbacStatus", "Enabled", "no access by tags"),
        (
            "s3:PutBucketAcl s3:PutObjectAcl",
            "AccessControl",
            "Private",
            "no ACL: the owner owns all",
        ),
        ("s3:PutBucketCORS", "CorsConfiguration", {}, "no browser reads from it"),
        ("s3:PutBucketLogging", "LoggingConfiguration", {}, "no access log"),
        ("s3:PutBucketObjectLockConfiguration", "ObjectLockConfiguration", {}, "no object lock"),
        ("s3:*BucketWebsite", "WebsiteConfiguration", {}, "no website"),
        (
            "s3:PutIntelligentTieringConfiguration",
            "IntelligentTieringConfigurations",
            [],
            "objects expire after 30 days",
        ),
        ("s3:PutInventoryConfiguration", "InventoryConfigurations", [], "no inventory"),
        ("s3:PutMetricsConfiguration", "MetricsConfigurations", [], "no request metrics"),
        (
            "s3:PutReplicationConfiguration iam:PassRole",
            "ReplicationConfiguration",
            {"Role": _ELSEWHERE},
            "no replication",
        ),
    ]
    return [
        _without(kind, actions, name, value, reason, ("create", "update"))
        for actions, name, value, reason in cases
    ]


def _logs_and_topics() -> list[Exemption]:
    group = "AWS::Logs::LogGroup"
    role = {"Protocol": "lambda", "SuccessFeedbackRoleArn": _ELSEWHERE}
    return [
        _without(
            group,
            "logs:PutIndexPolicy logs:DeleteIndexPolicy",
            "FieldIndexPolicies",
            [{}],
            "no field is indexed",
        ),
        _without(
            group,
            "logs:PutResourcePolicy logs:DeleteResourcePolicy",
            "ResourcePolicyDocument",
            {},
            "log groups have no policy of their own",
        ),
        _without(group, "logs:PutDataProtectionPolicy", "DataProtectionPolicy", {}, "no masking"),
        _without(
            group,
            "logs:PutBearerTokenAuthentication",
            "BearerTokenAuthenticationEnabled",
            True,
            "no tokens",
        ),
        _without(
            group,
            "logs:PutLogGroupDeletionProtection",
            "DeletionProtectionEnabled",
            True,
            "log groups go with their stack",
        ),
        _unless(
            group,
            "firehose:TagDeliveryStream logs:CreateLogDelivery",
            lambda properties: properties.get("LogGroupClass") != "DELIVERY",
            {"LogGroupClass": "DELIVERY", "DestinationArn": "arn:aws:firehose:::x"},
            "logs stay in CloudWatch",
            f"{_REFERENCE}/aws-resource-logs-loggroup.html",
        ),
        _without(
            "AWS::SNS::Topic",
            "iam:GetRole iam:PassRole",
            "DeliveryStatusLogging",
            [role],
            "no log of deliveries",
        ),
        _without(
            "AWS::SNS::Topic",
            "sns:PutDataProtectionPolicy",
            "DataProtectionPolicy",
            {},
            "no masking",
        ),
        _without(
            "AWS::SNS::Subscription",
            "iam:GetRole iam:PassRole",
            "SubscriptionRoleArn",
            _ELSEWHERE,
            "the role would be for Firehose",
        ),
    ]


def _streams_and_secrets() -> list[Exemption]:
    stream = "AWS::Kinesis::Stream"
    on_demand = {"StreamModeDetails": {"StreamMode": "PROVISIONED"}, "ShardCount": 2}
    return [
        _unless(
            stream,
            "kinesis:UpdateShardCount kinesis:UpdateStreamMode",
            lambda properties: properties.get("StreamModeDetails") == {"StreamMode": "ON_DEMAND"},
            on_demand,
            "the mode is on demand and no parameter changes it; both take every stream or none",
            f"{_REFERENCE}/aws-resource-kinesis-stream.html",
        ),
        _without(
            stream,
            "kinesis:*EnhancedMonitoring",
            "DesiredShardLevelMetrics",
            ["ALL"],
            "no metrics per shard",
        ),
        _without(
            stream, "kinesis:UpdateMaxRecordSize", "MaxRecordSizeInKiB", 2048, "1 MiB is enough"
        ),
        _without(
            stream,
            "kinesis:UpdateStreamWarmThroughput",
            "WarmThroughputMiBps",
            10,
            "no warm throughput",
        ),
        _without(
            stream,
            "kinesis:UpdateStreamRecordDistributionStrategy",
            "RecordDistributionStrategy",
            "any",
            "keys decide where records go",
        ),
        _without(
            "AWS::SecretsManager::Secret",
            "secretsmanager:ReplicateSecretToRegions secretsmanager:RemoveRegionsFromReplication",
            "ReplicaRegions",
            [{"Region": "eu-central-1"}],
            "secrets are kept in one region",
        ),
    ]


def _entries() -> list[Exemption]:
    api = "AWS::ApiGateway::RestApi"
    balancer = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/x/1"
    guards = (
        "amplify:* apprunner:* appsync:* bedrock-agentcore:* cognito-idp:* ec2:*"
        " elasticloadbalancing:* wafv2:*PermissionPolicy"
    )
    return [
        _without(api, "apigateway:UpdateRestApiPolicy", "Policy", {}, "APIs have no policy"),
        _without(
            api, "s3:GetObject", "BodyS3Location", {"Bucket": "b"}, "the API is in the template"
        ),
        _unless(
            api,
            "iam:PassRole",
            lambda properties: "credentials" not in str(properties.get("Body", {})),
            {
                "Body": {
                    "info": {"title": "x"},
                    "x-amazon-apigateway-integration": {"credentials": "r"},
                }
            },
            "functions are called by their permissions, not with a role",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html",
        ),
        _without(
            "AWS::ApiGateway::Deployment",
            "apigateway:PUT",
            "StageDescription",
            {"Tags": []},
            "the stage is a resource of its own, and its tags with it",
        ),
        _without(
            "AWS::ApiGatewayV2::Api",
            "s3:getObject",
            "BodyS3Location",
            {"Bucket": "b"},
            "the API is in the template",
        ),
        _unless(
            "AWS::Events::Rule",
            "iam:PassRole",
            lambda properties: not any("RoleArn" in t for t in properties.get("Targets", [])),
            {"Targets": [{"Id": "x", "Arn": "x", "RoleArn": _ELSEWHERE}]},
            "functions are called by their permissions, not with a role",
            "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html",
        ),
        _unless(
            "AWS::WAFv2::WebACLAssociation",
            guards,
            lambda properties: ":apigateway:" in str(properties["ResourceArn"]),
            {"ResourceArn": balancer},
            "what is guarded is a stage of API Gateway",
            "https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html",
        ),
        _unless(
            "AWS::WAFv2::LoggingConfiguration",
            "firehose:ListDeliveryStreams s3:*BucketPolicy",
            lambda properties: all(":logs:" in arn for arn in properties["LogDestinationConfigs"]),
            {"LogDestinationConfigs": ["arn:aws:s3:::aws-waf-logs-x"]},
            "blocked requests are logged in CloudWatch",
            "https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html",
        ),
    ]


def _others() -> list[Exemption]:
    profile = "AWS::AppConfig::ConfigurationProfile"
    vpc, subnet = "AWS::EC2::VPC", "AWS::EC2::Subnet"
    endpoint = "AWS::EC2::VPCEndpoint"
    return [
        _without(
            profile,
            "iam:PassRole",
            "RetrievalRoleArn",
            _ELSEWHERE,
            "flags are kept by AppConfig itself",
        ),
        _without(
            "AWS::AppConfig::Deployment",
            "kms:*",
            "KmsKeyIdentifier",
            "{key}",
            "flags are no secrets: AWS's own key",
        ),
        _without(
            "AWS::ApplicationAutoScaling::ScalableTarget",
            "application-autoscaling:PutScheduledAction"
            " application-autoscaling:DeleteScheduledAction",
            "ScheduledActions",
            [{}],
            "use decides, not the clock",
        ),
        _without(
            "AWS::ApplicationAutoScaling::ScalableTarget",
            "iam:PassRole",
            "RoleARN",
            _ELSEWHERE,
            "Application Auto Scaling has a role of its own for Lambda",
        ),
        _without(
            "AWS::Budgets::Budget",
            "billing:GetBillingViewData",
            "Budget.BillingViewArn",
            "arn:aws:billing::111111111111:billingview/primary",
            "the budget looks at the account's own costs",
        ),
        _without(
            "AWS::CodeDeploy::DeploymentGroup",
            "codedeploy:RegisterOnPremisesInstance",
            "OnPremisesInstanceTagFilters",
            [{}],
            "traffic of Lambda is shifted, no machine",
        ),
        _without(
            vpc, "ec2:CreateVpcEncryptionControl", "VpcEncryptionControl", {}, "not asked for"
        ),
        _unless(
            vpc,
            "ec2:ModifyVpcTenancy",
            lambda properties: properties.get("InstanceTenancy", "default") == "default",
            {"InstanceTenancy": "dedicated"},
            "there are no instances",
            f"{_REFERENCE}/aws-resource-ec2-vpc.html",
        ),
        _without(
            subnet,
            "ec2:AssociateSubnetCidrBlock ec2:DisassociateSubnetCidrBlock",
            "Ipv6CidrBlock",
            "2001:db8::/64",
            "subnets have IPv4 addresses alone",
        ),
        _without(
            endpoint,
            "vpc-lattice:*",
            "ServiceNetworkArn",
            "arn:aws:vpc-lattice:eu-west-1:111111111111:servicenetwork/sn-1",
            "endpoints are for services of AWS",
        ),
        _without(
            endpoint,
            "vpce:AllowMultiRegion",
            "ServiceRegion",
            "eu-central-1",
            "endpoints of one region",
        ),
        _unless(
            "AWS::IAM::Role",
            "iam:AttachRolePolicy iam:DetachRolePolicy",
            lambda properties: not properties.get("ManagedPolicyArns"),
            {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
            "the role has policies of its own alone",
            f"{_REFERENCE}/aws-resource-iam-role.html",
        ),
        _unless(
            "AWS::IAM::Role",
            "iam:DeleteRolePermissionsBoundary",
            lambda properties: bool(properties.get("PermissionsBoundary")),
            {"PermissionsBoundary": ""},
            "only where a boundary is taken away, which nobody may",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
        ),
        _unless(
            "AWS::KMS::Key",
            "kms:DisableKey",
            lambda properties: properties.get("Enabled", True) is not False,
            {"Enabled": False},
            "keys are enabled",
            f"{_REFERENCE}/aws-resource-kms-key.html",
            ("create",),
        ),
    ]


EXCEPTIONS = [
    *_functions(),
    *_tables(),
    *_buckets(),
    *_logs_and_topics(),
    *_streams_and_secrets(),
    *_entries(),
    *_others(),
]

# Actions of schemas that the Service Authorization Reference does not have, so that no policy can
# be checked against them, and what is known of them.
UNKNOWN = {
    "apigateway:TagResource": "checked by API Gateway all the same: "
    "https://github.com/aws-amplify/amplify-cli/issues/12316",
    "apigateway:UntagResource": "the way back of apigateway:TagResource",
    "iam:DescribeOrganization": "the action is of AWS Organizations, for Firewall Manager",
    "lambda:AssociateRuntimeAlias": "nothing is known of it",
    "payments:GetConnectedAccount": "for rule groups that are bought",
    "s3:DeleteBucketAnalyticsConfiguration": "the permission is s3:PutAnalyticsConfiguration",
    "s3:DeleteBucketCors": "the permission is s3:PutBucketCORS",
    "s3:DeleteBucketEncryption": "the permission is s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "the permission is s3:PutLifecycleConfiguration",
    "s3:DeleteBucketMetricsConfiguration": "the permission is s3:PutMetricsConfiguration",
    "s3:DeleteBucketReplication": "the permission is s3:PutReplicationConfiguration",
    "s3:GetObjectMetadata": "the permission is s3:GetObject",
    "s3:PutBucketReplication": "the permission is s3:PutReplicationConfiguration",
    "s3:PutObjectLockConfiguration": "the permission is s3:PutBucketObjectLockConfiguration",
    "s3:REST.PUT.OBJECT": "the name of an operation in access logs",
    "vpc-lattice:DescribeServiceNetworkVpcEndpointAssociation": "for service networks",
}
UNKNOWN_BUT_CHECKED = {"apigateway:TagResource", "apigateway:UntagResource"}
