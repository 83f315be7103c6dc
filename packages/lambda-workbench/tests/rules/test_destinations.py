"""Where events go that could not be processed."""

from collections.abc import Callable

Try = Callable[..., None]

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:failures"
FIFO = f"{QUEUE}.fifo"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:failures"
BUCKET = "arn:aws:s3:::failures"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:failed"
BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/failures"


def test_failed_batches_of_a_stream(finds: Try, passes: Try) -> None:
    def mapping(destination: str) -> str:
        return (
            "It:\n"
            "  Type: AWS::Lambda::EventSourceMapping\n"
            "  Properties:\n"
            f"    DestinationConfig: {{OnFailure: {{Destination: '{destination}'}}}}\n"
        )

    for destination in (QUEUE, TOPIC, BUCKET):
        passes("batch-failures", mapping(destination))
    finds("batch-failures", "a FIFO queue cannot stand here", mapping(FIFO))
    finds("batch-failures", "lambda cannot stand here", mapping(FUNCTION))


def config(event: str, destination: str) -> str:
    return (
        "It:\n"
        "  Type: AWS::Lambda::EventInvokeConfig\n"
        f"  Properties: {{DestinationConfig: {{{event}: {{Destination: {destination}}}}}}}\n"
    )


def test_failed_events(finds: Try, passes: Try) -> None:
    for destination in (QUEUE, TOPIC, BUCKET, FUNCTION, BUS):
        passes("async-failures", config("OnFailure", f"'{destination}'"))
    finds("async-failures", "a FIFO queue", config("OnFailure", f"'{FIFO}'"))
    finds(
        "async-failures",
        "a FIFO topic",
        "Topic: {Type: AWS::SNS::Topic, Properties: {FifoTopic: true}}\n"
        + config("OnFailure", "!Ref Topic"),
    )


def test_records_of_success(finds: Try, passes: Try) -> None:
    passes("async-successes", config("OnSuccess", f"'{BUS}'"))
    finds("async-successes", "a bucket cannot stand here", config("OnSuccess", f"'{BUCKET}'"))


def test_dead_letters_of_a_function(finds: Try, passes: Try) -> None:
    def function(target: str) -> str:
        properties = f"{{DeadLetterConfig: {{TargetArn: '{target}'}}}}"
        return f"It: {{Type: AWS::Lambda::Function, Properties: {properties}}}\n"

    passes("function-dead-letters", function(TOPIC))
    finds("function-dead-letters", "a FIFO queue", function(FIFO))
    finds("function-dead-letters", "a bucket", function(BUCKET))


def test_dead_letters_of_rules_and_schedules(finds: Try, passes: Try) -> None:
    def rule(queue: str) -> str:
        target = f"{{Id: a, Arn: '{FUNCTION}', DeadLetterConfig: {{Arn: '{queue}'}}}}"
        return f"It: {{Type: AWS::Events::Rule, Properties: {{Targets: [{target}]}}}}\n"

    def schedule(queue: str) -> str:
        target = f"{{DeadLetterConfig: {{Arn: '{queue}'}}}}"
        return f"It: {{Type: AWS::Scheduler::Schedule, Properties: {{Target: {target}}}}}\n"

    passes("rule-dead-letters", rule(QUEUE))
    finds("rule-dead-letters", "a FIFO queue", rule(FIFO))
    finds("rule-dead-letters", "a topic", rule(TOPIC))
    passes("schedule-dead-letters", schedule(QUEUE))
    finds("schedule-dead-letters", "a FIFO queue", schedule(FIFO))


def test_dead_letters_of_a_subscription(finds: Try, passes: Try) -> None:
    def subscription(topic: str, queue: str) -> str:
        return (
            "It:\n"
            "  Type: AWS::SNS::Subscription\n"
            "  Properties:\n"
            f"    TopicArn: '{topic}'\n"
            f"    RedrivePolicy: {{deadLetterTargetArn: '{queue}'}}\n"
        )

    passes("subscription-dead-letters", subscription(TOPIC, QUEUE))
    passes("subscription-dead-letters", subscription(f"{TOPIC}.fifo", FIFO))
    finds("subscription-dead-letters", "expected a standard queue", subscription(TOPIC, FIFO))
    finds(
        "subscription-dead-letters", "expected a FIFO queue", subscription(f"{TOPIC}.fifo", QUEUE)
    )
    elsewhere = QUEUE.replace("eu-west-1", "us-east-1")
    finds("subscription-dead-letters", "a queue in eu-west-1", subscription(TOPIC, elsewhere))


def test_dead_letters_of_a_queue(finds: Try, passes: Try) -> None:
    def queue(target: str, more: str = "") -> str:
        policy = f"RedrivePolicy: {{deadLetterTargetArn: '{target}', maxReceiveCount: 5}}"
        return f"It: {{Type: AWS::SQS::Queue, Properties: {{{policy}{more}}}}}\n"

    passes("queue-dead-letters", queue(QUEUE))
    passes("queue-dead-letters", queue(FIFO, ", FifoQueue: true"))
    finds("queue-dead-letters", "dead letters of a FIFO queue", queue(QUEUE, ", FifoQueue: true"))
    finds("queue-dead-letters", "a FIFO queue cannot take", queue(FIFO))
    elsewhere = QUEUE.replace("eu-west-1", "us-east-1")
    finds("queue-dead-letters", "go to us-east-1", queue(elsewhere))
