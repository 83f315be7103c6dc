"""What waits for what."""

from collections.abc import Callable

Try = Callable[..., None]


def test_resources_do_not_wait_for_each_other(finds: Try, passes: Try) -> None:
    def template(name: str) -> str:
        return f"""
            Queue:
              Type: AWS::SQS::Queue
              Properties: {{QueueName: {name}}}
            Topic:
              Type: AWS::SNS::Topic
              DependsOn: Queue
        """

    passes("circular-dependency", template("orders"))
    finds(
        "circular-dependency",
        "Queue (template.yaml:5) → Topic (template.yaml:8)",
        template("!Ref Topic"),
    )


def test_logs_of_a_rest_stage_wait_for_the_account(finds: Try, passes: Try) -> None:
    def template(depends_on: str) -> str:
        return f"""
            Account: {{Type: AWS::ApiGateway::Account}}
            Stage:
              Type: AWS::ApiGateway::Stage
              {depends_on}
              Properties: {{StageName: dev, AccessLogSetting: {{Format: a}}}}
        """

    passes("rest-logs-wait-for-account", template("DependsOn: Account"))
    finds("rest-logs-wait-for-account", "does not wait for Account", template(""))
