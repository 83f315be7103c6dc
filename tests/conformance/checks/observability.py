"""E: observability."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.conformance.files import LIBRARY, Files
from tests.conformance.model import Alarm, Api, Function, Metric, Query, Service, Topic
from tests.conformance.project import STAGES, Project
from tests.conformance.registry import breaks, check

LOG = "packages/lean-lambda/tests/unit/test_log.py"
METRICS = "packages/lean-lambda/tests/unit/test_metrics.py"
INVOCATION = "packages/lean-lambda/tests/unit/test_invocation.py"


@check("E1", runs=True)
def lines_say_what_happened_and_where(project: Project) -> Iterator[str]:
    for function in project.service().functions:
        if function.log_format != "JSON":
            yield f"Lambda's own lines of {function.short_name} are not JSON"
    yield from project.failing(
        f"{LOG}::test_a_line_carries_service_request_and_its_own_fields",
        f"{LOG}::test_an_error_is_one_line_with_its_type_and_stack",
        f"{LOG}::test_a_correlation_id_that_is_taken_over_is_logged_and_passed_on",
        f"{LOG}::test_one_invocation_leaves_nothing_in_the_next",
        f"{INVOCATION}::test_until_something_better_is_known_the_request_id_correlates",
    )
    if "queue" in project.triggers:
        yield from project.failing(
            "packages/lean-lambda/tests/unit/test_sqs.py::test_a_message_brings_its_correlation_id"
        )
    if "api" in project.triggers:
        yield from project.failing(
            "packages/lean-lambda/tests/unit/test_api.py::test_a_correlation_id_is_taken_over_and_given_back"
        )


@breaks(lines_say_what_happened_and_where, names="of api are not JSON")
def text_logs(files: Files) -> None:
    files.replace("template.yaml", "LogFormat: JSON", "LogFormat: Text")


@breaks(lines_say_what_happened_and_where, names="test_a_line_carries_service_request")
def lines_without_a_version(files: Files) -> None:
    files.replace(files.library("log.py"), "        version=settings.service_version,\n", "")


@breaks(lines_say_what_happened_and_where, names="test_a_message_brings_its_correlation_id")
def a_trail_that_ends_at_the_queue(files: Files) -> None:
    name = files.library("sqs.py")
    files.replace(
        name, 'attribute.get("stringValue") or message["messageId"]', 'message["messageId"]'
    )


@breaks(lines_say_what_happened_and_where, names="test_one_invocation_leaves_nothing")
def fields_of_the_last_invocation(files: Files) -> None:
    files.replace(files.library("log.py"), "    _invocation.clear()\n", "")


@check("E2", runs=True)
def stages_log_as_much_as_they_need(project: Project) -> Iterator[str]:
    levels = {stage: project.service(stage).settings.get("LogLevel") for stage in STAGES}
    if levels["prod"] != "INFO":
        yield f"prod logs at {levels['prod']}"
    if levels["dev"] != "DEBUG":
        yield f"dev logs at {levels['dev']}"
    for stage in STAGES:
        for function in project.service(stage).functions:
            if function.environment.get("LOG_LEVEL") != levels[stage]:
                yield f"{stage}: {function.short_name} is not told the level"
            if function.log_level != "DEBUG":
                yield f"{stage}: Lambda drops lines that {function.short_name} decided to write"
    yield from project.failing(f"{LOG}::test_a_sampled_invocation_logs_at_debug")


@breaks(stages_log_as_much_as_they_need, names="prod logs at DEBUG")
def debug_in_prod(files: Files) -> None:
    files.replace("samconfig.toml", '"LogLevel=INFO"', '"LogLevel=DEBUG"')


@breaks(stages_log_as_much_as_they_need, names="Lambda drops lines")
def two_filters(files: Files) -> None:
    files.replace("template.yaml", "ApplicationLogLevel: DEBUG", "ApplicationLogLevel: WARN")


@breaks(stages_log_as_much_as_they_need, names="is not told the level")
def a_level_of_its_own(files: Files) -> None:
    files.replace("template.yaml", "LOG_LEVEL: !Ref LogLevel", "LOG_LEVEL: WARNING")


@breaks(stages_log_as_much_as_they_need, names="test_a_sampled_invocation")
def no_sampling(files: Files) -> None:
    files.replace(files.library("log.py"), '"DEBUG" if sampled else', "")


@check("E3", runs=True)
def secrets_and_persons_stay_out_of_the_logs(project: Project) -> Iterator[str]:
    own = project.files.names(f"{project.package}/**/*.py")
    for name in [*own, *project.files.names(LIBRARY)]:
        for call in ast.walk(project.module(name)):
            if isinstance(call, ast.Call) and _logs(call):
                given = {n.id for n in ast.walk(call) if isinstance(n, ast.Name)}
                for whole in sorted(given & {"event", "record", "request", "message", "body"}):
                    yield f"{name}:{call.lineno} logs the whole {whole}"
    yield from project.failing(f"{LOG}::test_sensitive_fields_are_masked_at_any_depth")


def _logs(call: ast.Call) -> bool:
    methods = {"debug", "info", "warning", "error", "exception", "critical", "log"}
    function = call.func
    # An attribute of a record, such as its id, is a choice; the record itself is not.
    for node in ast.walk(call):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            node.value.id = f"{node.value.id}."
    return (
        isinstance(function, ast.Attribute)
        and function.attr in methods
        and "logger" in ast.dump(function.value)
    )


@breaks(secrets_and_persons_stay_out_of_the_logs, names="logs the whole event")
def an_event_in_the_logs(files: Files) -> None:
    files.replace(
        files.library("invocation.py"),
        '"invocation failed")',
        '"invocation failed", extra={"event": event})',
    )


@breaks(secrets_and_persons_stay_out_of_the_logs, names="test_sensitive_fields_are_masked")
def nothing_is_masked(files: Files) -> None:
    files.replace(files.library("log.py"), "str(name).lower() in SENSITIVE", "False")


@check("E4")
def every_log_has_an_end(project: Project) -> Iterator[str]:
    kept = set()
    for stage in STAGES:
        service = project.service(stage)
        groups = {group.name: group for group in service.log_groups}
        written = {f.short_name: f.log_group for f in service.functions}
        written |= {f"access to {api.name}": api.access_log for api in service.apis}
        if len(set(written.values())) < len(written):
            yield f"{stage}: two of {', '.join(written)} write into one log group"
        for writer, name in written.items():
            group = groups.get(name)
            if group is None:
                yield f"{stage}: {writer} writes into a log group of somebody else: {name!r}"
                continue
            if not group.retention_days:
                yield f"{stage}: what {writer} writes is kept for ever"
            # Metrics are taken out of lines of the standard class only.
            if group.kind != "STANDARD":
                yield f"{stage}: lines of {writer} are {group.kind}, which makes no metrics"
            kept.add((stage, group.retention_days))
    if len({days for _, days in kept}) < 2:
        yield "logs are kept equally long in every stage"


@breaks(every_log_has_an_end, names="somebody else: ''")
def lambdas_own_log_group(files: Files) -> None:
    files.replace(
        "template.yaml", "      LoggingConfig:\n        LogGroup: !Ref QueueLogGroup\n", ""
    )


@breaks(every_log_has_an_end, names="what api writes is kept for ever")
def kept_for_ever(files: Files) -> None:
    files.replace("template.yaml", "      RetentionInDays: !Ref LogRetentionDays\n", "")


@breaks(every_log_has_an_end, names="INFREQUENT_ACCESS, which makes no metrics")
def a_class_without_metrics(files: Files) -> None:
    files.replace("template.yaml", "LogGroupClass: STANDARD", "LogGroupClass: INFREQUENT_ACCESS")


@breaks(every_log_has_an_end, names="equally long in every stage")
def one_retention(files: Files) -> None:
    files.substitute("samconfig.toml", r'    "LogRetentionDays=\d+",\n', "", 0)


@breaks(every_log_has_an_end, names="write into one log group")
def one_log_for_two(files: Files) -> None:
    files.replace("template.yaml", "LogGroup: !Ref QueueLogGroup", "LogGroup: !Ref ApiLogGroup")


@check("E5")
def requests_can_be_traced(project: Project) -> Iterator[str]:
    service = project.service()
    for function in service.functions:
        if function.tracing != "Active":
            yield f"{function.short_name} is not traced"
        role = service.role_of(function)
        allowed = {action for s in role.statements for action in s.actions} if role else set()
        if not {"xray:PutTraceSegments", "xray:PutTelemetryRecords"} <= allowed:
            yield f"{function.short_name} may not write what is traced"
    for api in service.apis:
        if api.kind == "rest" and not api.tracing:
            yield f"{api.name} is not traced"
    for name in [*project.files.names("src/**/*.py"), "pyproject.toml"]:
        if re.search(r"aws[_-]xray[_-]sdk", project.files.read(name)):
            yield f"{name} uses the X-Ray SDK, whose support ends in February 2027"


@breaks(requests_can_be_traced, names="api is not traced")
def no_tracing(files: Files) -> None:
    files.replace("template.yaml", "Tracing: Active", "Tracing: PassThrough")


@breaks(requests_can_be_traced, names="may not write what is traced")
def tracing_that_is_refused(files: Files) -> None:
    files.replace("template.yaml", "xray:PutTraceSegments, ", "", 1)


@breaks(requests_can_be_traced, names="uses the X-Ray SDK")
def a_library_without_support(files: Files) -> None:
    files.replace("pyproject.toml", '"msgspec>=0.20",', '"msgspec>=0.20",\n    "aws-xray-sdk>=2",')


@check("E6", runs=True)
def what_the_business_does_is_counted(project: Project) -> Iterator[str]:
    for name in project.files.names(f"{project.package}/handlers/*.py"):
        text = project.files.read(name)
        if (
            "@invocation(" in text
            and not name.endswith(("/authorizer.py",))
            and "metrics.add(" not in text
        ):
            yield f"{name} counts nothing of what it does"
    yield from project.failing(
        f"{METRICS}::test_a_flush_writes_one_line_that_names_each_metric",
        f"{METRICS}::test_several_values_of_one_metric_are_a_list",
        f"{METRICS}::test_no_line_has_more_values_than_the_format_allows",
        f"{INVOCATION}::test_cold_start_is_counted_once_and_duration_each_time",
        f"{INVOCATION}::test_a_failure_is_counted_and_goes_on_to_lambda",
    )


@breaks(what_the_business_does_is_counted, names="queue.py counts nothing")
def uncounted_work(files: Files) -> None:
    files.substitute(files.code("handlers/queue.py"), r"        metrics\.add\([^\n]*\n", "")


@breaks(what_the_business_does_is_counted, names="test_cold_start_is_counted_once")
def every_start_is_cold(files: Files) -> None:
    files.replace(files.library("invocation.py"), "                _cold = False\n", "")


@breaks(what_the_business_does_is_counted, names="test_no_line_has_more_values")
def lines_of_any_length(files: Files) -> None:
    files.replace(
        files.library("metrics.py"), "_MOST_VALUES: Final = 100", "_MOST_VALUES: Final = 1000"
    )


@breaks(what_the_business_does_is_counted, names="test_a_flush_writes_one_line")
def a_line_that_names_no_unit(files: Files) -> None:
    files.replace(files.library("metrics.py"), ', "Unit": _units[name]', "")


# --- alarms, dashboard, queries ---

# The metrics that AWS publishes, of those that a service like this can be interested in, with the
# sets of dimensions under which they can be found. Source: the CloudWatch pages of each service.
PUBLISHED: dict[str, tuple[set[str], list[set[str]]]] = {
    "AWS/Lambda": (
        {
            "AsyncEventAge",
            "AsyncEventsDropped",
            "AsyncEventsReceived",
            "ConcurrentExecutions",
            "DeadLetterErrors",
            "DestinationDeliveryFailures",
            "Duration",
            "Errors",
            "Invocations",
            "IteratorAge",
            "OffsetLag",
            "PostRuntimeExtensionsDuration",
            "ProvisionedConcurrencyInvocations",
            "ProvisionedConcurrencySpilloverInvocations",
            "ProvisionedConcurrencyUtilization",
            "ProvisionedConcurrentExecutions",
            "RecursiveInvocationsDropped",
            "Throttles",
        },
        [
            {"FunctionName"},
            {"FunctionName", "Resource"},
            {"FunctionName", "Resource", "ExecutedVersion"},
        ],
    ),
    # Where the mapping asks for them:
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "AWS/Lambda mapping": (
        {
            "DroppedEventCount",
            "FailedInvokeEventCount",
            "FilteredOutEventCount",
            "InvokedEventCount",
            "OnFailureDestinationDeliveredEventCount",
            "PolledEventCount",
        },
        [{"EventSourceMappingUUID"}],
    ),
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    "AWS/Events": (
        {
            "FailedInvocations",
            "Invocations",
            "InvocationsFailedToBeSentToDlq",
            "InvocationsSentToDlq",
            "MatchedEvents",
            "ThrottledRules",
            "TriggeredRules",
        },
        [{"RuleName"}],
    ),
    # https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
    "AWS/Scheduler": (
        {
            "InvocationAttemptCount",
            "InvocationDroppedCount",
            "InvocationThrottleCount",
            "InvocationsFailedToBeSentToDeadLetterCount",
            "InvocationsSentToDeadLetterCount",
            "TargetErrorCount",
            "TargetErrorThrottledCount",
        },
        [{"ScheduleGroup"}],
    ),
    # https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
    "AWS/SNS": (
        {
            "NumberOfMessagesPublished",
            "NumberOfNotificationsDelivered",
            "NumberOfNotificationsFailed",
            "NumberOfNotificationsFailedToRedriveToDlq",
            "NumberOfNotificationsFilteredOut",
            "NumberOfNotificationsRedrivenToDlq",
        },
        [{"TopicName"}],
    ),
    "AWS/SQS": (
        {
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesDelayed",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesVisible",
            "NumberOfEmptyReceives",
            "NumberOfMessagesDeleted",
            "NumberOfMessagesReceived",
            "NumberOfMessagesSent",
            "SentMessageSize",
        },
        [{"QueueName"}],
    ),
    # HTTP APIs have the id and their own names; REST APIs have the name.
    "AWS/ApiGateway http": (
        {"4xx", "5xx", "Count", "DataProcessed", "IntegrationLatency", "Latency"},
        [{"ApiId"}, {"ApiId", "Stage"}],
    ),
    "AWS/ApiGateway rest": (
        {
            "4XXError",
            "5XXError",
            "CacheHitCount",
            "CacheMissCount",
            "Count",
            "IntegrationLatency",
            "Latency",
        },
        [{"ApiName"}, {"ApiName", "Stage"}],
    ),
}


def _own_metrics(project: Project) -> dict[str, set[str]]:
    """What the code of each function counts, by its short name; what all count is under `*`."""
    found: dict[str, set[str]] = {}
    handlers = project.files.names(f"{project.package}/handlers/*.py")
    for name in [*handlers, *project.files.names(LIBRARY)]:
        names = re.findall(r'metrics\.add\(\s*"(\w+)"', project.files.read(name))
        found.setdefault(Path(name).stem if name in handlers else "*", set()).update(names)
    return found


def _by_version(project: Project) -> set[str]:
    """What is counted per version of a function as well."""
    for node in ast.walk(project.module(project.files.library("metrics.py"))):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "BY_VERSION":
            return {str(n.value) for n in ast.walk(node) if isinstance(n, ast.Constant)}
    return set()


def _unknown(
    service: Service, own: Mapping[str, set[str]], metric: Metric, by_version: set[str]
) -> Iterator[str]:
    """Why nothing will ever be seen of a metric."""
    shown = f"{metric.namespace} {metric.name}"
    kind = metric.namespace
    if kind == "AWS/ApiGateway":
        kind = f"{kind} {service.apis[0].kind}" if service.apis else kind
    if kind == "AWS/Lambda" and metric.name in PUBLISHED["AWS/Lambda mapping"][0]:
        kind = "AWS/Lambda mapping"
        about = metric.dimensions.get("EventSourceMappingUUID")
        counting = {source.id for source in service.event_sources if "EventCount" in source.metrics}
        if about not in counting:
            yield f"{shown} is about {about}, which publishes no counts"
    if kind in PUBLISHED:
        names, dimensions = PUBLISHED[kind]
        if metric.name not in names:
            yield f"AWS publishes no {shown}"
        if set(metric.dimensions) not in dimensions:
            yield f"{shown} has other dimensions than {', '.join(metric.dimensions) or 'none'}"
    elif metric.namespace == service.name:
        function = metric.dimensions.get("function_name", "").removeprefix(
            f"{service.name}-{service.stage}-"
        )
        expected = {"service", "stage", "function_name"}
        if "executed_version" in metric.dimensions and metric.name in by_version:
            expected.add("executed_version")
        if set(metric.dimensions) != expected:
            yield f"{shown} has other dimensions than {', '.join(metric.dimensions) or 'none'}"
        if metric.name not in own.get(function, set()) | own.get("*", set()):
            yield f"{function or 'nothing'} does not count {metric.name}"
    else:
        yield f"nothing writes into {metric.namespace}"
    exists = {
        "FunctionName": {f.name for f in service.functions},
        "function_name": {f.name for f in service.functions},
        "QueueName": {queue.name for queue in service.queues},
        "ApiId": {api.identity for api in service.apis},
        "ApiName": {api.identity for api in service.apis},
        "EventSourceMappingUUID": {source.id for source in service.event_sources},
        "RuleName": {rule.name for rule in service.rules},
        "ScheduleGroup": {schedule.group for schedule in service.schedules} - {""},
        "TopicName": {topic.name for topic in service.topics},
        "executed_version": {f.version for f in service.functions},
        "ExecutedVersion": {f.version for f in service.functions},
        "Resource": {f"{f.name}:{f.alias}" for f in service.functions},
        "stage": {service.stage},
        "service": {service.name},
    }
    for dimension, value in metric.dimensions.items():
        if value not in exists.get(dimension, {value}):
            yield f"{shown} is about {value}, which does not exist"


@check("E7")
def the_dashboard_shows_what_exists(project: Project) -> Iterator[str]:
    service = project.service()
    own, by_version = _own_metrics(project), _by_version(project)
    if not service.dashboards:
        yield "there is no dashboard"
    shown: set[tuple[str, str, str, str]] = set()
    for dashboard in service.dashboards:
        for widget in dashboard.widgets:
            if not widget.metrics:
                yield f"{widget.title!r} is empty"
            for metric in widget.metrics:
                for fault in _unknown(service, own, metric, by_version):
                    yield f"{widget.title!r}: {fault}"
                for value in metric.dimensions.values():
                    shown.add((metric.namespace, metric.name, metric.statistic, value))
    for what, wanted in _worth_seeing(project, service, own):
        for namespace, name, statistic, value in wanted:
            if not any(
                (n, m, v) == (namespace, name, value) and statistic in {"", s}
                for n, m, s, v in shown
            ):
                yield f"the dashboard does not show {what}: {name} {statistic} of {value}"


def _worth_seeing(
    project: Project, service: Service, own: Mapping[str, set[str]]
) -> Iterator[tuple[str, list[tuple[str, str, str, str]]]]:
    functions = [f.name for f in service.functions]
    for name, statistic in (
        ("Invocations", "Sum"),
        ("Errors", "Sum"),
        ("Throttles", "Sum"),
        ("Duration", "p50"),
        ("Duration", "p99"),
        ("ConcurrentExecutions", "Maximum"),
    ):
        yield "every function", [("AWS/Lambda", name, statistic, f) for f in functions]
    failed = service.failure_stores()
    for queue in service.queues:
        names = ["ApproximateNumberOfMessagesVisible"]
        names += [] if queue.arn in failed else ["ApproximateAgeOfOldestMessage"]
        yield "every queue", [("AWS/SQS", name, "", queue.name) for name in names]
    for source in service.event_sources:
        if service.queue(source.source) is None:
            name = source.function.rpartition(":")[2]
            yield "how far behind", [("AWS/Lambda", "IteratorAge", "Maximum", name)]
            kept = "OnFailureDestinationDeliveredEventCount"
            yield "what is set aside", [("AWS/Lambda", kept, "Sum", source.id)]
        name = source.function.rpartition(":")[2]
        yield "records that fail", [(service.name, "RecordsFailed", "Sum", name)]
    for function in service.functions:
        if function.asynchronous:
            wanted = ("AWS/Lambda", "AsyncEventAge", "Maximum", function.name)
            yield "how late events are", [wanted]
        if function.arn in {route.function for api in service.apis for route in api.routes}:
            yield "requests that fail", [(service.name, "RequestFailed", "Sum", function.name)]
    for trigger in project.triggers:
        counted = [
            (service.name, m, "", f"{service.name}-{service.stage}-{trigger}")
            for m in sorted(own.get(trigger, ()))
        ]
        yield "what the business does", counted


@breaks(the_dashboard_shows_what_exists, names="AWS publishes no AWS/Lambda Throttled")
def a_metric_that_does_not_exist(files: Files) -> None:
    files.replace("template.yaml", '["AWS/Lambda", "Throttles",', '["AWS/Lambda", "Throttled",')


@breaks(the_dashboard_shows_what_exists, names="-ap, which does not exist")
def a_function_that_does_not_exist(files: Files) -> None:
    files.replace("template.yaml", '-api", {"label": "api"}]', '-ap", {"label": "api"}]')


@breaks(the_dashboard_shows_what_exists, names="queue does not count OrdersDone")
def a_business_metric_nobody_writes(files: Files) -> None:
    files.replace("template.yaml", '"OrdersFulfilled",', '"OrdersDone",')


@breaks(the_dashboard_shows_what_exists, names="does not show every function: Duration p99")
def no_slow_requests(files: Files) -> None:
    files.replace("template.yaml", '"stat": "p99"', '"stat": "p90"')


@breaks(the_dashboard_shows_what_exists, names="does not show every queue: ApproximateAge")
def no_age_of_messages(files: Files) -> None:
    files.replace(
        "template.yaml",
        '["AWS/SQS", "ApproximateAgeOfOldestMessage"',
        '["AWS/SQS", "NumberOfMessagesSent"',
    )


@breaks(the_dashboard_shows_what_exists, names="IteratorAge Maximum", when={"triggers": ["stream"]})
def nobody_sees_how_far_behind(files: Files) -> None:
    files.replace("template.yaml", '["AWS/Lambda", "IteratorAge"', '["AWS/Lambda", "OffsetLag"')


@breaks(
    the_dashboard_shows_what_exists,
    names="has other dimensions than ApiName",
    when={"api_type": ["http"]},
)
def dimensions_of_the_other_kind_of_api(files: Files) -> None:
    files.replace("template.yaml", '"ApiId", "${HttpApi}"', '"ApiName", "${HttpApi}"')


def _fires(alarm: Alarm, values: Mapping[str, float]) -> bool:
    """Whether an alarm would go off while its metrics (by their CloudWatch names) are these."""
    known = {id_: values[metric.name] for id_, metric in alarm.metrics.items()}
    result = known["result"] if not alarm.expression else _calculate(alarm.expression, known)
    return {
        "GreaterThanThreshold": result > alarm.threshold,
        "GreaterThanOrEqualToThreshold": result >= alarm.threshold,
        "LessThanThreshold": result < alarm.threshold,
    }[alarm.comparison]


def _calculate(expression: str, values: Mapping[str, float]) -> float:
    """Arithmetic on metrics, as far as alarms use it."""

    def of(node: ast.expr) -> float:
        match node:
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.Name(id=name):
                return values[name]
            case ast.BinOp(left, operator, right):
                one, other = of(left), of(right)
                match operator:
                    case ast.Add():
                        return one + other
                    case ast.Sub():
                        return one - other
                    case ast.Mult():
                        return one * other
                    case ast.Div():
                        return one / other if other else 0.0
        raise NotImplementedError(ast.dump(node))

    return of(ast.parse(expression, mode="eval").body)


def _watching(service: Service, name: str, about: str, *others: str) -> list[Alarm]:
    """The alarms on a metric of something, computed from just it and the others.

    Those that take a version back see nothing but that version.
    """
    return [
        alarm
        for alarm in service.alarms
        if alarm.name not in service.rollback_alarms()
        and {metric.name for metric in alarm.metrics.values()} == {name, *others}
        and all(about in metric.dimensions.values() for metric in alarm.metrics.values())
    ]


@check("E8")
def alarms_go_off_and_are_heard(project: Project) -> Iterator[str]:
    service = project.service("prod", AlarmEmail="team@example.com", ReserveConcurrency="true")
    own, by_version = _own_metrics(project), _by_version(project)
    for function in service.functions:
        yield from _alarms_of_a_function(service, function)
    for api in service.apis:
        yield from _alarms_of_an_api(service, api)
    failed = service.failure_stores()
    yield from _alarms_of_senders(service)
    yield from _alarms_of_schedules(project, service)
    for queue in service.queues:
        if queue.arn in failed:
            yield from _goes_off(service, "ApproximateNumberOfMessagesVisible", queue.name, 1, 0)
        else:
            yield from _goes_off(service, "ApproximateAgeOfOldestMessage", queue.name, 3600, 60)
    for source in service.event_sources:
        name = source.function.rpartition(":")[2]
        if service.queue(source.source) is None:
            yield from _goes_off(service, "IteratorAge", name, 61_000, 10_000)
            yield from _goes_off(
                service, "OnFailureDestinationDeliveredEventCount", source.id, 1, 0
            )
            yield from _goes_off(service, "DestinationDeliveryFailures", name, 1, 0)
        many = {"RecordsFailed": 20.0, "RecordsTried": 100.0}
        few = {"RecordsFailed": 5.0, "RecordsTried": 100.0}
        alarms = _watching(service, "RecordsFailed", name, "RecordsTried")
        if not any(_fires(alarm, many) and not _fires(alarm, few) for alarm in alarms):
            yield f"no alarm on the rate of records that {name} fails"
    for alarm in service.alarms:
        for metric in alarm.metrics.values():
            for fault in _unknown(service, own, metric, by_version):
                yield f"{alarm.name}: {fault}"
        if alarm.missing_data not in {"notBreaching", "breaching"}:
            yield f"{alarm.name} says nothing of times without data"
        yield from _is_heard(service, alarm)


def _goes_off(service: Service, metric: str, about: str, bad: float, good: float) -> Iterator[str]:
    alarms = _watching(service, metric, about)
    if not any(_fires(a, {metric: bad}) and not _fires(a, {metric: good}) for a in alarms):
        yield f"no alarm tells {metric} {bad:g} of {about} from {good:g}"


def _alarms_of_a_function(service: Service, function: Function) -> Iterator[str]:
    name = function.name
    many = {"Errors": 20.0, "Invocations": 1000.0}
    few = {"Errors": 5.0, "Invocations": 1000.0}
    alarms = _watching(service, "Errors", name, "Invocations")
    if not any(_fires(alarm, many) and not _fires(alarm, few) for alarm in alarms):
        yield f"no alarm on the rate of errors of {name}"
    yield from _goes_off(service, "Throttles", name, 1, 0)
    limit = function.timeout.value * 1000 if function.timeout else 0
    if not any(
        _fires(alarm, {"Duration": 0.81 * limit})
        and not _fires(alarm, {"Duration": 0.79 * limit})
        and all(metric.statistic == "p99" for metric in alarm.metrics.values())
        for alarm in _watching(service, "Duration", name)
    ):
        yield f"no alarm when the p99 duration of {name} passes 80 % of its timeout"
    reserved = function.reserved_concurrency or 0
    yield from _goes_off(service, "ConcurrentExecutions", name, 0.81 * reserved, 0.79 * reserved)


def _alarms_of_senders(service: Service) -> Iterator[str]:
    """What is given up or lost on the way to a function that nobody waits for."""
    for function in service.functions:
        if function.asynchronous:
            longest = 1000 * (function.asynchronous.max_age or 0)
            yield from _goes_off(service, "AsyncEventsDropped", function.name, 1, 0)
            yield from _goes_off(service, "AsyncEventAge", function.name, 0.9 * longest, 240_000)
            yield from _goes_off(service, "DestinationDeliveryFailures", function.name, 1, 0)
    for rule in service.rules:
        for metric in ("FailedInvocations", "InvocationsFailedToBeSentToDlq"):
            yield from _goes_off(service, metric, rule.name, 1, 0)
    fed = {subscription.topic for subscription in service.subscriptions if subscription.function}
    for topic in service.topics:
        if topic.arn in fed:
            lost = "NumberOfNotificationsFailedToRedriveToDlq"
            for metric in ("NumberOfNotificationsFailed", lost):
                yield from _goes_off(service, metric, topic.name, 1, 0)
    for schedule in service.schedules:
        lost = "InvocationsFailedToBeSentToDeadLetterCount"
        for metric in ("InvocationDroppedCount", lost):
            yield from _goes_off(service, metric, schedule.group or schedule.name, 1, 0)


def _alarms_of_schedules(project: Project, service: Service) -> Iterator[str]:
    """A schedule that does not run fails nowhere; tests/infra/test_missed_runs.py has the times."""
    disabled = project.service("prod", ScheduleState="DISABLED") if service.schedules else service
    for schedule in service.schedules:
        name = schedule.target.function.rpartition(":")[2]
        if not _missed(service, name):
            yield f"no alarm when {schedule.name} does not run"
        if _missed(disabled, name):
            yield f"an alarm is always on where {schedule.name} is switched off"


def _missed(service: Service, function: str) -> list[Alarm]:
    return [
        alarm
        for alarm in _watching(service, "Invocations", function)
        if (alarm.comparison, alarm.threshold) == ("LessThanThreshold", 1)
        and alarm.missing_data == "breaching"
    ]


def _alarms_of_an_api(service: Service, api: Api) -> Iterator[str]:
    failed = "5xx" if api.kind == "http" else "5XXError"
    many, few = {failed: 20.0, "Count": 1000.0}, {failed: 5.0, "Count": 1000.0}
    alarms = _watching(service, failed, api.identity, "Count")
    if not any(_fires(alarm, many) and not _fires(alarm, few) for alarm in alarms):
        yield f"no alarm on the rate of 5xx answers of {api.name}"
    yield from _goes_off(service, "Latency", api.identity, 10_000, 100)


def _is_heard(service: Service, alarm: Alarm) -> Iterator[str]:
    topics = {topic.arn: topic for topic in service.topics}
    if not alarm.actions:
        yield f"{alarm.name} tells nobody"
    for action in alarm.actions:
        if action not in topics:
            yield f"{alarm.name} goes to {action}, which is not of this service"
            continue
        topic = topics[action]
        if not any(s.topic == action and s.endpoint for s in service.subscriptions):
            yield f"nobody can be subscribed to {topic.name}"
        if not _lets_alarms_in(service, topic):
            yield f"{topic.name} does not take what alarms send"


CLOUDWATCH = "service:cloudwatch.amazonaws.com"


def _lets_alarms_in(service: Service, topic: Topic) -> bool:
    """Both the topic and its key have to let CloudWatch in; AWS's own key for SNS does not."""
    publishes = any(
        s.allows and CLOUDWATCH in s.principals and "sns:Publish" in s.actions for s in topic.policy
    )
    if not topic.key:
        return publishes
    keys = [key for key in service.keys if key.arn == topic.key]
    actions = {
        action
        for key in keys
        for s in key.policy
        if s.allows and CLOUDWATCH in s.principals
        for action in s.actions
    }
    return publishes and "kms:Decrypt" in actions and any("GenerateDataKey" in a for a in actions)


