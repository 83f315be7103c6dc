"""Times."""

from collections.abc import Callable

import pytest

Try = Callable[..., None]


def api(kind: str, timeout: int, more: str = "") -> str:
    """An API before a function that may take so many seconds, as SAM writes it."""
    return f"""
        Resources:
          Function:
            Type: AWS::Lambda::Function
            Properties: {{Timeout: {timeout}}}
          Alias:
            Type: AWS::Lambda::Alias
            Properties: {{FunctionName: !Ref Function}}
          Api:
            Type: {kind}
            Properties:
              Body:
                paths:
                  /orders:
                    post:
                      x-amazon-apigateway-integration:
                        uri: !Sub arn:aws:apigateway:path/functions/${{Alias}}/invocations
                        {more}
    """


@pytest.mark.parametrize(
    ("kind", "most"), [("AWS::ApiGateway::RestApi", 29), ("AWS::ApiGatewayV2::Api", 30)]
)
def test_a_function_ends_before_the_gateway_gives_up(
    kind: str, most: int, finds: Try, passes: Try
) -> None:
    passes("gateway-timeout", api(kind, most))
    finds("gateway-timeout", f"gives up after {most}", api(kind, most + 1))
    finds("gateway-timeout", "gives up after 5", api(kind, 6, "timeoutInMillis: 5000"))


def test_an_authorizer_ends_within_ten_seconds(finds: Try, passes: Try) -> None:
    def authorizer(kind: str, timeout: int) -> str:
        return f"""
            Function: {{Type: AWS::Lambda::Function, Properties: {{Timeout: {timeout}}}}}
            Api:
              Type: {kind}
              Properties:
                Body:
                  components:
                    securitySchemes:
                      Tokens:
                        x-amazon-apigateway-authorizer:
                          authorizerUri: !Sub functions/${{Function.Arn}}/invocations
        """

    passes("authorizer-timeout", authorizer("AWS::ApiGatewayV2::Api", 10))
    passes("authorizer-timeout", authorizer("AWS::ApiGateway::RestApi", 29))
    finds("authorizer-timeout", "waits for 10", authorizer("AWS::ApiGatewayV2::Api", 11))


def queue(properties: str, *, timeout: int = 30, mapping: str = "", letters: str = "") -> str:
    """A queue that a function reads through its alias, and its dead letters."""
    return f"""
        Function: {{Type: AWS::Lambda::Function, Properties: {{Timeout: {timeout}}}}}
        Alias: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref Function}}}}
        Mapping:
          Type: AWS::Lambda::EventSourceMapping
          Properties: {{EventSourceArn: !GetAtt Queue.Arn, FunctionName: !Ref Alias{mapping}}}
        Queue:
          Type: AWS::SQS::Queue
          Properties: {{{properties}}}
        Letters:
          Type: AWS::SQS::Queue
          Properties: {{{letters}}}
    """


REDRIVE = "RedrivePolicy: {deadLetterTargetArn: !GetAtt Letters.Arn, maxReceiveCount: %d}"


def test_messages_stay_hidden_for_six_timeouts(finds: Try, passes: Try) -> None:
    window = ", MaximumBatchingWindowInSeconds: 5"
    passes("queue-visibility", queue("VisibilityTimeout: 180"))
    passes("queue-visibility", queue("VisibilityTimeout: 185", mapping=window))
    passes("queue-visibility", queue("", timeout=5))  # hidden for 30 seconds
    finds("queue-visibility", "at least 180", queue("VisibilityTimeout: 179"))
    finds("queue-visibility", "at least 185", queue("VisibilityTimeout: 184", mapping=window))
    finds("queue-visibility", "hides messages for 30", queue("", timeout=6))


def test_a_throttled_function_costs_no_message_its_place(finds: Try, passes: Try) -> None:
    passes("queue-receives", queue(REDRIVE % 5))
    finds("queue-receives", "after 4 receives", queue(REDRIVE % 4))


def test_a_message_is_a_dead_letter_before_it_is_gone(finds: Try, passes: Try) -> None:
    passes(
        "queue-retention",
        queue(f"{REDRIVE % 5}, MessageRetentionPeriod: 901, VisibilityTimeout: 180"),
    )
    finds(
        "queue-retention",
        "expected more than 900",
        queue(f"{REDRIVE % 5}, MessageRetentionPeriod: 900, VisibilityTimeout: 180"),
    )


def test_dead_letters_are_kept_for_longer(finds: Try, passes: Try) -> None:
    longer = "MessageRetentionPeriod: 1209600"
    passes("dead-letter-retention", queue(REDRIVE % 5, letters=longer))
    finds("dead-letter-retention", "for 345600 seconds", queue(REDRIVE % 5))
    finds("dead-letter-retention", "for 1209600", queue(f"{REDRIVE % 5}, {longer}", letters=longer))
    passes(
        "dead-letter-retention", queue(f"{REDRIVE % 5}, FifoQueue: true", letters="FifoQueue: true")
    )
