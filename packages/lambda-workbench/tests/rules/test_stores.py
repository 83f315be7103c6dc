"""Tables, buckets, queues and parameters, and numbers and lists of all of them."""

from collections.abc import Callable

import botocore.session
import pytest

from lambda_workbench.preflight.stores import EVENTS

Try = Callable[..., None]


def it(kind: str, properties: str) -> str:
    return f"It: {{Type: AWS::{kind}, Properties: {{{properties}}}}}\n"


def index(name: str, projection: str = "ProjectionType: ALL") -> str:
    return f"{{IndexName: {name}, Projection: {{{projection}}}}}"


def included(count: int) -> str:
    names = ", ".join(f"n{number}" for number in range(count))
    return f"ProjectionType: INCLUDE, NonKeyAttributes: [{names}]"


def test_indexes_of_a_table(finds: Try, passes: Try) -> None:
    def table(*indexes: str) -> str:
        return it("DynamoDB::Table", f"GlobalSecondaryIndexes: [{', '.join(indexes)}]")

    passes("index-projections", table(index("by_a", included(50)), index("by_b", included(50))))
    finds(
        "index-projections",
        "101 attributes",
        table(index("by_a", included(50)), index("by_b", included(51))),
    )
    finds("index-projections", "2 indexes are called by_a", table(index("by_a"), index("by_a")))
    finds("index-projections", "and 0 attributes", table(index("by_a", "ProjectionType: INCLUDE")))
    passes("table-indexes", table(*[index(f"by_{number}") for number in range(20)]))
    finds("table-indexes", "21 items", table(*[index(f"by_{number}") for number in range(21)]))


def test_a_stream_that_is_read_exists(finds: Try, passes: Try) -> None:
    def table(properties: str) -> str:
        return f"""
            Orders: {{Type: AWS::DynamoDB::Table, Properties: {{{properties}}}}}
            Mapping:
              Type: AWS::Lambda::EventSourceMapping
              Properties: {{EventSourceArn: !GetAtt Orders.StreamArn}}
        """

    passes("table-stream", table("StreamSpecification: {StreamViewType: NEW_IMAGE}"))
    finds("table-stream", "the stream of Orders, which has none", table(""))


def test_lifecycles(finds: Try, passes: Try) -> None:
    def bucket(days: int, storage: str, expires: int) -> str:
        rule = (
            f"{{Transitions: [{{TransitionInDays: {days}, StorageClass: {storage}}}], "
            f"ExpirationInDays: {expires}}}"
        )
        return it("S3::Bucket", f"LifecycleConfiguration: {{Rules: [{rule}]}}")

    passes("bucket-lifecycle", bucket(30, "STANDARD_IA", 31))
    passes("bucket-lifecycle", bucket(0, "GLACIER", 30))
    finds("bucket-lifecycle", "after 29 days", bucket(29, "STANDARD_IA", 60))
    finds("bucket-lifecycle", "expire after 30 days", bucket(30, "STANDARD_IA", 30))
    finds(
        "bucket-lifecycle",
        "after 0 days",
        it("S3::Bucket", "LifecycleConfiguration: {Rules: [{ExpirationInDays: 0}]}"),
    )


def notified(*configurations: str) -> str:
    given = f"NotificationConfiguration: {{LambdaConfigurations: [{', '.join(configurations)}]}}"
    return it("S3::Bucket", given)


def about(event: str, prefix: str = "", suffix: str = "") -> str:
    rules = f"[{{Name: prefix, Value: '{prefix}'}}, {{Name: suffix, Value: '{suffix}'}}]"
    return f"{{Event: 's3:{event}', Filter: {{S3Key: {{Rules: {rules}}}}}}}"


def test_notifications_of_a_bucket(finds: Try, passes: Try) -> None:
    created = "ObjectCreated:*"
    passes("bucket-notifications", notified(about(created, "a/"), about(created, "b/")))
    passes(
        "bucket-notifications", notified(about(created, "a/", ".csv"), about(created, "a/", ".txt"))
    )
    passes("bucket-notifications", notified(about("ObjectCreated:Put"), about("ObjectRemoved:*")))
    finds(
        "bucket-notifications", "the same objects", notified(about(created, "a/"), about(created))
    )
    finds(
        "bucket-notifications",
        "the same objects",
        notified(about(created, "a/", ".csv"), about("ObjectCreated:Put", "a/b/", "s.csv")),
    )
    finds("bucket-notifications", "no event s3:ObjectMade:*", notified(about("ObjectMade:*")))


def test_the_events_are_those_of_s3() -> None:
    model = botocore.session.get_session().get_service_model("s3")
    names: list[str] = model.shape_for("Event").metadata["enum"]
    assert [name for name in names if not EVENTS.fullmatch(name)] == []