@breaks(alarms_go_off_and_are_heard, names="no alarm on the rate of errors")
def errors_are_counted_not_rated(files: Files) -> None:
    files.replace("template.yaml", "100 * errors / invocations", "errors + 0 * invocations")


@breaks(alarms_go_off_and_are_heard, names="no alarm tells Throttles 1")
def no_alarm_on_throttles(files: Files) -> None:
    files.replace("template.yaml", "MetricName: Throttles", "MetricName: Errors")


@breaks(alarms_go_off_and_are_heard, names="passes 80 % of its timeout")
def a_duration_alarm_that_ignores_the_timeout(files: Files) -> None:
    files.replace(
        "template.yaml", "!Sub duration / (10 * ${QueueTimeout})", "duration / (10 * 900)"
    )


@breaks(alarms_go_off_and_are_heard, names="passes 80 % of its timeout")
def an_alarm_on_the_mean_duration(files: Files) -> None:
    files.replace("template.yaml", "            Stat: p99\n", "            Stat: Average\n")


@breaks(alarms_go_off_and_are_heard, names="no alarm tells ConcurrentExecutions")
def no_alarm_on_concurrency(files: Files) -> None:
    files.replace(
        "template.yaml", "100 * concurrency / ${ApiConcurrency}", "concurrency / ${ApiConcurrency}"
    )


