"""The frame around every invocation: bind the request to the logs, measure, flush."""

import os
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, Protocol

from . import deadline, log, metrics
from .settings import ServiceSettings, load

Event = dict[str, Any]

# One AWS call may take this long, and the answer comes after it.
RESERVE_MS: Final = int((deadline.LONGEST_CALL_S + deadline.ANSWER_S) * 1000)

_cold = True


class Context(Protocol):
    """The part of Lambda's context object that the service uses."""

    aws_request_id: str
    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: int | str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this invocation."""
        ...


def _trace() -> dict[str, str]:
    """The id of the X-Ray trace, which Lambda puts into the environment for each invocation.

    `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`:
    https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    """
    header = os.environ.get("_X_AMZN_TRACE_ID", "")
    root = next((part[5:] for part in header.split(";") if part.startswith("Root=")), "")
    return {"xray_trace_id": root} if root else {}


def time_guard(context: Context, reserve_ms: int = RESERVE_MS) -> Callable[[], bool]:
    """A question for before each piece of work: is there time for another?

    There is while `reserve_ms` are left; in an invocation too short for that, while half of it is.
    """
    least_ms = min(reserve_ms, context.get_remaining_time_in_millis() // 2)
    return lambda: context.get_remaining_time_in_millis() >= least_ms


def start[SettingsType: ServiceSettings](schema: type[SettingsType]) -> SettingsType:
    """Read the function's settings and set up logs and metrics; called once, at import.

    Raises `SettingsError`, so that a function with a bad environment fails before its first event.
    """
    settings = load(schema, os.environ)
    log.configure(settings)
    metrics.configure(
        settings,
        os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"),
        os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    )
    return settings


def invocation[Result](
    settings: ServiceSettings,
) -> Callable[[Callable[[Event, Context], Result]], Callable[[Event, Context], Result]]:
    """Decorate a handler: bind the request to the logs, measure it, flush the metrics."""

    def decorate(
        handler: Callable[[Event, Context], Result],
    ) -> Callable[[Event, Context], Result]:
        @wraps(handler)
        def wrapper(event: Event, context: Context) -> Result:
            global _cold
            began = time.perf_counter()
            deadline.begin(context.get_remaining_time_in_millis() / 1000)
            log.begin_invocation(
                settings,
                cold_start=_cold,
                function_name=context.function_name,
                function_memory_size=int(context.memory_limit_in_mb),
                function_arn=context.invoked_function_arn,
                function_request_id=context.aws_request_id,
                correlation_id=context.aws_request_id,
                **_trace(),
            )
            if _cold:
                metrics.add("ColdStart")
                _cold = False
            try:
                return handler(event, context)
            except Exception:
                log.logger.exception("invocation failed")
                metrics.add("InvocationFailed")
                raise
            finally:
                elapsed = (time.perf_counter() - began) * 1000
                metrics.add("HandlerDuration", round(elapsed, 3), "Milliseconds")
                metrics.flush()
                deadline.forget()

        return wrapper

    return decorate
