"""Runs ministack with what it lacks: run as a script by .venv-emulator's interpreter.

On AWS, EventBridge, SNS and the scheduler invoke a function asynchronously: failures are tried
again and end at the on-failure destination that is set for the alias. Version 1.5.33 does that
for S3 only, and not for an alias. This module is the one place that knows its inside; the exact
version is pinned in pyproject.toml. For each patch there is a test that fails when a newer version
does without it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from ministack.app import main
from ministack.services import eventbridge, lambda_svc, sns

Record = dict[str, Any]


def settings_of_an_alias() -> None:
    """Invoke with the settings of the alias that points at the version."""
    invoke = _expected(lambda_svc, "invoke_async_with_retry")

    def invoke_async_with_retry(record: Record, event: Any) -> None:
        config = record["config"]
        function = lambda_svc._functions.get(config["FunctionName"]) or {}
        settings = function.get("event_invoke_configs") or {}
        for name, alias in function.get("aliases", {}).items():
            if alias.get("FunctionVersion") == config.get("Version") and name in settings:
                record = {**record, "event_invoke_config": settings[name]}
        invoke(record, event)

    lambda_svc.invoke_async_with_retry = invoke_async_with_retry


def rules_do_not_wait() -> None:
    """Hand an event of a rule or a schedule to its function asynchronously."""
    _expected(eventbridge, "_dispatch_to_lambda")

    def dispatch_to_lambda(arn: str, payload: str) -> None:
        function, config, name = lambda_svc._get_func_record_for_ref(arn)
        if not function or not config:
            eventbridge.logger.warning("no function %s", name)
            return
        try:
            event = json.loads(payload)
        except ValueError:
            event = {"body": payload}
        record = lambda_svc._execution_record_for_config(function, config)
        lambda_svc.invoke_async_with_retry(record, event)

    eventbridge._dispatch_to_lambda = dispatch_to_lambda


def topics_do_not_wait() -> None:
    """Hand a message of a topic to its function asynchronously."""
    _expected(lambda_svc, "_execute_function_with_config_scope")
    _expected(sns, "_lambda_svc")
    sns._lambda_svc = AsyncLambda()


class AsyncLambda:
    """lambda_svc as sns sees it, with invocations that do not wait."""

    def _execute_function_with_config_scope(self, record: Record, event: Any) -> None:
        lambda_svc.invoke_async_with_retry(record, event)

    def __getattr__(self, name: str) -> Any:
        return getattr(lambda_svc, name)


PATCHES = (settings_of_an_alias, rules_do_not_wait, topics_do_not_wait)


def complete(without: Collection[str] = ()) -> None:
    """Put the missing parts in, or fail when ministack is no longer as expected.

    Tests leave out patches by their names.
    """
    for patch in PATCHES:
        if patch.__name__ not in without:
            patch()


def _expected(module: Any, name: str) -> Any:
    if not hasattr(module, name):
        raise SystemExit(f"this version of ministack has no {module.__name__}.{name}")
    return getattr(module, name)


if __name__ == "__main__":
    complete()
    main()
