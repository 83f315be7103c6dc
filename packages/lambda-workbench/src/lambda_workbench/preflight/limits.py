"""Numbers and lists that AWS limits, where the provider schemas of cfn-lint do not say so.

A row is a rule. A path of properties may hold `*` for any item of a list or key of a mapping.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lambda_workbench.cloudformation.documents import Step
from lambda_workbench.preflight.model import Path, Problem, Rule, Stack, as_number

_DOCS = "https://docs.aws.amazon.com"


@dataclass(frozen=True)
class Range:
    """A number from `low` to `high`."""

    id: str
    summary: str
    type: str
    path: Path
    low: int
    high: int
    source: str

    def rule(self) -> Rule:
        """It as a rule."""
        return Rule(self.id, self.summary, self.source, self._problems)

    def _problems(self, stack: Stack) -> Iterator[Problem]:
        for resource in stack.of_type(self.type):
            for path, value in resource.each(*self.path):
                number = as_number(value)
                if number is not None and not self.low <= number <= self.high:
                    yield resource.problem(
                        f"{_shown(path)} is {value}", *path, expected=f"{self.low} to {self.high}"
                    )


@dataclass(frozen=True)
class Count:
    """A list of `most` items."""

    id: str
    summary: str
    type: str
    path: Path
    most: int
    source: str

    def rule(self) -> Rule:
        """It as a rule."""
        return Rule(self.id, self.summary, self.source, self._problems)

    def _problems(self, stack: Stack) -> Iterator[Problem]:
        for resource in stack.of_type(self.type):
            for path, value in resource.each(*self.path):
                if isinstance(value, (list, dict)) and len(value) > self.most:
                    yield resource.problem(
                        f"{_shown(path)} has {len(value)} items",
                        *path,
                        expected=f"at most {self.most}",
                    )


def _shown(path: tuple[Step, ...]) -> str:
    return ".".join(map(str, path))


RANGES = (
    Range(
        "stream-retention",
        "A Kinesis stream keeps records for 24 to 8,760 hours",
        "AWS::Kinesis::Stream",
        ("RetentionPeriodHours",),
        24,
        8760,
        f"{_DOCS}/streams/latest/dev/kinesis-extended-retention.html",
    ),
    Range(
        "function-storage",
        "The temporary storage of a function has 512 to 10,240 MB",
        "AWS::Lambda::Function",
        ("EphemeralStorage", "Size"),
        512,
        10240,
        f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html",
    ),
    Range(
        "receive-count",
        "A message may be received 1 to 1,000 times before it is a dead letter",
        "AWS::SQS::Queue",
        ("RedrivePolicy", "maxReceiveCount"),
        1,
        1000,
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html",
    ),
    Range(
        "secret-length",
        "A generated secret has 1 to 4,096 characters",
        "AWS::SecretsManager::Secret",
        ("GenerateSecretString", "PasswordLength"),
        1,
        4096,
        f"{_DOCS}/secretsmanager/latest/apireference/API_GetRandomPassword.html",
    ),
    Range(
        "method-cache-time",
        "A REST API keeps answers for 0 to 3,600 seconds",
        "AWS::ApiGateway::Stage",
        ("MethodSettings", "*", "CacheTtlInSeconds"),
        0,
        3600,
        f"{_DOCS}/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html",
    ),
)

COUNTS = (
    Count(
        "deployment-alarms",
        "A deployment group watches at most 10 alarms",
        "AWS::CodeDeploy::DeploymentGroup",
        ("AlarmConfiguration", "Alarms"),
        10,
        f"{_DOCS}/codedeploy/latest/APIReference/API_AlarmConfiguration.html",
    ),
    Count(
        "table-indexes",
        "A table has at most 20 global secondary indexes",
        "AWS::DynamoDB::Table",
        ("GlobalSecondaryIndexes",),
        20,
        f"{_DOCS}/amazondynamodb/latest/APIReference/API_CreateTable.html",
    ),
    Count(
        "query-log-groups",
        "A saved query reads at most 50 log groups",
        "AWS::Logs::QueryDefinition",
        ("LogGroupNames",),
        50,
        f"{_DOCS}/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html",
    ),
    Count(
        "queue-policy-statements",
        "The policy of a queue has at most 20 statements",
        "AWS::SQS::QueuePolicy",
        ("PolicyDocument", "Statement"),
        20,
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html",
    ),
    Count(
        "queue-policy-actions",
        "A statement in the policy of a queue has at most 7 actions",
        "AWS::SQS::QueuePolicy",
        ("PolicyDocument", "Statement", "*", "Action"),
        7,
        f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html",
    ),
)

RULES = tuple(row.rule() for row in (*RANGES, *COUNTS))