@breaks(
    alarms_go_off_and_are_heard,
    names="ApproximateNumberOfMessagesVisible 1 of order-service-prod-orders-dead",
)
def an_alarm_after_many_dead_letters(files: Files) -> None:
    files.substitute("template.yaml", r"(  DeadLetterAlarm:.*?Threshold:) 0", r"\1 10")


@breaks(alarms_go_off_and_are_heard, names="ApproximateAgeOfOldestMessage")
def no_alarm_on_the_age_of_messages(files: Files) -> None:
    files.substitute("template.yaml", r"  QueueAgeAlarm:.*?\n\n", "")


@breaks(
    alarms_go_off_and_are_heard, names="no alarm tells IteratorAge", when={"triggers": ["stream"]}
)
def an_alarm_after_a_day(files: Files) -> None:
    files.replace("template.yaml", "Threshold: 60000\n", "Threshold: 86400000\n")


@breaks(
    alarms_go_off_and_are_heard,
    names="OnFailureDestinationDeliveredEventCount 1",
    when={"triggers": ["stream"]},
)
def failures_nobody_hears_of(files: Files) -> None:
    files.substitute("template.yaml", r"  StreamFailureAlarm:.*?\n\n", "")


@breaks(
    alarms_go_off_and_are_heard,
    names="which publishes no counts",
    when={"triggers": ["stream"]},
)
def counts_that_nobody_asked_for(files: Files) -> None:
    files.replace(
        "template.yaml",
        "            MetricsConfig:\n              Metrics: [EventCount]\n",
        "",
    )


