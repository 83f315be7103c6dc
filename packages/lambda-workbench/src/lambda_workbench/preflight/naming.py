"""Names: what AWS refuses of them, where the provider schemas of cfn-lint do not say so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lambda_workbench.cloudformation.values import ACCOUNT, partition_of
from lambda_workbench.preflight.model import Problem, Resource, Rule, Stack, rule

_DOCS = "https://docs.aws.amazon.com"

# The property that names a resource; a second one of the same name cannot be made.
PHYSICAL_NAMES = {
    "AWS::ApiGateway::ApiKey": "Name",
    "AWS::AppConfig::Application": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Logs::QueryDefinition": "Name",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SSM::Parameter": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::WAFv2::WebACL": "Name",
}


@dataclass(frozen=True)
class Form:
    """The form that a property must have."""

    id: str
    summary: str
    type: str
    property: str
    pattern: str  # of all of it
    expected: str
    source: str

    def rule(self) -> Rule:
        """It as a rule."""
        return Rule(self.id, self.summary, self.source, self._problems)

    def _problems(self, stack: Stack) -> Iterator[Problem]:
        for resource in stack.of_type(self.type):
            name = resource.text(self.property)
            if name is not None and not re.fullmatch(self.pattern, name):
                yield resource.problem(
                    f"{self.property} is {_short(name)}", self.property, expected=self.expected
                )


def _short(name: str) -> str:
    return f"{name} ({len(name)} characters)" if len(name) < 100 else f"{len(name)} characters"


FORMS = (
    Form(
        "queue-name",
        "The name of a queue has at most 80 letters, digits, hyphens and underscores",
        "AWS::SQS::Queue",
        "QueueName",
        r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo",
        "1 to 80 letters, digits, - and _; .fifo at the end counts too",
        f"{_DOCS}/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
    ),
    Form(
        "topic-name",
        "The name of a topic has at most 256 letters, digits, hyphens and underscores",
        "AWS::SNS::Topic",
        "TopicName",
        r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo",
        "1 to 256 letters, digits, - and _; .fifo at the end counts too",
        f"{_DOCS}/sns/latest/api/API_CreateTopic.html",
    ),
    Form(
        "table-name",
        "The name of a table has 3 to 255 letters, digits, dots, hyphens and underscores",
        "AWS::DynamoDB::Table",
        "TableName",
        r"[A-Za-z0-9_.-]{3,255}",
        "3 to 255 letters, digits, . - and _",
        f"{_DOCS}/amazondynamodb/latest/developerguide/"
        "HowItWorks.NamingRulesDataTypes.html#HowItWorks.NamingRules",
    ),
    Form(
        "bucket-name",
        "The name of a bucket has no reserved beginning or end, and is no IP address",
        "AWS::S3::Bucket",
        "BucketName",
        r"(?!xn--|sthree-|amzn-s3-demo-)(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)"
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
        r"(?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)",
        "3 to 63 lowercase letters, digits, hyphens and dots; not xn--, sthree- or amzn-s3-demo- "
        "at the beginning; not -s3alias, --ol-s3, .mrap, --x-s3 or --table-s3 at the end",
        f"{_DOCS}/AmazonS3/latest/userguide/bucketnamingrules.html",
    ),
    Form(
        "dashboard-name",
        "The name of a dashboard has at most 255 letters, digits, hyphens and underscores",
        "AWS::CloudWatch::Dashboard",
        "DashboardName",
        r"[A-Za-z0-9_-]{1,255}",
        "1 to 255 letters, digits, - and _",
        f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html",
    ),
    Form(
        "log-group-name",
        "The name of a log group does not begin with aws/",
        "AWS::Logs::LogGroup",
        "LogGroupName",
        r"(?!aws/).*",
        "another beginning, such as /aws/",
        f"{_DOCS}/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html",
    ),
    Form(
        "key-alias",
        "The alias of a key does not begin with alias/aws/",
        "AWS::KMS::Alias",
        "AliasName",
        r"(?!alias/aws/).*",
        "another name: AWS keeps alias/aws/ for its own keys",
        f"{_DOCS}/kms/latest/APIReference/API_CreateAlias.html",
    ),
    Form(
        "secret-name",
        "The name of a secret has letters, digits and /_+=.@- only",
        "AWS::SecretsManager::Secret",
        "Name",
        r"[A-Za-z0-9/_+=.@-]*",
        "letters, digits, / _ + = . @ and -",
        f"{_DOCS}/secretsmanager/latest/apireference/API_CreateSecret.html",
    ),
    Form(
        "secret-suffix",
        "The name of a secret does not end in a hyphen and six characters, as the ARN of one does",
        "AWS::SecretsManager::Secret",
        "Name",
        r"(?!.*-[A-Za-z0-9]{6}$).*",
        "another end: by a part of their ARNs, secrets would be mistaken for each other",
        f"{_DOCS}/secretsmanager/latest/apireference/API_CreateSecret.html",
    ),
    Form(
        "rest-stage-name",
        "The name of a REST API's stage has letters, digits, hyphens and underscores only",
        "AWS::ApiGateway::Stage",
        "StageName",
        r"[A-Za-z0-9_-]{1,128}",
        "1 to 128 letters, digits, - and _",
        f"{_DOCS}/apigateway/latest/api/API_CreateStage.html",
    ),
    Form(
        "http-stage-name",
        "The name of an HTTP API's stage has letters, digits, hyphens and underscores only",
        "AWS::ApiGatewayV2::Stage",
        "StageName",
        r"\$default|[A-Za-z0-9_-]{1,128}",
        "1 to 128 letters, digits, - and _, or $default",
        f"{_DOCS}/apigateway/latest/developerguide/http-api-stages.html",
    ),
)

FORM_RULES = tuple(form.rule() for form in FORMS)


@rule(
    "stack-name",
    "The name of a stack begins with a letter and has at most 128 letters, digits and hyphens",
    f"{_DOCS}/AWSCloudFormation/latest/APIReference/API_CreateStack.html",
)
def stack_name(stack: Stack) -> Iterator[Problem]:
    """The name that samconfig.toml gives."""
    name = stack.stage.stack_name
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", name):
        yield Problem(
            (),
            f"the stack is called {name!r}",
            "a letter, then letters, digits and hyphens",
            stack.stage.place,
        )


@rule(
    "fifo-name",
    "A queue or topic is FIFO exactly when its name ends in .fifo",
    f"{_DOCS}/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
)
def fifo_name(stack: Stack) -> Iterator[Problem]:
    """Both services refuse one without the other."""
    for kind, name, flag in (
        ("AWS::SQS::Queue", "QueueName", "FifoQueue"),
        ("AWS::SNS::Topic", "TopicName", "FifoTopic"),
    ):
        for resource in stack.of_type(kind):
            given = resource.text(name)
            if given is not None and given.endswith(".fifo") != is_true(resource.get(flag)):
                yield resource.problem(
                    f"{name} is {given}, and {flag} is {resource.get(flag) or 'false'}", name
                )


def is_true(value: object) -> bool:
    """Whether a property is true, as a boolean or as text."""
    return str(value).lower() == "true"


@rule(
    "parameter-name",
    "The name of an SSM parameter has at most 15 levels, and its ARN at most 1,011 characters",
    f"{_DOCS}/systems-manager/latest/APIReference/API_PutParameter.html",
)
def parameter_name(stack: Stack) -> Iterator[Problem]:
    """The ARN up to the name counts too."""
    region = stack.stage.region
    arn = f"arn:{partition_of(region)}:ssm:{region}:{ACCOUNT}:parameter/"
    for resource in stack.of_type("AWS::SSM::Parameter"):
        name = resource.text("Name") or ""
        levels = len(name.strip("/").split("/"))
        if levels > 15:
            yield resource.problem(f"Name has {levels} levels", "Name", expected="at most 15")
        length = len(arn + name.lstrip("/"))
        if length > 1011:
            yield resource.problem(
                f"the ARN of the parameter has {length} characters", "Name", expected="at most 1011"
            )


@rule(
    "same-name",
    "Two resources of a type have names of their own",
    f"{_DOCS}/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html",
)
def same_name(stack: Stack) -> Iterator[Problem]:
    """CloudFormation makes the first and fails at the second."""
    taken: dict[tuple[str, str], Resource] = {}
    for resource in stack.of_type(*PHYSICAL_NAMES):
        name = resource.text(PHYSICAL_NAMES[resource.type])
        if name is None:
            continue
        # An alarm and one that is composed of others are both alarms.
        first = taken.setdefault((resource.type.replace("Composite", ""), name), resource)
        if first is not resource:
            yield resource.problem(
                f"{resource.name} is called {name}, as {first.name} is",
                PHYSICAL_NAMES[resource.type],
            )
