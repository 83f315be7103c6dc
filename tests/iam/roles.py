"""What every role of a stack is used for: the calls of functions' code, of Lambda for them, and of
the services that have a role of their own. IAM has to allow every request of a use.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.iam.code import CodeCall, calls_of
from tests.iam.judge import ACCOUNT, Identity, Request
from tests.iam.stack import Stack, role_arn

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
# https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html (without those for
# enhanced fan-out)
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-example-lamda-process-dynamodb-streams.html
POLLING = {
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    "kinesis": (
        "DescribeStream",
        "DescribeStreamSummary",
        "GetRecords",
        "GetShardIterator",
        "ListShards",
    ),
    "dynamodb": ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"),
}
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
NETWORK = (
    "AssignPrivateIpAddresses",
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "UnassignPrivateIpAddresses",
)
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
SHIFTING = ("GetAlias", "GetProvisionedConcurrencyConfig", "UpdateAlias")


@dataclass(frozen=True)
class Use:
    """One thing that a role is used for, and the requests that IAM has to allow for it."""

    what: str
    requests: tuple[Request, ...]


def identity(stack: Stack, role: str) -> Identity:
    """A role of the stack, with its boundary."""
    properties = stack.resources[role]["Properties"]
    policies = tuple(policy["PolicyDocument"] for policy in properties.get("Policies", []))
    bound = properties.get("PermissionsBoundary") == stack.bootstrap.arn_of("RoleBoundary")
    return Identity(role_arn(stack, role), policies, stack.bootstrap.boundary if bound else None)


def functions(stack: Stack) -> dict[str, Mapping[str, Any]]:
    """The functions of the stack by their short names: `api`, `queue`, …"""
    prefix = f"{stack.slug}-{stack.stage}-"
    return {
        properties["FunctionName"].removeprefix(prefix): properties
        for properties in stack.of_type("AWS::Lambda::Function").values()
    }


def role_of(stack: Stack, function: str) -> str:
    """The logical id of a function's role."""
    role = functions(stack)[function]["Role"]
    return next(name for name in stack.of_type("AWS::IAM::Role") if stack.arn_of(name) == role)


def uses_of_function(stack: Stack, project: Path, function: str) -> list[Use]:
    """What a function's role is used for."""
    (package,) = (path.parent for path in project.glob("src/*/handlers"))
    properties = functions(stack)[function]
    found = [_of_code(stack, call, properties) for call in calls_of(package, function)]
    return [*found, *_of_lambda(stack, properties)]


def uses_of_services(stack: Stack) -> Iterator[tuple[str, Use]]:
    """What the roles are used for that services have: the role's logical id, and a use."""
    own = stack.arn(f"lambda:{{r}}:{{a}}:function:{stack.slug}-{stack.stage}-")
    for name in stack.of_type("AWS::IAM::Role"):
        if name == "SchedulerRole":
            yield name, Use("start", (Request("lambda:InvokeFunction", f"{own}schedule:live"),))
            queue = stack.arn_of("ScheduleFailures")
            yield name, Use("keep failures", tuple(_sending(stack, queue)))
        if name == "ShiftingRole":
            for function in functions(stack):
                requests = (Request(f"lambda:{a}", f"{own}{function}:live") for a in SHIFTING)
                yield name, Use(f"shift {function}", tuple(requests))
        if name in {"ShiftingRole", "FlagsRole"}:
            for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
                arn = stack.arn(f"cloudwatch:{{r}}:{{a}}:alarm:{alarm['AlarmName']}")
                yield name, Use("watch", (Request("cloudwatch:DescribeAlarms", arn),))
        if name == "ApiCallerRole":
            called = stack.name_of("HttpApi" if "HttpApi" in stack.resources else "RestApi")
            arn = stack.arn(f"execute-api:{{r}}:{{a}}:{called}/$default/POST/orders")
            yield name, Use("call", (Request("execute-api:Invoke", arn),))


def _of_code(stack: Stack, call: CodeCall, properties: Mapping[str, Any]) -> Use:
    value = str(properties.get("Environment", {}).get("Variables", {}).get(call.variable, ""))
    service = call.action.split(":")[0]
    what = f"{call.action} {call.variable} {call.detail}".strip()
    if service == "dynamodb":
        table = stack.arn(f"dynamodb:{{r}}:{{a}}:table/{value}")
        arn = f"{table}/{call.detail}" if call.detail else table
        return Use(what, (Request(call.action, arn), *_decrypting(stack, table, "dynamodb")))
    if service == "sqs":
        queue = stack.arn(f"sqs:{{r}}:{{a}}:{value.rsplit('/', 1)[-1]}")
        return Use(what, tuple(_sending(stack, queue)))
    if service == "secretsmanager":
        return Use(what, (Request(call.action, value), *_decrypting(stack, value, service)))
    if service == "ssm":
        arn = stack.arn(f"ssm:{{r}}:{{a}}:parameter{value}/{call.detail}")
        return Use(what, (Request(call.action, arn),))
    if service == "s3":
        bucket = stack.name_of("IncomingBucket")
        arn = f"arn:aws:s3:::{bucket}"
        request = Request(call.action, f"{arn}/incoming/x.jsonl", {"aws:ResourceAccount": ACCOUNT})
        return Use(what, (request, *_decrypting(stack, arn, "s3")))
    assert service == "appconfig", call
    application, environment, profile = value.split("/")
    path = f"application/{application}/environment/{environment}/configuration/{profile}"
    return Use(what, (Request(call.action, stack.arn(f"appconfig:{{r}}:{{a}}:{path}")),))