@breaks(
    alarms_go_off_and_are_heard,
    names="no alarm on the rate of records that order-service-prod-queue fails",
    when={"triggers": ["queue"]},
)
def records_that_fail_unheard(files: Files) -> None:
    files.substitute("template.yaml", r"  QueueRecordAlarm:.*?\n\n", "")


@breaks(alarms_go_off_and_are_heard, names="AsyncEventsDropped 1", when={"triggers": ["events"]})
def events_dropped_in_silence(files: Files) -> None:
    files.substitute("template.yaml", r"  EventsDroppedAlarm:.*?\n\n", "")


@breaks(alarms_go_off_and_are_heard, names="AsyncEventAge", when={"triggers": ["storage"]})
def an_alarm_when_the_event_is_gone(files: Files) -> None:
    files.replace("template.yaml", "Threshold: 10800000", "Threshold: 21600000")


@breaks(
    alarms_go_off_and_are_heard,
    names="DestinationDeliveryFailures 1 of order-service-prod-stream",
    when={"triggers": ["stream"]},
)
def losses_nobody_hears_of(files: Files) -> None:
    files.substitute("template.yaml", r"  StreamUndeliveredAlarm:.*?\n\n", "")


@breaks(
    alarms_go_off_and_are_heard,
    names="AWS/Events FailedInvocations has other dimensions",
    when={"triggers": ["events"]},
)
def a_rule_under_another_name(files: Files) -> None:
    files.replace("template.yaml", "- Name: RuleName", "- Name: Rule")


