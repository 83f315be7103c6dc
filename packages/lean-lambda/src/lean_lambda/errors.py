"""The kinds of failure that handlers and the router tell apart.

They stand by themselves, so that a function which makes no AWS call need not load the client.
"""

from typing import Any, Final

_RETRYABLE_STATUS: Final = {429, 500, 502, 503, 504}
_RETRYABLE_CODES: Final = {
    *("InternalServerError", "LimitExceededException", "ProvisionedThroughputExceededException"),
    *("RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "RequestTimeout"),
    *("RequestTimeoutException", "ThrottledException", "Throttling", "ThrottlingException"),
    *("TooManyRequestsException", "TransactionInProgressException"),
}


class PermanentError(Exception):
    """Trying again cannot help: the input is wrong, or it conflicts with what is stored."""


class TransientError(Exception):
    """Trying again later may help: something needed is busy, throttled or away."""


class InProgress(TransientError):  # noqa: N818
    """Somebody else is carrying out the effect right now."""


class KeyReused(PermanentError):  # noqa: N818
    """The key was used before, for something else."""


class UnknownCaller(PermanentError):  # noqa: N818
    """The gateway let somebody in without saying who it is."""


class AwsError(Exception):
    """A failed call: `status` is 0 when no answer came, `detail` has the error's own fields."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int = 0,
        retryable: bool = False,
        detail: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.status = status
        self.retryable = retryable
        self.detail = detail or {}


def is_retryable(code: str, status: int) -> bool:
    """Whether a failure with this code and HTTP status may be gone on another try."""
    return status in _RETRYABLE_STATUS or code in _RETRYABLE_CODES
