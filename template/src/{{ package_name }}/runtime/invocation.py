# Managed by the template: see docs/updating.md.
"""The frame around every invocation: bind the request to the logs, measure, flush."""

import os
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from . import log, metrics
from .settings import ServiceSettings, load

Event = dict[str, Any]

_cold = True


class Context(Protocol):
    """The part of Lambda's context object that the service uses."""

    aws_request_id: str
    function_name: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this invocation."""
        ...


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
            global _cold  # noqa: PLW0603
            began = time.perf_counter()
            log.begin_invocation(
                settings,
                request_id=context.aws_request_id,
                correlation_id=context.aws_request_id,
                function=context.function_name,
                cold_start=_cold,
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

        return wrapper

    return decorate