@breaks(
    alarms_go_off_and_are_heard,
    names="NumberOfNotificationsFailedToRedriveToDlq 1",
    when={"triggers": ["topic"]},
)
def messages_lost_in_silence(files: Files) -> None:
    files.substitute("template.yaml", r"  DeliveryLossAlarm:.*?\n\n", "")


@breaks(
    alarms_go_off_and_are_heard,
    names="AWS/Scheduler InvocationDroppedCount is about default",
    when={"triggers": ["schedule"]},
)
def schedules_of_the_whole_account(files: Files) -> None:
    files.replace("template.yaml", "!Ref Schedules", "default")


@breaks(
    alarms_go_off_and_are_heard,
    names="prod-timer does not run",
    when={"triggers": ["schedule"]},
)
def silence_is_taken_for_health(files: Files) -> None:
    files.replace("template.yaml", "TreatMissingData: breaching", "TreatMissingData: notBreaching")


@breaks(
    alarms_go_off_and_are_heard,
    names="where order-service-prod-timer is switched off",
    when={"triggers": ["schedule"]},
)
def an_alarm_where_nothing_is_to_run(files: Files) -> None:
    files.replace("template.yaml", "    Condition: ScheduleRuns\n", "")


@breaks(
    alarms_go_off_and_are_heard, names="no alarm on the rate of 5xx", when={"triggers": ["api"]}
)
def no_alarm_on_answers_of_the_api(files: Files) -> None:
    files.substitute("template.yaml", r"MetricName: 5(xx|XXError)", "MetricName: Count")


