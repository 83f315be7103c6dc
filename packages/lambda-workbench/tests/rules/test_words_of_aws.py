"""The numbers in the rules are those in AWS's own words, as botocore's models carry them."""

import re
from typing import Any

import botocore.session
import pytest

from lambda_workbench.preflight.catalogue import RULES

MAPPING = "lambda CreateEventSourceMapping"
INVOKE = "lambda PutFunctionEventInvokeConfig"
ALARM = "cloudwatch PutMetricAlarm"

# The rule; the service, the operation or structure, and the member of it; what is said there.
WORDS = [
    ("queue-name", "sqs CreateQueue QueueName", "A queue name can have up to 80 characters."),
    ("queue-name", "sqs CreateQueue QueueName", "alphanumeric characters, hyphens ( - ), and"),
    ("fifo-name", "sqs CreateQueue QueueName", "must end with the .fifo suffix"),
    ("topic-name", "sns CreateTopic Name", "between 1 and 256 characters long"),
    ("fifo-name", "sns CreateTopic Name", "the name must end with the .fifo suffix"),
    ("dashboard-name", "cloudwatch PutDashboard DashboardName", "The maximum length is 255"),
    ("log-group-name", "logs CreateLogGroup", "can't start with the string aws/"),
    ("key-alias", "kms CreateAlias AliasName", "The alias name cannot begin with alias/aws/"),
    ("secret-name", "secretsmanager CreateSecret Name", "the following characters: /_+=.@-"),
    (
        "secret-suffix",
        "secretsmanager CreateSecret Name",
        "Do not end your secret name with a hyphen followed by six characters.",
    ),
    ("parameter-name", "ssm PutParameter Name", "limited to a maximum depth of fifteen levels"),
    ("parameter-name", "ssm PutParameter Name", "This count of 1011 characters includes the"),
    (
        "parameter-value",
        "ssm PutParameter Value",
        "Standard parameters have a value limit of 4 KB.",
    ),
    (
        "parameter-value",
        "ssm PutParameter Value",
        "Advanced parameters have a value limit of 8 KB.",
    ),
    ("parameter-value", "ssm PutParameter Value", "You can't include values wrapped in double"),
    (
        "rest-stage-name",
        "apigateway CreateStage stageName",
        "alphanumeric characters, hyphens, and",
    ),
    ("rest-stage-name", "apigateway CreateStage stageName", "Maximum length is 128 characters."),
    ("stack-name", "cloudformation CreateStack StackName", "can't be longer than 128 characters"),
    ("template-size", "cloudformation CreateStack TemplateBody", "maximum length of 51,200 bytes"),
    ("template-size", "cloudformation CreateStack TemplateURL", "(max size: 1 MB)"),
    ("tag-count", "cloudformation CreateStack Tags", "A maximum number of 50 tags"),
    ("stack-tags", "cloudformation CreateStack Tags", "propagates these tags to the resources"),
    ("stack-tags", "cloudformation Tag Key", "maximum of 128 characters"),
    ("stack-tags", "cloudformation Tag Value", "maximum of 256 characters"),
    ("source-settings", f"{MAPPING} ParallelizationFactor", "(Kinesis and DynamoDB Streams only)"),
    (
        "source-settings",
        f"{MAPPING} TumblingWindowInSeconds",
        "(Kinesis and DynamoDB Streams only)",
    ),
    ("source-settings", f"{MAPPING} ScalingConfig", "(Amazon SQS only)"),
    (
        "source-settings",
        f"{MAPPING} ProvisionedPollerConfig",
        "(Amazon SQS, Amazon MSK, and self-managed Apache Kafka only)",
    ),
    *(
        (
            "source-settings",
            f"{MAPPING} {name}",
            "(Kinesis, DynamoDB Streams, Amazon MSK, and self-managed Apache Kafka)",
        )
        for name in (
            "BisectBatchOnFunctionError",
            "DestinationConfig",
            "MaximumRecordAgeInSeconds",
            "MaximumRetryAttempts",
        )
    ),
    ("starting-position", f"{MAPPING} StartingPosition", "Required for Amazon Kinesis and Amazon"),
    ("starting-position", f"{MAPPING} StartingPosition", "AT_TIMESTAMP is supported only for"),
    (
        "batch-window",
        f"{MAPPING} MaximumBatchingWindowInSeconds",
        "when you set BatchSize to a value greater than 10, you must set",
    ),
    ("fifo-batch", f"{MAPPING} BatchSize", "For FIFO queues the max is 10."),
    ("batch-failures", "lambda OnFailure Destination", "Amazon SNS topic, Amazon SQS queue, or"),
    ("async-failures", f"{INVOKE} DestinationConfig", "The ARN of a standard SQS queue."),
    ("async-failures", f"{INVOKE} DestinationConfig", "The ARN of a standard SNS topic."),
    ("async-successes", INVOKE, "S3 buckets are supported only for on-failure destinations"),
    (
        "account-concurrency",
        "lambda PutFunctionConcurrency",
        "as long as you leave at least 100 simultaneous executions unreserved",
    ),
    ("function-storage", "lambda CreateFunction EphemeralStorage", "between 512 and 10,240 MB"),
    ("cors", "apigatewayv2 Cors MaxAge", "preflight request results"),
    ("authorizer-cache", "apigatewayv2 CreateAuthorizer AuthorizerResultTtlInSeconds", "3600"),
    ("authorizer-cache", "apigateway CreateAuthorizer authorizerResultTtlInSeconds", "3600"),
    (
        "integration-timeout",
        "apigatewayv2 CreateIntegration TimeoutInMillis",
        "between 50 and 30,000 milliseconds for HTTP APIs",
    ),
    ("gateway-timeout", "apigateway PutIntegration timeoutInMillis", "29,000 milliseconds"),
    ("access-log-format", "apigatewayv2 AccessLogSettings Format", "A single line format"),
    ("access-log-format", "apigateway AccessLogSettings format", "at least $context.requestId"),
    ("stage-variables", "apigateway CreateStage variables", "[A-Za-z0-9-._~:/?#&=,]+"),
    ("firewall-priorities", "wafv2 Rule Priority", "but they must all be different"),
    ("alarm-window", f"{ALARM} Period", "can't be more than 604,800 seconds"),
    ("alarm-window", f"{ALARM} Period", "can't be longer than one day (86,400 seconds)"),
    ("alarm-datapoints", f"{ALARM} EvaluationPeriods", "this value is the N"),
    ("alarm-metrics", "cloudwatch MetricDataQuery ReturnData", "specify ReturnData as False"),
    ("alarm-metrics", "cloudwatch MetricDataQuery Id", "This name must be unique"),
    ("alarm-expressions", "cloudwatch MetricDataQuery Expression", "can use the Id of the other"),
    ("metric-period", "cloudwatch MetricStat Period", "1, 5, 10, 20, 30, 60, or any multiple"),
    (
        "composite-alarm",
        "cloudwatch PutCompositeAlarm AlarmRule",
        'as many as 100 "children" alarms',
    ),
    ("deployment-alarms", "codedeploy AlarmConfiguration alarms", "A maximum of 10 alarms"),
    ("table-indexes", "dynamodb CreateTable GlobalSecondaryIndexes", "(the maximum is 20)"),
    ("index-projections", "dynamodb Projection NonKeyAttributes", "must not exceed 100"),
    ("query-log-groups", "logs StartQuery logGroupNames", "You can include up to 50 log groups."),
    (
        "stream-retention",
        "kinesis DecreaseStreamRetentionPeriod",
        "The minimum value of a stream's",
    ),
    (
        "redrive-permission",
        "sqs SetQueueAttributes Attributes",
        "You can specify up to 10 source queue ARNs",
    ),
    ("queue-dead-letters", "sqs SetQueueAttributes Attributes", "must also be a FIFO queue"),
    (
        "schedule-expression",
        "scheduler CreateSchedule ScheduleExpression",
        "consists of six fields",
    ),
    (
        "schedule-expression",
        "scheduler CreateSchedule ScheduleExpression",
        "minute | minutes | hour | hours | day | days",
    ),
    ("inline-policy-names", "iam PutRolePolicy", "Adds or updates an inline policy document"),
]


