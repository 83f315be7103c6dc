"""H2: versions, an alias, and how traffic moves to a new version."""

from collections.abc import Iterator

from tests.conformance.files import Files, workbench
from tests.conformance.model import Alarm, Function, Service
from tests.conformance.project import STAGES, Project
from tests.conformance.registry import breaks, check

KINDS = {
    "all_at_once": "AllAtOnce",
    "canary": "Canary10Percent5Minutes",
    "linear": "Linear10PercentEvery1Minute",
}


@check("H2")
def traffic_moves_to_a_version_and_back(project: Project) -> Iterator[str]:
    for stage in STAGES:
        service = project.service(stage)
        expected = project.answers["traffic_shifting"] if stage == "prod" else "all_at_once"
        yield from _versions(service)
        yield from _callers(service)
        yield from _kinds(service, expected)
    for kind, value in KINDS.items():
        yield from _kinds(project.service("staging", TrafficShifting=value), kind)
    if "AutoPublishAliasAllProperties" not in project.files.read(workbench("operate/upload.py")):
        yield "a deployment that changes settings only publishes no version"


def _versions(service: Service) -> Iterator[str]:
    alarms = {alarm.name for alarm in service.alarms}
    for function in service.functions:
        where = f"{service.stage}: {function.short_name}"
        if not function.alias or function.shifting is None:
            yield f"{where} has no alias that moves from version to version"
            continue
        if not function.shifting.alarms:
            yield f"{where} is watched by no alarm while a new version takes over"
        if unknown := set(function.shifting.alarms) - alarms:
            yield f"{where} waits for alarms that are not there: {sorted(unknown)}"
        watching = [a for a in service.alarms if a.name in function.shifting.alarms]
        yield from _watch_the_version(where, function, watching)
        yield from _see_failures(where, service, function, watching)
        if not function.shifting.rolls_back:
            yield f"{where} stays on the new version when an alarm goes off"