@breaks(alarms_go_off_and_are_heard, names="no alarm tells Latency", when={"triggers": ["api"]})
def no_alarm_on_a_slow_api(files: Files) -> None:
    files.replace("template.yaml", "Threshold: 3000\n", "Threshold: 30000\n")


@breaks(alarms_go_off_and_are_heard, names="queue-throttles tells nobody")
def an_alarm_without_an_action(files: Files) -> None:
    files.substitute(
        "template.yaml",
        r"(  QueueThrottleAlarm:.*?)      AlarmActions: \[!Ref AlarmTopic\]\n",
        r"\1",
    )


@breaks(alarms_go_off_and_are_heard, names="nobody can be subscribed")
def a_topic_nobody_listens_to(files: Files) -> None:
    files.substitute("template.yaml", r"  AlarmSubscription:.*?\n\n", "")


@breaks(alarms_go_off_and_are_heard, names="does not take what alarms send")
def a_key_that_keeps_cloudwatch_out(files: Files) -> None:
    files.replace("template.yaml", "KmsMasterKeyId: !Ref AlarmKey", "KmsMasterKeyId: alias/aws/sns")


@breaks(alarms_go_off_and_are_heard, names="does not take what alarms send")
def a_topic_that_keeps_cloudwatch_out(files: Files) -> None:
    files.replace(
        "template.yaml",
        "Service: cloudwatch.amazonaws.com\n            Action: sns:Publish",
        "Service: events.amazonaws.com\n            Action: sns:Publish",
    )


