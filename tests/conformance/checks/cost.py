"""E10: what it costs, by service, stage and owner."""

from collections.abc import Iterator

from tests.conformance.files import Files
from tests.conformance.model import Service
from tests.conformance.project import STAGES, Project
from tests.conformance.registry import breaks, check

BUDGET = {"budget": [True]}


@check("E10")
def cost_can_be_told_apart_and_is_watched(project: Project) -> Iterator[str]:
    for stage in STAGES:
        service = project.service(stage)
        # Tags of the stack reach everything in it that can have tags.
        if service.tags.get("service") != service.name or service.tags.get("stage") != stage:
            yield f"{stage}: its cost cannot be told from that of others by service and stage"
        if not service.tags.get("owner"):
            yield f"{stage}: nothing says whose cost it is"
        if not any("billedDurationMs" in query.text for query in service.queries):
            yield f"{stage}: no saved query says which function costs what"
        if project.answers["budget"]:
            yield from _watched(project, service)
        elif service.budgets:
            yield f"{stage} has a budget that nobody asked for"


def _watched(project: Project, service: Service) -> Iterator[str]:
    stage = service.stage
    if len(service.budgets) != 1:
        yield f"{stage} has {len(service.budgets)} budgets instead of one"
        return
    (budget,) = service.budgets
    if budget.tags != {"service": (service.name,), "stage": (stage,)}:
        yield f"{stage}: the budget adds up something else: {dict(budget.tags)}"
    if "MonthlyBudget" not in service.given:
        yield f"{stage} does not say how much it may cost"
    if project.service(stage, MonthlyBudget="7").budgets[0].amount != 7:
        yield f"{stage} cannot change how much it may cost"
    told = {action for alarm in service.alarms for action in alarm.actions}
    for when in ("actual", "forecast"):
        if not set(budget.subscribers.get(when, ())) & told:
            yield f"{stage}: nobody hears of the {when} cost"
    keys = {key.arn: key.policy for key in service.keys}
    for topic in service.topics:
        if topic.arn in {t for told in budget.subscribers.values() for t in told}:
            for what, policy in (
                ("the topic", topic.policy),
                ("the key of the topic", keys[topic.key]),
            ):
                if not any(
                    "service:budgets.amazonaws.com" in statement.principals
                    and statement.condition("StringEquals", "aws:SourceAccount")
                    for statement in policy
                ):
                    yield f"{stage}: {what} does not take what the budget says"


@breaks(cost_can_be_told_apart_and_is_watched, names="cannot be told from that of others")
def a_stage_without_its_tag(files: Files) -> None:
    files.replace("samconfig.toml", '"stage=staging", ', "")


@breaks(cost_can_be_told_apart_and_is_watched, names="nothing says whose cost")
def nobodys_cost(files: Files) -> None:
    files.substitute("samconfig.toml", r', "owner=[^"]*"', "")


@breaks(cost_can_be_told_apart_and_is_watched, names="which function costs what")
def no_query_for_cost(files: Files) -> None:
    files.replace("template.yaml", "record.metrics.billedDurationMs", "record.metrics.durationMs")


@breaks(cost_can_be_told_apart_and_is_watched, names="adds up something else", when=BUDGET)
def a_budget_of_another_service(files: Files) -> None:
    files.replace("template.yaml", "                Key: service\n", "                Key: team\n")


@breaks(cost_can_be_told_apart_and_is_watched, names="hears of the forecast", when=BUDGET)
def a_budget_that_says_so_afterwards(files: Files) -> None:
    files.replace("template.yaml", "NotificationType: FORECASTED", "NotificationType: ACTUAL")


@breaks(cost_can_be_told_apart_and_is_watched, names="cannot change how much", when=BUDGET)
def one_amount_for_all_stages(files: Files) -> None:
    files.replace("template.yaml", "Amount: !Ref MonthlyBudget", "Amount: 50")


@breaks(cost_can_be_told_apart_and_is_watched, names="the topic does not take", when=BUDGET)
def a_topic_that_keeps_the_budget_out(files: Files) -> None:
    files.replace(
        "template.yaml",
        "Service: budgets.amazonaws.com\n            Action: sns:Publish",
        "Service: ce.amazonaws.com\n            Action: sns:Publish",
    )


@breaks(cost_can_be_told_apart_and_is_watched, names="the key of the topic", when=BUDGET)
def a_key_that_keeps_the_budget_out(files: Files) -> None:
    files.replace(
        "template.yaml",
        "Service: budgets.amazonaws.com\n            Action: [kms:",
        "Service: ce.amazonaws.com\n            Action: [kms:",
    )
