"""Order: what CloudFormation has to make first, although no property says so."""

from __future__ import annotations

from collections.abc import Iterator

from lambda_workbench.preflight.circles import dependencies, reachable
from lambda_workbench.preflight.model import Problem, Resource, Stack, rule


@rule(
    "rest-logs-wait-for-account",
    "A REST stage that writes logs waits for the account's settings",
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
)
def rest_logs_wait_for_account(stack: Stack) -> Iterator[Problem]:
    """API Gateway refuses a stage with logs until the account has a role for them."""
    edges = dependencies(stack)
    for account in stack.of_type("AWS::ApiGateway::Account"):
        for stage in stack.of_type("AWS::ApiGateway::Stage"):
            if _writes_logs(stage) and account.name not in reachable(edges, stage.name):
                yield stage.problem(
                    f"{stage.name} writes logs and does not wait for {account.name}, which gives "
                    "API Gateway the role for them",
                    expected=f"a reference to {account.name}, such as in a stage variable",
                )


def _writes_logs(stage: Resource) -> bool:
    settings = stage.get("MethodSettings") or []
    return stage.get("AccessLogSetting") is not None or any(
        str(setting.get("LoggingLevel", "OFF")) != "OFF" for setting in settings
    )