# Fields of the lines that Lambda itself writes, as far as queries use them. Source: the schema
# of the Telemetry API's platform events, which is that of JSON system logs.
PLATFORM = {
    "type",
    "time",
    "record.requestId",
    "record.status",
    "record.metrics.durationMs",
    "record.metrics.billedDurationMs",
    "record.metrics.memorySizeMB",
    "record.metrics.maxMemoryUsedMB",
    "record.metrics.initDurationMs",
}
GENERAL = {"@timestamp", "@message", "@log", "@logStream", "@ptr", "@ingestionTime"}
COMMANDS = {"fields", "display", "filter", "stats", "sort", "limit", "dedup", "parse"}
FUNCTIONS = {
    "count",
    "count_distinct",
    "sum",
    "avg",
    "min",
    "max",
    "pct",
    "bin",
    "ispresent",
    "abs",
    "ceil",
    "floor",
    "strlen",
    "coalesce",
    "like",
    "stddev",
    "latest",
    "earliest",
}
WORDS = {"as", "by", "and", "or", "not", "in", "like", "desc", "asc"}


def _fields_of_the_logs(project: Project) -> set[str]:
    """The fields that the service's own lines have: found where they are put in."""
    found = set()
    for name in ("log.py", "invocation.py"):
        for node in ast.walk(project.module(project.files.library(name))):
            if isinstance(node, ast.Dict):
                found |= {k.value for k in node.keys if isinstance(k, ast.Constant)}
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                (".update", ".begin_invocation")
            ):
                found |= {keyword.arg for keyword in node.keywords if keyword.arg}
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                found.add(node.slice.value)
    return {str(field) for field in found}