def test_values_of_ssm_parameters(finds: Try, passes: Try) -> None:
    def parameter(value: str, more: str = "") -> str:
        return it("SSM::Parameter", f"Name: /a, Type: String, Value: '{value}'{more}")

    passes("parameter-value", parameter("20", ", AllowedPattern: '([1-9][0-9]?|100)'"))
    finds("parameter-value", "does not match", parameter("no", ", AllowedPattern: '[0-9]+'"))
    finds("parameter-value", "not a regular expression", parameter("no", ", AllowedPattern: '['"))
    finds("parameter-value", "the value is empty", parameter(""))
    finds("parameter-value", "kept for references", parameter("{{ssm:b}}"))
    passes("parameter-value", parameter("v" * 4096))
    finds("parameter-value", "4,097 bytes", parameter("v" * 4097))
    passes("parameter-value", parameter("v" * 8192, ", Tier: Advanced"))


def test_who_may_use_a_dead_letter_queue(finds: Try, passes: Try) -> None:
    def queue(permission: str, count: int) -> str:
        arns = ", ".join(f"'arn:{number}'" for number in range(count))
        given = f"{{redrivePermission: {permission}, sourceQueueArns: [{arns}]}}"
        return it("SQS::Queue", f"RedriveAllowPolicy: {given}")

    passes("redrive-permission", queue("byQueue", 10))
    passes("redrive-permission", queue("denyAll", 0))
    finds("redrive-permission", "byQueue with 11 queues", queue("byQueue", 11))
    finds("redrive-permission", "byQueue with 0 queues", queue("byQueue", 0))
    finds("redrive-permission", "allowAll with 1 queues", queue("allowAll", 1))
    finds("redrive-permission", "redrivePermission is some", queue("some", 0))


@pytest.mark.parametrize("wrong", [23, 8761])
def test_records_of_a_stream(wrong: int, finds: Try, passes: Try) -> None:
    passes("stream-retention", it("Kinesis::Stream", "RetentionPeriodHours: 24"))
    passes("stream-retention", it("Kinesis::Stream", "RetentionPeriodHours: 8760"))
    finds("stream-retention", str(wrong), it("Kinesis::Stream", f"RetentionPeriodHours: {wrong}"))


def test_temporary_storage(finds: Try, passes: Try) -> None:
    passes("function-storage", it("Lambda::Function", "EphemeralStorage: {Size: 10240}"))
    finds("function-storage", "10241", it("Lambda::Function", "EphemeralStorage: {Size: 10241}"))


@pytest.mark.parametrize("wrong", [0, 1001])
def test_receives(wrong: int, finds: Try, passes: Try) -> None:
    passes("receive-count", it("SQS::Queue", "RedrivePolicy: {maxReceiveCount: 1000}"))
    finds(
        "receive-count",
        f"maxReceiveCount is {wrong}",
        it("SQS::Queue", f"RedrivePolicy: {{maxReceiveCount: {wrong}}}"),
    )


def test_generated_secrets(finds: Try, passes: Try) -> None:
    def secret(length: int) -> str:
        return it("SecretsManager::Secret", f"GenerateSecretString: {{PasswordLength: {length}}}")

    passes("secret-length", secret(4096))
    finds("secret-length", "4097", secret(4097))


def test_answers_that_an_api_keeps(finds: Try, passes: Try) -> None:
    def stage(seconds: int) -> str:
        return it("ApiGateway::Stage", f"MethodSettings: [{{CacheTtlInSeconds: {seconds}}}]")

    passes("method-cache-time", stage(3600))
    finds("method-cache-time", "MethodSettings.0.CacheTtlInSeconds is 3601", stage(3601))


def test_alarms_of_a_deployment(finds: Try, passes: Try) -> None:
    def group(count: int) -> str:
        alarms = ", ".join(f"{{Name: a{number}}}" for number in range(count))
        return it("CodeDeploy::DeploymentGroup", f"AlarmConfiguration: {{Alarms: [{alarms}]}}")

    passes("deployment-alarms", group(10))
    finds("deployment-alarms", "11 items", group(11))


def test_log_groups_of_a_query(finds: Try, passes: Try) -> None:
    def query(count: int) -> str:
        names = ", ".join(f"g{number}" for number in range(count))
        return it("Logs::QueryDefinition", f"Name: a, LogGroupNames: [{names}]")

    passes("query-log-groups", query(50))
    finds("query-log-groups", "51 items", query(51))


def test_statements_of_a_queue_s_policy(finds: Try, passes: Try) -> None:
    def policy(statements: int, actions: int = 1) -> str:
        names = ", ".join(f"'sqs:A{number}'" for number in range(actions))
        listed = ", ".join([f"{{Action: [{names}]}}"] * statements)
        return it("SQS::QueuePolicy", f"PolicyDocument: {{Statement: [{listed}]}}")

    passes("queue-policy-statements", policy(20))
    finds("queue-policy-statements", "21 items", policy(21))
    passes("queue-policy-actions", policy(1, 7))
    finds("queue-policy-actions", "8 items", policy(1, 8))
