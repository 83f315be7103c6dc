"""Runs ministack with what it lacks: run as a script by .venv-emulator's interpreter.

On AWS, EventBridge, SNS and the scheduler invoke a function asynchronously: failures are tried
again and end at the on-failure destination that is set for the alias. Version 1.5.33 does that
for S3 only, and not for an alias. This module is the one place that knows its inside; the exact
version is pinned in pyproject.toml, and the end-to-end tests notice when a new one differs.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.app import main
from ministack.services import eventbridge, lambda_svc, sns

Record = dict[str, Any]
_invoke_async = lambda_svc.invoke_async_with_retry


def invoke_async_with_retry(record: Record, event: Any) -> None:
    """Invoke with the settings of the alias that points at the record's version."""
    config = record["config"]
    function = lambda_svc._functions.get(config["FunctionName"]) or {}
    settings = function.get("event_invoke_configs") or {}
    for name, alias in function.get("aliases", {}).items():
        if alias.get("FunctionVersion") == config.get("Version") and name in settings:
            record = {**record, "event_invoke_config": settings[name]}
    _invoke_async(record, event)


def dispatch_to_lambda(arn: str, payload: str) -> None:
    """Hand an event of a rule or schedule to its function."""
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        eventbridge.logger.warning("no function %s", name)
        return
    try:
        event = json.loads(payload)
    except ValueError:
        event = {"body": payload}
    record = lambda_svc._execution_record_for_config(function, config)
    invoke_async_with_retry(record, event)


class AsyncLambda:
    """lambda_svc as sns sees it, with invocations that do not wait."""

    _execute_function_with_config_scope = staticmethod(invoke_async_with_retry)

    def __getattr__(self, name: str) -> Any:
        return getattr(lambda_svc, name)


def complete() -> None:
    """Put the missing parts in, or fail when ministack is no longer as expected."""
    for module, name in (
        (lambda_svc, "invoke_async_with_retry"),
        (lambda_svc, "_execute_function_with_config_scope"),
        (eventbridge, "_dispatch_to_lambda"),
        (sns, "_lambda_svc"),
    ):
        if not hasattr(module, name):
            raise SystemExit(f"this version of ministack has no {module.__name__}.{name}")
    lambda_svc.invoke_async_with_retry = invoke_async_with_retry
    eventbridge._dispatch_to_lambda = dispatch_to_lambda
    sns._lambda_svc = AsyncLambda()


if __name__ == "__main__":
    complete()
    main()