def _faults_of_a_query(query: Query, fields: set[str]) -> Iterator[str]:
    known = set(fields)
    for command in re.split(r"\|(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", query.text):
        verb, _, rest = command.strip().partition(" ")
        if verb not in COMMANDS:
            yield f"{query.name!r}: {verb!r} is no command"
            continue
        rest = re.sub(r'"[^"]*"|/(?:[^/\\]|\\.)+/', " ", rest)
        if rest.count("(") != rest.count(")"):
            yield f"{query.name!r}: a bracket is missing in {verb}"
        named = set(re.findall(r"\bas\s+([\w.]+)", rest))
        for call in re.findall(r"([\w.@]+)\s*\(", rest):
            if call not in FUNCTIONS | WORDS:
                yield f"{query.name!r}: {call!r} is no function"
        for word in re.findall(r"[@A-Za-z_][\w.]*(?!\w*\s*\()", re.sub(r"[\w.@]+\s*\(", "(", rest)):
            if word not in known | named | WORDS:
                yield f"{query.name!r}: no line has the field {word!r}"
        known |= named


ANSWERS = {
    "errors by type": ("level", "stats", "exception_name"),
    "the slowest requests": ("record.metrics.durationMs", "sort", "desc"),
    "how much memory is left": ("record.metrics.maxMemoryUsedMB", "record.metrics.memorySizeMB"),
    "cold starts": ("record.metrics.initDurationMs", "count("),
    "what each function costs": (
        "record.metrics.billedDurationMs",
        "record.metrics.memorySizeMB",
        "by @log",
    ),
}


@check("E9")
def questions_are_asked_beforehand(project: Project) -> Iterator[str]:
    service = project.service()
    fields = GENERAL | PLATFORM | _fields_of_the_logs(project)
    groups = {function.log_group for function in service.functions}
    for query in service.queries:
        yield from _faults_of_a_query(query, fields)
        if set(query.log_groups) != groups:
            yield f"{query.name!r} does not look into the logs of every function"
    for question, words in ANSWERS.items():
        if not any(all(word in query.text for word in words) for query in service.queries):
            yield f"no query tells {question}"
    for function in service.functions:
        if function.log_format != "JSON" or function.system_log_level not in {"INFO", "DEBUG"}:
            yield f"{function.short_name} writes no platform.report lines to be asked about"


@breaks(questions_are_asked_beforehand, names="no line has the field 'record.metrics.memoryMB'")
def a_field_no_line_has(files: Files) -> None:
    files.replace(
        "template.yaml", "max(record.metrics.memorySizeMB)", "max(record.metrics.memoryMB)", 1
    )


@breaks(questions_are_asked_beforehand, names="is no command")
def a_query_that_does_not_parse(files: Files) -> None:
    files.replace("template.yaml", "| sort times desc", "| order by times desc")


@breaks(questions_are_asked_beforehand, names="is no function")
def a_function_nobody_knows(files: Files) -> None:
    files.replace("template.yaml", "pct(record", "percentile(record")


@breaks(questions_are_asked_beforehand, names="no query tells what each function costs")
def nobody_asks_for_the_cost(files: Files) -> None:
    files.substitute("template.yaml", r"  CostQuery:.*?(?=\n  # Resources of your own)", "")


@breaks(questions_are_asked_beforehand, names="into the logs of every function")
def a_function_that_is_left_out(files: Files) -> None:
    files.replace("template.yaml", "        - !Ref QueueLogGroup\n", "", 1)


@breaks(questions_are_asked_beforehand, names="no platform.report lines")
def reports_are_dropped(files: Files) -> None:
    files.replace("template.yaml", "SystemLogLevel: INFO", "SystemLogLevel: WARN")
