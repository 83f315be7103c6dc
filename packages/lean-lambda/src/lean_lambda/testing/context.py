"""Lambda's context object, with a clock that the test sets."""


class FakeContext:
    """Has so much time left, which each look at it may shorten."""

    aws_request_id = "request-1"
    function_name = "function"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:111122223333:function:function"
    memory_limit_in_mb: int | str = 512  # Lambda gives a text

    def __init__(self, remaining_ms: int = 30_000, *, each_look_takes_ms: int = 0) -> None:
        self.remaining_ms = remaining_ms
        self.each_look_takes_ms = each_look_takes_ms

    def get_remaining_time_in_millis(self) -> int:
        self.remaining_ms -= self.each_look_takes_ms
        return self.remaining_ms