@pytest.mark.parametrize(("rule", "where", "said"), WORDS)
def test_the_words_of_aws(rule: str, where: str, said: str) -> None:
    assert rule in {known.id for known in RULES}
    assert plain(said) in plain(documentation(*where.split()))


def plain(text: str) -> str:
    """Words without markup; spaces next to punctuation differ from model to model."""
    text = re.sub(r"<[^>]+>", "", text).replace("&amp;", "&").replace("&quot;", '"')
    return re.sub(r"[\s\u2019']+", "", text)


def documentation(service: str, name: str, member: str = "") -> str:
    model: Any = botocore.session.get_session().get_service_model(service)
    if name not in model.operation_names:
        return str(model.shape_for(name).members[member].documentation)
    operation = model.operation_model(name)
    if not member:
        return str(operation.documentation)
    return str(operation.input_shape.members[member].documentation)


def test_the_numbers_that_botocore_checks_itself() -> None:
    def limits(service: str, name: str, member: str) -> dict[str, Any]:
        model: Any = botocore.session.get_session().get_service_model(service)
        found: dict[str, Any] = model.shape_for(name).members[member].metadata
        return found

    assert limits("secretsmanager", "GetRandomPasswordRequest", "PasswordLength")["max"] == 4096
    assert limits("apigatewayv2", "Cors", "MaxAge") == {"min": -1, "max": 86400}
    queue = limits("scheduler", "DeadLetterConfig", "Arn")["pattern"]
    assert re.fullmatch(queue, "arn:aws:sqs:eu-west-1:123456789012:failures")
    assert not re.fullmatch(queue, "arn:aws:sqs:eu-west-1:123456789012:failures.fifo")
