"""Names."""

from collections.abc import Callable

import pytest

Try = Callable[..., None]


def named(kind: str, **properties: object) -> str:
    lines = "".join(f"    {name}: {value!r}\n" for name, value in properties.items())
    return f"It:\n  Type: {kind}\n  Properties:\n{lines}"


def test_queues(finds: Try, passes: Try) -> None:
    def queue(name: str) -> str:
        return named("AWS::SQS::Queue", QueueName=name)

    passes("queue-name", queue("shop-dev_orders"))
    passes("queue-name", queue("q" * 80))
    passes("queue-name", queue("q" * 75 + ".fifo"))
    finds("queue-name", "81 characters", queue("q" * 81))
    finds("queue-name", "81 characters", queue("q" * 76 + ".fifo"))
    finds("queue-name", "shop.orders", queue("shop.orders"))


def test_topics(finds: Try, passes: Try) -> None:
    def topic(name: str) -> str:
        return named("AWS::SNS::Topic", TopicName=name)

    passes("topic-name", topic("t" * 256))
    passes("topic-name", topic("t" * 251 + ".fifo"))
    finds("topic-name", "257 characters", topic("t" * 257))
    finds("topic-name", "shop alarms", topic("shop alarms"))


def test_tables(finds: Try, passes: Try) -> None:
    def table(name: str) -> str:
        return named("AWS::DynamoDB::Table", TableName=name)

    passes("table-name", table("shop.dev-orders"))
    finds("table-name", "ab (2 characters)", table("ab"))
    finds("table-name", "256 characters", table("t" * 256))
    finds("table-name", "shop/orders", table("shop/orders"))


@pytest.mark.parametrize(
    "name",
    [
        "xn--shop",
        "sthree-shop",
        "amzn-s3-demo-shop",
        "shop-s3alias",
        "shop--ol-s3",
        "shop.mrap",
        "shop--x-s3",
        "shop--table-s3",
        "192.168.0.1",
        "shop..orders",
        "Shop",
        "sh",
        "s" * 64,
    ],
)
def test_buckets(name: str, finds: Try) -> None:
    finds("bucket-name", "BucketName is", named("AWS::S3::Bucket", BucketName=name))


@pytest.mark.parametrize("name", ["shop-dev-123456789012", "s" * 63, "shop.example.com"])
def test_buckets_that_may_be(name: str, passes: Try) -> None:
    passes("bucket-name", named("AWS::S3::Bucket", BucketName=name))


def test_dashboards(finds: Try, passes: Try) -> None:
    def dashboard(name: str) -> str:
        return named("AWS::CloudWatch::Dashboard", DashboardName=name, DashboardBody="{}")

    passes("dashboard-name", dashboard("shop-dev"))
    finds("dashboard-name", "shop.dev", dashboard("shop.dev"))
    finds("dashboard-name", "256 characters", dashboard("d" * 256))


def test_names_that_aws_keeps_for_itself(finds: Try, passes: Try) -> None:
    group, alias = "AWS::Logs::LogGroup", "AWS::KMS::Alias"
    passes("log-group-name", named(group, LogGroupName="/aws/lambda/shop"))
    finds("log-group-name", "aws/lambda/shop", named(group, LogGroupName="aws/lambda/shop"))
    passes("key-alias", named(alias, AliasName="alias/shop-dev", TargetKeyId="k"))
    finds("key-alias", "alias/aws/shop", named(alias, AliasName="alias/aws/shop", TargetKeyId="k"))


def test_secrets(finds: Try, passes: Try) -> None:
    def secret(name: str) -> str:
        return named("AWS::SecretsManager::Secret", Name=name)

    passes("secret-name", secret("shop/dev/token_key+=.@-1"))
    finds("secret-name", "shop token", secret("shop token"))
    passes("secret-suffix", secret("shop-dev-token"))
    passes("secret-suffix", secret("shop-dev/orders"))
    finds("secret-suffix", "shop-orders", secret("shop-orders"))


def test_stages_of_apis(finds: Try, passes: Try) -> None:
    def rest(name: str) -> str:
        return named("AWS::ApiGateway::Stage", StageName=name)

    def http(name: str) -> str:
        return named("AWS::ApiGatewayV2::Stage", StageName=name)

    passes("rest-stage-name", rest("dev_1-a"))
    finds("rest-stage-name", "dev.1", rest("dev.1"))
    passes("http-stage-name", http("$default"))
    finds("http-stage-name", "dev stage", http("dev stage"))


def test_stacks(finds: Try, passes: Try) -> None:
    topic = "It: {Type: AWS::SNS::Topic}\n"
    passes("stack-name", topic, stack_name="shop-dev")
    finds("stack-name", "shop_dev", topic, stack_name="shop_dev")
    finds("stack-name", "'s", topic, stack_name="s" * 129)


def test_fifo_is_said_twice(finds: Try, passes: Try) -> None:
    queue, topic = "AWS::SQS::Queue", "AWS::SNS::Topic"
    passes("fifo-name", named(queue, QueueName="orders.fifo", FifoQueue=True))
    passes("fifo-name", named(topic, TopicName="orders"))
    finds("fifo-name", "FifoQueue is true", named(queue, QueueName="orders", FifoQueue="true"))
    finds("fifo-name", "FifoTopic is false", named(topic, TopicName="orders.fifo"))


def test_ssm_parameters(finds: Try, passes: Try) -> None:
    def parameter(name: str) -> str:
        return named("AWS::SSM::Parameter", Name=name, Type="String", Value="v")

    arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/"
    passes("parameter-name", parameter("/a" * 15))
    finds("parameter-name", "16 levels", parameter("/a" * 16))
    passes("parameter-name", parameter("/" + "a" * (1011 - len(arn))))
    finds("parameter-name", "1012 characters", parameter("/" + "a" * (1012 - len(arn))))


def test_a_name_is_given_once(finds: Try, passes: Try) -> None:
    one = "One: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}\n"
    passes("same-name", one + "Other: {Type: AWS::SNS::Topic, Properties: {TopicName: orders}}\n")
    finds(
        "same-name",
        "Two is called orders, as One is",
        one + "Two: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}\n",
    )
    finds(
        "same-name",
        "Both is called slow",
        "Slow: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: slow}}\n"
        "Both: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmName: slow}}\n",
    )