def _watch_the_version(where: str, function: Function, alarms: list[Alarm]) -> Iterator[str]:
    """Without the version, the old one's calls hide what the new one does, or stand in its way.

    An alarm that is updated keeps its state; one with another name is another alarm. Sources:
    https://github.com/aws/serverless-application-model/blob/develop/docs/safe_lambda_deployments.rst
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    alias = f"{function.name}:{function.alias}"
    for alarm in alarms:
        for metric in alarm.metrics.values():
            about = metric.dimensions
            of_lambda = (about.get("FunctionName"), about.get("Resource")) == (function.name, alias)
            of_our_own = about.get("function_name") == function.name
            versions = {about.get("ExecutedVersion"), about.get("executed_version")}
            if not (of_lambda or of_our_own) or function.version not in versions:
                yield f"{where}: {alarm.name} does not look at the new version alone"
        if f"-{function.version}-" not in alarm.name:
            yield f"{where}: {alarm.name} begins in the state that an older version left it in"


def _see_failures(
    where: str, service: Service, function: Function, alarms: list[Alarm]
) -> Iterator[str]:
    """Lambda counts no error when a function answers that it failed."""
    seen = {metric.name for alarm in alarms for metric in alarm.metrics.values()}
    wanted = {"Errors": "an invocation fails"}
    if any(route.function == function.arn for api in service.apis for route in api.routes):
        wanted["RequestFailed"] = "a request is answered with an error"
    if any(source.function == function.arn for source in service.event_sources):
        wanted["RecordsFailed"] = "a part of a batch fails"
    for metric, what in wanted.items():
        if metric not in seen:
            yield f"{where} stays on the new version when {what}"


def _callers(service: Service) -> Iterator[str]:
    aliases = {f"{function.arn}:{function.alias}" for function in service.functions}
    callers = [
        *((source.source, source.qualified) for source in service.event_sources),
        *((rule.name, t.qualified) for rule in service.rules for t in rule.targets),
        *((schedule.name, schedule.target.qualified) for schedule in service.schedules),
        *((f"{r.method} {r.path}", r.qualified) for api in service.apis for r in api.routes),
        *(
            (subscription.topic, subscription.endpoint in aliases)
            for subscription in service.subscriptions
            if subscription.function
        ),
    ]
    for name, qualified in callers:
        if not qualified:
            yield f"{service.stage}: {name} starts the newest code, past the alias"


def _kinds(service: Service, kind: str) -> Iterator[str]:
    for function in service.functions:
        if function.shifting and function.shifting.kind != kind:
            yield (
                f"{service.stage}: {function.short_name} moves {function.shifting.kind}, not {kind}"
            )


@breaks(traffic_moves_to_a_version_and_back, names="is watched by no alarm")
def nobody_watches(files: Files) -> None:
    files.substitute(
        "template.yaml", r"      DeploymentPreference:\n        Alarms: \[.*?\]\n", "", 1
    )


@breaks(traffic_moves_to_a_version_and_back, names="errors does not look at the new version alone")
def the_old_version_hides_the_new_one(files: Files) -> None:
    files.replace(
        "template.yaml",
        "                - Name: ExecutedVersion\n"
        "                  Value: !GetAtt ApiFunction.Version.Version\n",
        "",
    )


@breaks(
    traffic_moves_to_a_version_and_back,
    names="records does not look at the new version alone",
    when={"triggers": ["queue"]},
)
def records_of_every_version(files: Files) -> None:
    files.replace(
        "template.yaml",
        "                - Name: executed_version\n"
        "                  Value: !GetAtt QueueFunction.Version.Version\n",
        "",
    )


@breaks(traffic_moves_to_a_version_and_back, names="in the state that an older version left it in")
def an_alarm_that_goes_on(files: Files) -> None:
    files.replace("template.yaml", "-version-${ApiFunction.Version.Version}-errors", "-version")


@breaks(
    traffic_moves_to_a_version_and_back,
    names="stays on the new version when a request is answered",
    when={"triggers": ["api"]},
)
def answers_that_nobody_counts(files: Files) -> None:
    files.replace(
        "template.yaml",
        "[!Ref ApiVersionErrorAlarm, !Ref ApiVersionRequestAlarm]",
        "[!Ref ApiVersionErrorAlarm]",
    )


@breaks(
    traffic_moves_to_a_version_and_back,
    names="stays on the new version when a part of a batch fails",
    when={"triggers": ["queue"]},
)
def records_that_nobody_counts(files: Files) -> None:
    files.replace(
        "template.yaml",
        "[!Ref QueueVersionErrorAlarm, !Ref QueueVersionRecordAlarm]",
        "[!Ref QueueVersionErrorAlarm]",
    )


@breaks(
    traffic_moves_to_a_version_and_back, names="stays on the new version when an invocation fails"
)
def somebody_else_is_watched(files: Files) -> None:
    files.replace("template.yaml", "!Ref ApiVersionErrorAlarm", "!Ref ApiThrottleAlarm")


@breaks(traffic_moves_to_a_version_and_back, names="has no alias that moves")
def traffic_that_moves_by_itself(files: Files) -> None:
    files.replace(
        "template.yaml",
        "      Type: !Ref TrafficShifting\n",
        "      Type: !Ref TrafficShifting\n      Enabled: false\n",
    )


@breaks(
    traffic_moves_to_a_version_and_back,
    names="not canary",
    when={"traffic_shifting": ["canary"]},
)
def production_all_at_once(files: Files) -> None:
    files.replace(
        "samconfig.toml", '"Stage=prod",', '"Stage=prod",\n    "TrafficShifting=AllAtOnce",'
    )


@breaks(traffic_moves_to_a_version_and_back, names="not linear")
def a_kind_that_cannot_be_chosen(files: Files) -> None:
    files.replace("template.yaml", "Type: !Ref TrafficShifting", "Type: AllAtOnce")


@breaks(
    traffic_moves_to_a_version_and_back,
    names="past the alias",
    when={"triggers": ["schedule"]},
)
def a_schedule_past_the_alias(files: Files) -> None:
    files.write(
        "template.override.yaml",
        "Resources:\n  Late:\n    Type: AWS::Scheduler::Schedule\n    Properties:\n"
        "      ScheduleExpression: rate(1 day)\n      FlexibleTimeWindow: {Mode: 'OFF'}\n"
        "      Target: {Arn: !GetAtt ScheduleFunction.Arn, RoleArn: !GetAtt SchedulerRole.Arn}\n",
    )


@breaks(traffic_moves_to_a_version_and_back, names="changes settings only")
def settings_without_a_version(files: Files) -> None:
    files.replace(
        workbench("operate/upload.py"),
        'function["Properties"]["AutoPublishAliasAllProperties"] = True',
        "pass",
    )
