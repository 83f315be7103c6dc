"""What the pipeline asks of AWS, read from the commands that it runs: `make deploy`, `make e2e`."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from tests.iam.judge import ACCOUNT, Request
from tests.iam.stack import Stack, role_arn
from tests.support import WORKBENCH

Call = tuple[str, str]  # ("cloudformation", "create_change_set")


def of_deployment(project: Path) -> frozenset[Call]:
    """What `make deploy` and `make rollback` call."""
    # `lambda_workbench.operate.asking` knows running services too, for commands that people give.
    commands = ["operate.deploy", "operate.rollback"]
    if (project / "Dockerfile").exists():  # `make deploy` starts it for images alone
        commands.append("packaging.image")
    called = calls(project, *(f"lambda_workbench.{command}" for command in commands))
    return called - calls(project, "lambda_workbench.operate.service") | {
        ("cloudformation", "describe_stacks"),
        ("cloudformation", "list_stack_resources"),
    }


def of_tests(project: Path) -> frozenset[Call]:
    """What `make e2e STAGE=dev` calls."""
    modules = (f"tests.e2e.{file.stem}" for file in sorted((project / "tests/e2e").glob("*.py")))
    return calls(project, *modules)


@cache
def calls(project: Path, *starts: str) -> frozenset[Call]:
    """Every operation that is called by these modules, or by what they import of the workbench."""
    seen: set[str] = set()
    found: set[Call] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        folder = WORKBENCH.parent if name.startswith("lambda_workbench.") else project
        file = folder / (name.replace(".", "/") + ".py")
        if name in seen or not file.exists():
            continue
        seen.add(name)
        tree = ast.parse(file.read_text())
        found |= set(_calls(tree))
        waiting += [module for module in _imported(tree) if module not in _ELSEWHERE]
    return frozenset(found)


# Modules that are imported, but not for what the pipeline does on AWS.
_ELSEWHERE = {
    "lambda_workbench.local.emulator": "the emulator",
    "lambda_workbench.local.local_identity": "the emulator",
    "lambda_workbench.local.local_stack": "the emulator",
    "lambda_workbench.local.streams": "the emulator's streams",
    "lambda_workbench.operate.flags": "switching a flag is tested on the emulator alone",
    "lambda_workbench.operate.redrive": "retries run out on the emulator alone",
    "lambda_workbench.operate.stream_failures": "retries run out on the emulator alone",
}


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _calls(tree: ast.Module) -> Iterator[Call]:
    """`x.client("sqs").send_message()`, also by way of a variable or an attribute."""
    clients: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            service = _service(node.value)
            if service:
                clients |= {ast.unparse(target): service for target in node.targets}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            service = _service(node.value) or clients.get(ast.unparse(node.value), "")
            service = service or _HANDED_OVER.get(ast.unparse(node.value), "")
            if service and node.attr == "get_paginator":
                continue
            if service and not node.attr.startswith(("exceptions", "meta")):
                yield service, node.attr
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get_paginator"
        ):
            value = node.func.value
            service = _service(value) or clients.get(ast.unparse(value), "")
            (operation,) = node.args
            if isinstance(operation, ast.Constant):
                yield service, str(operation.value)


# Clients that are arguments.
_HANDED_OVER = {"self.s3": "s3", "ecr": "ecr", "s3": "s3"}


def _service(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        name = ast.unparse(node.func)
        if name == "client" or name.endswith(".client"):
            return str(node.args[0].value)
    return ""


Requests = Callable[[Stack], Iterator[Request]]
_REQUESTS: dict[Call, Requests] = {}


def requests(stack: Stack, call: Call) -> list[Request]:
    """What IAM is asked for a call about a stack. KeyError for one that is not known here."""
    return list(_REQUESTS[call](stack))


def _for(service: str, *operations: str) -> Callable[[Requests], Requests]:
    def register(function: Requests) -> Requests:
        for operation in operations:
            _REQUESTS[service, operation] = function
        return function

    return register


def _named(service: str, operations: str, action: str = "") -> Callable[[Requests], Requests]:
    """Register requests for operations, each with the action of its name."""

    def register(arns: Requests) -> Requests:
        for operation in operations.split():
            name = action or "".join(part.capitalize() for part in operation.split("_"))

            def made(stack: Stack, name: str = name) -> Iterator[Request]:
                for request in arns(stack):
                    yield Request(f"{service}:{name}", request.resource, request.context)

            _REQUESTS[service, operation] = made
        return arns

    return register


def _stack_arn(stack: Stack) -> str:
    return stack.arn(f"cloudformation:{{r}}:{{a}}:stack/{stack.slug}-{stack.stage}/0a1b2c3d")


@_named(
    "cloudformation",
    "cancel_update_stack delete_change_set describe_change_set describe_stack_events"
    " describe_stacks execute_change_set list_stack_resources",
)
def _stack_itself(stack: Stack) -> Iterator[Request]:
    yield Request("", _stack_arn(stack))


@_for("cloudformation", "create_change_set")
def _change_set(stack: Stack) -> Iterator[Request]:
    role = {"cloudformation:RoleArn": stack.bootstrap.arn_of("CloudFormationRole")}
    tags = {f"aws:RequestTag/{name}": value for name, value in stack.tags.items()}
    yield Request("cloudformation:CreateChangeSet", _stack_arn(stack), {**role, **tags})
    yield Request("cloudformation:TagResource", _stack_arn(stack), tags)
    transform = f"arn:aws:cloudformation:{stack.region}:aws:transform/Serverless-2016-10-31"
    yield Request("cloudformation:CreateChangeSet", transform)
    yield from _passing(stack)
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html
    yield Request("s3:GetObject", _object(stack, "templates/0a1b2c3d.yaml"), _OWN)
    # The stack of the bootstrap says which bucket and roles there are.
    bootstrap = f"{stack.slug}-bootstrap-{stack.stage}"
    assert stack.bootstrap.stack == bootstrap
    yield Request("cloudformation:DescribeStacks", stack.bootstrap.stack_id)


@_for("cloudformation", "continue_update_rollback", "delete_stack")
def _as_the_role(stack: Stack) -> Iterator[Request]:
    role = {"cloudformation:RoleArn": stack.bootstrap.arn_of("CloudFormationRole")}
    for action in ("ContinueUpdateRollback", "DeleteStack"):
        yield Request(f"cloudformation:{action}", _stack_arn(stack), role)
    yield from _passing(stack)


def _passing(stack: Stack) -> Iterator[Request]:
    role = stack.bootstrap.arn_of("CloudFormationRole")
    yield Request("iam:PassRole", role, {"iam:PassedToService": "cloudformation.amazonaws.com"})


_OWN = {"aws:ResourceAccount": ACCOUNT}


def _object(stack: Stack, name: str) -> str:
    return f"{stack.bootstrap.arn_of('Artefacts')}/{stack.slug}/{stack.stage}/{name}"


@_for("s3", "head_object", "get_object", "put_object")
def _packages(stack: Stack) -> Iterator[Request]:
    for action in ("GetObject", "PutObject"):
        yield Request(f"s3:{action}", _object(stack, "0a1b2c3d.zip"), _OWN)
    # Without it, S3 says of an object that is not there that it may not be read:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    yield Request("s3:ListBucket", stack.bootstrap.arn_of("Artefacts"), _OWN)


@_named("ecr", "describe_image_scan_findings describe_images describe_repositories")
def _images(stack: Stack) -> Iterator[Request]:
    yield Request("", stack.arn(f"ecr:{{r}}:{{a}}:repository/{stack.slug}-{stack.stage}"))


@_for("ecr", "get_authorization_token", "get_waiter")
def _pushing(stack: Stack) -> Iterator[Request]:
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
    yield Request("ecr:GetAuthorizationToken", "*")
    repository = stack.arn(f"ecr:{{r}}:{{a}}:repository/{stack.slug}-{stack.stage}")
    for action in (
        "BatchCheckLayerAvailability",
        "BatchGetImage",
        "CompleteLayerUpload",
        "InitiateLayerUpload",
        "PutImage",
        "UploadLayerPart",
        "DescribeImageScanFindings",
    ):
        yield Request(f"ecr:{action}", repository)


@_named("lambda", "get_function_configuration get_function_event_invoke_config")
def _functions(stack: Stack) -> Iterator[Request]:
    for properties in stack.of_type("AWS::Lambda::Function").values():
        yield Request("", stack.arn(f"lambda:{{r}}:{{a}}:function:{properties['FunctionName']}"))


@_named("lambda", "list_event_source_mappings")
def _sources(_stack: Stack) -> Iterator[Request]:
    yield Request("", "*")


@_named("logs", "filter_log_events")
def _logs(stack: Stack) -> Iterator[Request]:
    for properties in stack.of_type("AWS::Lambda::Function").values():
        group = properties["LoggingConfig"]["LogGroup"]
        yield Request("", stack.arn(f"logs:{{r}}:{{a}}:log-group:{group}"))


def _with_key(stack: Stack, given: str, service: str) -> Iterator[Request]:
    for key in stack.key(given, service):
        tags = {f"aws:ResourceTag/{name}": value for name, value in stack.tags.items()}
        for action in ("kms:Decrypt", "kms:GenerateDataKey"):
            yield Request(action, key.arn, {**key.context, **tags}, resource_policy=key.policy)


@_for("sqs", "send_message_batch")
def _batches(stack: Stack) -> Iterator[Request]:
    for name, properties in stack.of_type("AWS::SQS::Queue").items():
        yield Request("sqs:SendMessage", stack.arn_of(name))
        yield from _with_key(stack, properties.get("KmsMasterKeyId", ""), "sqs")


@_named("sqs", "delete_message get_queue_attributes get_queue_url receive_message send_message")
def _queues(stack: Stack) -> Iterator[Request]:
    for name in stack.of_type("AWS::SQS::Queue"):
        yield Request("", stack.arn_of(name))


@_named("dynamodb", "delete_item get_item put_item")
def _tables(stack: Stack) -> Iterator[Request]:
    for name in stack.of_type("AWS::DynamoDB::Table"):
        yield Request("", stack.arn_of(name))


@_for("kinesis", "put_records")
def _records(stack: Stack) -> Iterator[Request]:
    for name, properties in stack.of_type("AWS::Kinesis::Stream").items():
        yield Request("kinesis:PutRecords", stack.arn_of(name))
        yield from _with_key(stack, properties["StreamEncryption"]["KeyId"], "kinesis")


@_named("events", "put_events")
def _bus(stack: Stack) -> Iterator[Request]:
    if stack.of_type("AWS::Events::Rule"):
        yield Request("", stack.arn("events:{r}:{a}:event-bus/default"))


@_named("sns", "list_subscriptions_by_topic publish")
def _topics(stack: Stack) -> Iterator[Request]:
    if "CancellationsTopic" in stack.resources:
        for name in stack.of_type("AWS::SNS::Topic"):
            yield Request("", stack.arn_of(name))


@_named("s3", "get_bucket_notification_configuration", "GetBucketNotification")
def _bucket(stack: Stack) -> Iterator[Request]:
    if "IncomingBucket" in stack.resources:
        for name in stack.of_type("AWS::S3::Bucket"):
            yield Request("", stack.arn_of(name), _OWN)


@_for("s3", "delete_object")
def _files(stack: Stack) -> Iterator[Request]:
    if "IncomingBucket" in stack.resources:
        incoming = f"{stack.arn_of('IncomingBucket')}/incoming/x.jsonl"
        for action in ("DeleteObject", "PutObject"):
            yield Request(f"s3:{action}", incoming, _OWN)


@_for("scheduler", "create_schedule")
def _once(stack: Stack) -> Iterator[Request]:
    for properties in stack.of_type("AWS::Scheduler::Schedule").values():
        name = f"{stack.slug}-{stack.stage}-once-0a1b2c3d"[:64]
        arn = stack.arn(f"scheduler:{{r}}:{{a}}:schedule/{properties['GroupName']}/{name}")
        yield Request("scheduler:CreateSchedule", arn)
        context = {"iam:PassedToService": "scheduler.amazonaws.com"}
        yield Request("iam:PassRole", role_arn(stack, "SchedulerRole"), context)


@_named("scheduler", "get_schedule")
def _schedules(stack: Stack) -> Iterator[Request]:
    for properties in stack.of_type("AWS::Scheduler::Schedule").values():
        path = f"{properties['GroupName']}/{properties['Name']}"
        yield Request("", stack.arn(f"scheduler:{{r}}:{{a}}:schedule/{path}"))


@_named("secretsmanager", "get_secret_value")
def _tokens(stack: Stack) -> Iterator[Request]:
    if "TokenSecret" in stack.resources:
        yield Request("", stack.arn_of("TokenSecret"))


@_for("sts", "assume_role")
def _caller(stack: Stack) -> Iterator[Request]:
    if "ApiCallerRole" in stack.resources:
        yield Request("sts:AssumeRole", role_arn(stack, "ApiCallerRole"))


def _gateway(stack: Stack, path: str, *, tagged: bool = True) -> Request:
    tags = {f"aws:ResourceTag/{name}": value for name, value in stack.tags.items()}
    return Request(
        "apigateway:GET", stack.arn(f"apigateway:{{r}}::/{path}"), tags if tagged else {}
    )


@_for("apigateway", "get_resources", "get_stages")
def _rest(stack: Stack) -> Iterator[Request]:
    # Tags of a REST API are inherited by what is in it:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
    if stack.of_type("AWS::ApiGateway::RestApi"):
        for part in ("resources", "stages"):
            yield _gateway(stack, f"restapis/abc123/{part}")


@_for("apigateway", "get_api_key")
def _api_keys(stack: Stack) -> Iterator[Request]:
    if stack.of_type("AWS::ApiGateway::ApiKey"):
        yield _gateway(stack, "apikeys/abc123")


@_for("apigatewayv2", "get_routes")
def _routes(stack: Stack) -> Iterator[Request]:
    if stack.of_type("AWS::ApiGatewayV2::Api"):
        yield _gateway(stack, "apis/abc123/routes", tagged=False)