def _of_lambda(stack: Stack, properties: Mapping[str, Any]) -> Iterator[Use]:
    """What Lambda itself does with a function's role."""
    group = properties["LoggingConfig"]["LogGroup"]
    arn = stack.arn(f"logs:{{r}}:{{a}}:log-group:{group}:log-stream:2026/01/01/a")
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Use("log", (Request(action, arn),))
    for action in ("xray:PutTraceSegments", "xray:PutTelemetryRecords"):
        yield Use("trace", (Request(action, "*"),))
    name = properties["FunctionName"]
    if "KmsKeyArn" in properties:
        function = stack.arn(f"lambda:{{r}}:{{a}}:function:{name}")
        yield Use("read variables", tuple(_decrypting(stack, function, "lambda")))
    if "VpcConfig" in properties:
        for action in NETWORK:
            yield Use("join the network", tuple(network_requests(stack, action)))
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        if mapping["FunctionName"].split(":function:")[-1].split(":")[0] == name:
            yield from _of_mapping(stack, mapping)
    for config in stack.of_type("AWS::Lambda::EventInvokeConfig").values():
        if config["FunctionName"] == name:
            yield from _failures(stack, config)


def _of_mapping(stack: Stack, mapping: Mapping[str, Any]) -> Iterator[Use]:
    source = mapping["EventSourceArn"]
    service = source.split(":")[2]
    for action in POLLING[service]:
        about = "*" if action == "ListStreams" else source
        yield Use("poll", (Request(f"{service}:{action}", about),))
    encrypted = source.partition("/stream/")[0] if service == "dynamodb" else source
    yield Use("read what is encrypted", tuple(_decrypting(stack, encrypted, service)))
    yield from _failures(stack, mapping)


def _failures(stack: Stack, config: Mapping[str, Any]) -> Iterator[Use]:
    to = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if to and ":s3:" in to:
        yield Use("keep failures", tuple(_writing(stack, to)))
    elif to:
        yield Use("keep failures", tuple(_sending(stack, to)))


def network_requests(stack: Stack, action: str, **context: str) -> Iterator[Request]:
    """What IAM is asked when Lambda, or a function's code, works on network interfaces."""
    if action.startswith("Describe"):
        yield Request(f"ec2:{action}", "*", context)
        return
    interface = stack.arn("ec2:{r}:{a}:network-interface/eni-1")
    yield Request(f"ec2:{action}", interface, context)
    if action == "CreateNetworkInterface":
        for path in ("subnet/subnet-1", "security-group/sg-1"):
            yield Request(f"ec2:{action}", stack.arn(f"ec2:{{r}}:{{a}}:{path}"), context)


def _sending(stack: Stack, queue: str) -> Iterator[Request]:
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    yield Request("sqs:SendMessage", queue)
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        yield from _with_key(stack, queue, "sqs", action)


def _writing(stack: Stack, bucket: str) -> Iterator[Request]:
    # https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    owned = {"aws:ResourceAccount": ACCOUNT}
    yield Request("s3:ListBucket", bucket, owned)
    yield Request("s3:PutObject", f"{bucket}/aws/lambda/mapping/shard/2026/11/21/x", owned)
    yield from _with_key(stack, bucket, "s3", "kms:GenerateDataKey")


def _decrypting(stack: Stack, arn: str, service: str) -> Iterator[Request]:
    yield from _with_key(stack, arn, service, "kms:Decrypt")


def _with_key(stack: Stack, arn: str, via: str, action: str) -> Iterator[Request]:
    """The request for the key that something is encrypted with, if it has one of its own."""
    for name, body in stack.resources.items():
        properties = body["Properties"]
        named = {
            "AWS::DynamoDB::Table": properties.get("SSESpecification", {}).get("KMSMasterKeyId"),
            "AWS::Kinesis::Stream": properties.get("StreamEncryption", {}).get("KeyId"),
            "AWS::Lambda::Function": properties.get("KmsKeyArn"),
            "AWS::S3::Bucket": _key_of_bucket(properties),
            "AWS::SQS::Queue": properties.get("KmsMasterKeyId"),
            "AWS::SecretsManager::Secret": properties.get("KmsKeyId"),
        }.get(body["Type"])
        if named and stack.arn_of(name) == arn:
            for key in stack.key(named, via):
                context = {
                    "kms:ViaService": key.context["kms:ViaService"],
                    **{f"aws:ResourceTag/{tag}": value for tag, value in stack.tags.items()},
                }
                yield Request(action, key.arn, context, resource_policy=key.policy)


def _key_of_bucket(properties: Mapping[str, Any]) -> str:
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    return str(
        next((r["ServerSideEncryptionByDefault"].get("KMSMasterKeyID", "") for r in rules), "")
    )
