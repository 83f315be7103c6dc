"""B7: encryption at rest, and whose key it is."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from tests.conformance.files import Files
from tests.conformance.model import Function, Key, Service, Statement
from tests.conformance.project import Project
from tests.conformance.registry import breaks, check

CUSTOMER_KEY = {"encryption": ["customer_key"]}
# Through which service an action of a function reaches what is encrypted with a key.
READ_THROUGH = {
    "dynamodb:": "dynamodb",
    "kinesis:GetRecords": "kinesis",
    "s3:GetObject": "s3",
    "secretsmanager:GetSecretValue": "secretsmanager",
    "sqs:ReceiveMessage": "sqs",
}


@check("B7")
def data_is_encrypted_and_travels_over_tls(project: Project) -> Iterator[str]:
    service = project.service()
    yield from _encrypted(service)
    yield from _over_tls(service)
    yield from _alarms_can_be_published(service)
    if project.answers["encryption"] == "customer_key":
        yield from _with_a_key_of_its_own(service)


def _encrypted(service: Service) -> Iterator[str]:
    for kind in ("queues", "streams", "tables", "buckets"):
        for thing in getattr(service, kind):
            if not thing.encrypted:
                yield f"{thing.name} is not encrypted"
    for topic in service.topics:
        if not topic.key:
            yield f"{topic.name} is not encrypted"


def _over_tls(service: Service) -> Iterator[str]:
    policies = [
        *((queue.name, queue.policy) for queue in service.queues),
        *((topic.name, topic.policy) for topic in service.topics),
        *((bucket.name, bucket.policy) for bucket in service.buckets),
    ]
    for name, policy in policies:
        if not any(_wants_tls(statement) for statement in policy):
            yield f"{name} may be used without TLS"


def _wants_tls(statement: Statement) -> bool:
    return (
        not statement.allows
        and "*" in statement.principals
        and statement.condition("Bool", "aws:SecureTransport") == ("false",)
    )


def _alarms_can_be_published(service: Service) -> Iterator[str]:
    told = {action for alarm in service.alarms for action in alarm.actions}
    for topic in service.topics:
        if topic.arn in told and not _lets_in(service, topic.key, "cloudwatch.amazonaws.com"):
            yield f"the key of {topic.name} keeps alarms out"


def _lets_in(service: Service, key: str, principal: str, source: str = "") -> bool:
    """Whether a service of AWS may encrypt with a key, on behalf of a source."""
    for statement in _policy(service, key):
        sources = statement.condition("ArnLike", "aws:SourceArn")
        if (
            f"service:{principal}" in statement.principals
            and {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(statement.actions)
            and (not sources or not source or any(fnmatchcase(source, s) for s in sources))
        ):
            return True
    return False


def _policy(service: Service, arn: str) -> tuple[Statement, ...]:
    return next((key.policy for key in service.keys if key.arn == arn), ())


def _with_a_key_of_its_own(service: Service) -> Iterator[str]:
    (key,) = service.keys
    if not (key.rotates and key.alias and key.kept):
        yield "the key does not rotate, has no alias, or goes with the stack"
    for kind in ("functions", "log_groups", "queues", "streams", "tables", "buckets", "topics"):
        for thing in getattr(service, kind):
            if thing.key != key.arn:
                yield f"{thing.name} is not encrypted with the service's key"
    if any(secret.key != key.arn for secret in service.secrets):
        yield "a secret is not encrypted with the service's key"
    yield from _who_the_key_lets_in(service, key)
    for function in service.functions:
        yield from _what_a_role_may(service, function, key)


def _who_the_key_lets_in(service: Service, key: Key) -> Iterator[str]:
    if not any(
        any(p.endswith(":root") for p in s.principals) and s.actions == ("kms:*",)
        for s in key.policy
    ):
        yield "nobody in the account can administer the key"
    contexts = [
        context
        for statement in key.policy
        if any(p.startswith("service:logs.") for p in statement.principals)
        for context in statement.condition("ArnLike", "kms:EncryptionContext:aws:logs:arn")
    ]
    for group in service.log_groups:
        arn = group.arn.removesuffix(":*")
        if not any(fnmatchcase(arn, context) for context in contexts):
            yield f"the key keeps CloudWatch Logs from writing to {group.name}"
    for rule in service.rules:
        if not _lets_in(service, key.arn, "events.amazonaws.com", rule.arn):
            yield f"the key keeps EventBridge from keeping what {rule.name} could not deliver"
    for subscription in service.subscriptions:
        if subscription.dead_letters and not _lets_in(
            service, key.arn, "sns.amazonaws.com", subscription.topic
        ):
            yield "the key keeps SNS from keeping what could not be delivered"
    for statement in key.policy:
        if any(p.startswith("service:") for p in statement.principals) and not (
            statement.condition("StringEquals", "aws:SourceAccount")
            or statement.condition("ArnLike", "kms:EncryptionContext:aws:logs:arn")
            or statement.condition("StringEquals", "kms:EncryptionContext:aws:sqs:arn")
        ):
            yield f"the key lets {statement.sid} in on behalf of any account"


def _what_a_role_may(service: Service, function: Function, key: Key) -> Iterator[str]:
    role = service.role_of(function)
    statements = [s for s in role.statements if s.allows] if role else []
    actions = {action for statement in statements for action in statement.actions}
    sends = "sqs:SendMessage" in actions
    keeps = "s3:PutObject" in actions
    needed = {"lambda"} | {
        through
        for action, through in READ_THROUGH.items()
        if any(known.startswith(action) for known in actions)
    }
    reads = _through(statements, key, "kms:Decrypt")
    writes = _through(statements, key, "kms:GenerateDataKey")
    if missing := (needed | ({"sqs"} if sends else set())) - reads:
        yield f"{function.short_name} cannot read what it gets from {', '.join(sorted(missing))}"
    if sends and "sqs" not in writes:
        yield f"{function.short_name} cannot send to an encrypted queue"
    if keeps and "s3" not in writes:
        yield f"{function.short_name} cannot write to an encrypted bucket"
    queues = {"sqs"} if sends else set()
    needless = (reads - needed - queues) | (writes - queues - ({"s3"} if keeps else set()))
    if needless:
        yield f"{function.short_name} may use the key for more than it does: {sorted(needless)}"
    for statement in statements:
        if any(action.startswith("kms:") for action in statement.actions) and (
            statement.resources != (key.arn,)
            or not statement.condition("StringEquals", "kms:ViaService")
        ):
            yield f"{function.short_name} may use keys without going through a service"


def _through(statements: list[Statement], key: Key, action: str) -> set[str]:
    return {
        service.split(".")[0]
        for statement in statements
        if action in statement.actions and key.arn in statement.resources
        for service in statement.condition("StringEquals", "kms:ViaService")
    }


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="orders is not encrypted",
    when={"encryption": ["aws"]},
)
def a_queue_in_plain_text(files: Files) -> None:
    files.replace("template.yaml", "      SqsManagedSseEnabled: true\n", "", 1)


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="Table is not encrypted",
    when={"encryption": ["aws"], "data_store": ["dynamodb"]},
)
def a_table_without_its_key(files: Files) -> None:
    files.replace("template.yaml", "SSEEnabled: true", "SSEEnabled: false", 1)


@breaks(data_is_encrypted_and_travels_over_tls, names="may be used without TLS")
def a_queue_without_tls(files: Files) -> None:
    files.replace("template.yaml", 'aws:SecureTransport: "false"', 'aws:SecureTransport: "true"', 1)


@breaks(data_is_encrypted_and_travels_over_tls, names="keeps alarms out")
def a_key_that_keeps_alarms_out(files: Files) -> None:
    files.replace(
        "template.yaml",
        "              Service: cloudwatch.amazonaws.com\n            Action: [kms:Decrypt",
        "              Service: codestar.amazonaws.com\n            Action: [kms:Decrypt",
    )


@breaks(data_is_encrypted_and_travels_over_tls, names="does not rotate", when=CUSTOMER_KEY)
def a_key_for_ever(files: Files) -> None:
    files.replace("template.yaml", "EnableKeyRotation: true", "EnableKeyRotation: false")


@breaks(data_is_encrypted_and_travels_over_tls, names="goes with the stack", when=CUSTOMER_KEY)
def a_key_that_goes_with_the_stack(files: Files) -> None:
    files.replace(
        "template.yaml",
        "    Type: AWS::KMS::Key\n    DeletionPolicy: RetainExceptOnCreate",
        "    Type: AWS::KMS::Key\n    DeletionPolicy: Delete",
    )


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="not encrypted with the service's key",
    when=CUSTOMER_KEY,
)
def logs_with_the_key_of_aws(files: Files) -> None:
    files.replace("template.yaml", "      KmsKeyId: !GetAtt ServiceKey.Arn\n", "", 1)


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="api is not encrypted with the service's key",
    when={**CUSTOMER_KEY, "triggers": ["api"]},
)
def variables_with_the_key_of_aws(files: Files) -> None:
    files.replace("template.yaml", "    KmsKeyArn: !GetAtt ServiceKey.Arn\n", "")


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="keeps CloudWatch Logs from writing",
    when=CUSTOMER_KEY,
)
def a_key_for_the_logs_of_others(files: Files) -> None:
    files.replace("template.yaml", "log-group:/aws/lambda/", "log-group:/aws/codebuild/")


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="on behalf of any account",
    when={**CUSTOMER_KEY, "triggers": ["events"]},
)
def a_deputy_that_can_be_confused(files: Files) -> None:
    files.substitute(
        "template.yaml",
        r"(Service: events\.amazonaws\.com\n            Action: \[kms:Decrypt.*?"
        r"            Condition:\n)              StringEquals:\n.*?AccountId\n",
        r"\1",
    )


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="cannot send to an encrypted queue",
    when=CUSTOMER_KEY,
)
def a_sender_without_the_key(files: Files) -> None:
    files.replace(
        "template.yaml", "Action: [kms:Decrypt, kms:GenerateDataKey]", "Action: kms:Decrypt"
    )


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="cannot write to an encrypted bucket",
    when={**CUSTOMER_KEY, "triggers": ["stream"]},
)
def failures_without_the_key(files: Files) -> None:
    files.replace("template.yaml", "Action: kms:GenerateDataKey\n", "Action: kms:Encrypt\n")


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="api cannot read what it gets from dynamodb",
    when={**CUSTOMER_KEY, "triggers": ["api"], "data_store": ["dynamodb"]},
)
def a_reader_without_the_key(files: Files) -> None:
    files.replace(
        "template.yaml", "                      - !Sub dynamodb.${AWS::Region}.amazonaws.com\n", ""
    )


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="for more than it does",
    when={**CUSTOMER_KEY, "triggers": ["api"]},
)
def a_role_that_may_open_files_too(files: Files) -> None:
    line = "                      - !Sub lambda.${AWS::Region}.amazonaws.com\n"
    files.replace("template.yaml", line, line + line.replace("lambda", "ebs"), 1)


@breaks(
    data_is_encrypted_and_travels_over_tls,
    names="without going through a service",
    when=CUSTOMER_KEY,
)
def a_role_that_uses_the_key_itself(files: Files) -> None:
    files.replace("template.yaml", "kms:ViaService:", "kms:CallerAccount:")
