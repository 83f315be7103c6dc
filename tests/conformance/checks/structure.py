"""A: structure of the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.conformance.files import Files, workbench
from tests.conformance.project import Project
from tests.conformance.registry import breaks, check

HTTP = "packages/lean-lambda/tests/unit/test_api.py"


def _handlers(project: Project) -> list[str]:
    """The names of the modules that have a handler."""
    return [
        PurePosixPath(name).stem
        for name in project.files.names(f"{project.package}/handlers/*.py")
        if "\ndef handler(" in project.files.read(name)
    ]


@check("A1")
def one_function_for_one_thing(project: Project) -> Iterator[str]:
    wanted = set(project.triggers)
    wanted |= {"authorizer"} & {str(project.answers.get("api_auth"))}
    service = project.service()
    found = {function.short_name: function for function in service.functions}
    for name in sorted(wanted - set(found)):
        yield f"nothing does {name}"
    for name in sorted(set(found) - wanted):
        yield f"{name} was not asked for"
    modules = set(_handlers(project))
    for name in sorted(modules - set(found)):
        yield f"handlers/{name}.py belongs to no function"
    for name, function in found.items():
        if name not in modules:
            yield f"handlers/{name}.py is missing"
        expected = f"{project.answers['package_name']}.handlers.{name}.handler"
        if not function.image and function.handler != expected:
            yield f"{name} is handled by {function.handler}"
        if sum(other.role == function.role for other in service.functions) > 1:
            yield f"{name} shares its role"


@breaks(one_function_for_one_thing, names="queue is handled by order_service.handlers.api")
def two_functions_with_one_handler(files: Files) -> None:
    files.replace(
        "template.yaml",
        "order_service.handlers.queue.handler",
        "order_service.handlers.api.handler",
    )


@breaks(one_function_for_one_thing, names="handlers/queue.py is missing")
def a_function_without_code(files: Files) -> None:
    files.remove(files.code("handlers/queue.py"))


@breaks(one_function_for_one_thing, names="handlers/everything.py belongs to no function")
def code_without_a_function(files: Files) -> None:
    name = files.code("handlers/queue.py")
    files.write(name.replace("queue.py", "everything.py"), files.read(name))


@breaks(one_function_for_one_thing, names="queue shares its role")
def a_role_for_two(files: Files) -> None:
    files.replace("template.yaml", "Role: !GetAtt QueueRole.Arn", "Role: !GetAtt ApiRole.Arn")


@check("A2", runs=True)
def imports_go_one_way(project: Project) -> Iterator[str]:
    if "lint-imports" not in project.files.read(workbench("packaging/check.py")):
        yield "make check does not look at imports"
    done = project.run("lint-imports", "--no-cache")
    if done.code != 0:
        yield f"lint-imports: {' '.join(done.output.split())[-900:]}"


@breaks(imports_go_one_way, names="the domain knows no AWS")
def a_domain_that_knows_aws(files: Files) -> None:
    name = files.code("domain/orders.py")
    files.write(name, files.read(name) + "\nimport boto3\n")


@breaks(imports_go_one_way, names="never the other way round")
def an_adapter_that_knows_a_handler(files: Files) -> None:
    name = files.code("adapters/dynamodb_orders.py")
    files.write(name, files.read(name) + "\nfrom ..handlers import queue\n")


@breaks(imports_go_one_way, names="make check does not look at imports")
def nobody_looks(files: Files) -> None:
    files.replace(workbench("packaging/check.py"), "lint-imports", "true")


@check("A3", runs=True)
def input_and_output_are_a_contract(project: Project) -> Iterator[str]:
    for name in _handlers(project):
        text = project.files.read(f"{project.package}/handlers/{name}.py")
        if "json.loads(" in text:
            yield f"{name} takes its input as it comes"
        if name == "authorizer" or (name, project.answers["data_store"]) == ("schedule", "none"):
            continue
        if name != "schedule" and not re.search(r"\b(decode|convert|restore)\(|@api\.\w+\(", text):
            yield f"{name} does not check the form of its input"
    yield from project.failing(
        "packages/lean-lambda/tests/unit/test_documents.py::test_the_message_says_where_the_document_is_wrong",
    )
    if "api" in project.triggers:
        yield from project.failing(
            f"{HTTP}::test_the_openapi_document_is_valid_and_has_exactly_the_routes",
            f"{HTTP}::test_the_openapi_document_tells_body_query_path_and_headers",
            "tests/unit/handlers/test_api.py::test_the_openapi_document_is_valid_and_has_every_route",
            "tests/unit/handlers/test_api.py::test_an_order_of_the_wrong_form_is_refused_with_the_field",
        )


@breaks(input_and_output_are_a_contract, names="queue does not check the form")
def input_of_any_form(files: Files) -> None:
    name = files.code("handlers/queue.py")
    files.replace(
        name, "order = decode(Order, message.body)", "order = Order(**loads(message.body))"
    )


@breaks(input_and_output_are_a_contract, names="has_exactly_the_routes")
def a_route_that_is_not_published(files: Files) -> None:
    files.substitute(
        files.library("openapi.py"), r"for route in routes:", "for route in routes[1:]:"
    )


def _started(project: Project) -> Iterator[tuple[str, str, list[str]]]:
    """Each function with what went wrong when it started, and the modules it loaded."""
    functions = {
        f.short_name: {
            "module": f.handler.rpartition(".")[0],
            "environment": {
                "AWS_REGION": "eu-west-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_LAMBDA_FUNCTION_NAME": f.name,
                **{key: str(value) for key, value in f.environment.items()},
            },
        }
        for f in project.service().functions
    }
    for name, said in project.start(functions).items():
        yield name, said["error"], said["modules"]


AWS = "packages/lean-lambda/tests/unit/test_aws.py"


@check("A4", runs=True)
def clients_are_made_once(project: Project) -> Iterator[str]:
    for name, error, _ in _started(project):
        if error:
            yield f"{name} does not start by itself: {error}"
    yield from project.failing(
        f"{AWS}::TestConnect::test_the_thin_client_is_the_default_and_made_once",
        f"{AWS}::test_a_connection_serves_many_calls",
        "packages/lean-lambda/tests/unit/test_sdk.py::test_clients_have_timeouts_and_bounded_retries_and_are_made_once",
    )


@breaks(clients_are_made_once, names="queue does not start by itself: ConnectionRefusedError")
def a_call_while_starting(files: Files) -> None:
    name = files.code("handlers/queue.py")
    files.replace(
        name,
        "parameters = Parameters(aws, settings.parameters_path)\n",
        "parameters = Parameters(aws, settings.parameters_path)\n"
        'import socket; socket.create_connection(("ssm.eu-west-1.amazonaws.com", 443))\n',
    )


@breaks(clients_are_made_once, names="made_once")
def a_client_per_call(files: Files) -> None:
    files.replace(files.library("sdk.py"), "@cache\n", "")


@check("A5", runs=True)
def nothing_heavy_is_loaded_to_start(project: Project) -> Iterator[str]:
    budget = project.pyproject["tool"]["lambda-workbench"]["budget"]
    for name, _, modules in _started(project):
        limit = budget.get(name, {}).get("modules", budget.get("modules", 0))
        if not limit:
            yield f"nothing bounds what {name} loads"
        elif len(modules) > limit:
            yield f"{name} loads {len(modules)} modules to start, more than {limit}"
        text = project.files.read(f"{project.package}/handlers/{name}.py")
        if "boto3" in modules and "lean_lambda.sdk" not in text:
            yield f"{name} loads boto3 before it needs it"


@breaks(nothing_heavy_is_loaded_to_start, names="queue loads boto3 before it needs it")
def the_sdk_for_everybody(files: Files) -> None:
    name = files.library("documents.py")
    files.replace(name, "import msgspec\n", "import boto3\nimport msgspec\n")


@breaks(nothing_heavy_is_loaded_to_start, names="modules to start, more than 160")
def a_heavy_library(files: Files) -> None:
    name = files.code("adapters/dynamodb_orders.py")
    files.write(
        name,
        files.read(name)
        + "\nimport asyncio, email.mime.text, unittest, xml.dom.minidom\nimport boto3\n",
    )


@breaks(nothing_heavy_is_loaded_to_start, names="nothing bounds what")
def no_budget(files: Files) -> None:
    files.substitute("pyproject.toml", r"\nmodules = \d+", "", 0)


@check("A6", runs=True)
def nothing_is_left_for_the_next_invocation(project: Project) -> Iterator[str]:
    for name in project.files.names(f"{project.package}/*/*.py"):
        for node in project.module(name).body:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if isinstance(value, ast.List | ast.Dict | ast.Set) or (
                isinstance(value, ast.Call)
                and ast.unparse(value.func) in {"list", "dict", "set", "defaultdict", "Counter"}
            ):
                yield f"{name}:{value.lineno} keeps things from one invocation to the next"
        for inner in ast.walk(project.module(name)):
            if isinstance(inner, ast.Global):
                yield f"{name}:{inner.lineno} changes {inner.names[0]} for the next invocation"
    yield from project.failing(
        "packages/lean-lambda/tests/unit/test_log.py::test_one_invocation_leaves_nothing_in_the_next",
        "packages/lean-lambda/tests/unit/test_parameters.py::TestParameters::test_reads_again_when_the_value_is_old",
    )
    if {"api"} <= set(project.triggers) and project.answers["data_store"] == "dynamodb":
        yield from project.failing(
            "tests/unit/handlers/test_api.py::test_other_keys_and_other_callers_make_other_orders"
        )


@breaks(nothing_is_left_for_the_next_invocation, names="placing.py:", when={"triggers": ["api"]})
def a_list_that_grows(files: Files) -> None:
    name = files.code("domain/placing.py")
    files.write(name, files.read(name) + "\nseen: list[str] = []\n")


@breaks(nothing_is_left_for_the_next_invocation, names="changes last for the next invocation")
def a_global_that_changes(files: Files) -> None:
    name = files.code("handlers/queue.py")
    files.write(
        name,
        files.read(name)
        + "\n\ndef remember(order: Order) -> None:\n    global last\n    last = order\n",
    )


@breaks(nothing_is_left_for_the_next_invocation, names="test_other_keys_and_other_callers")
def one_callers_answer_for_all(files: Files) -> None:
    name = files.code("handlers/api.py")
    files.replace(name, "request.caller, request.headers", "request.headers")


@check("A7", runs=True)
def slow_work_waits_in_a_queue(project: Project) -> Iterator[str]:
    service = project.service()
    api = service.function("api")
    if api.environment.get("ORDERS_QUEUE_URL") not in {queue.url for queue in service.queues}:
        yield "the API does not know the queue"
    role = service.role_of(api)
    actions = {action for s in role.statements for action in s.actions} if role else set()
    if "sqs:SendMessage" not in actions:
        yield "the API may not send to the queue"
    if project.answers["data_store"] == "dynamodb":
        yield from project.failing(
            "tests/unit/handlers/test_api.py::test_an_order_is_accepted_kept_and_queued",
            "tests/unit/handlers/test_queue.py::test_an_order_is_fulfilled_from_the_warehouse_that_is_set",
        )


@breaks(slow_work_waits_in_a_queue, names="test_an_order_is_accepted_kept_and_queued")
def an_order_that_is_not_queued(files: Files) -> None:
    files.replace(files.code("domain/placing.py"), "    queue.send(placed)\n", "")


@breaks(slow_work_waits_in_a_queue, names="may not send to the queue")
def a_queue_that_is_out_of_reach(files: Files) -> None:
    files.substitute("template.yaml", r"              - Sid: SendOrders\n.*?Resource[^\n]*\n", "")


# How each trigger is started, as the sample event of `make invoke` shows it.
@check("A9")
def every_source_starts_its_function(project: Project) -> Iterator[str]:
    service = project.service()
    started = {
        "api": {route.function for api in service.apis for route in api.routes},
        "queue": {s.function for s in service.event_sources if service.queue(s.source)},
        "stream": {s.function for s in service.event_sources if not service.queue(s.source)},
        "events": {target.function for rule in service.rules for target in rule.targets},
        "schedule": {schedule.target.function for schedule in service.schedules},
        "storage": {n.function for bucket in service.buckets for n in bucket.notifications},
        "topic": {s.function for s in service.subscriptions},
    }
    for trigger in project.triggers:
        function = service.function(trigger)
        if function.arn not in started[trigger]:
            yield f"nothing starts {trigger}"
        if not function.alias:
            yield f"{trigger} has no alias to be started by"
        if f"events/{trigger}.json" not in project.files:
            yield f"there is no sample event for {trigger}"
        if f"tests/e2e/test_{trigger}.py" not in project.files:
            yield f"no end-to-end test starts {trigger} through its source"
    answers = project.answers
    for api in service.apis:
        if api.kind != answers["api_type"]:
            yield f"the API is {api.kind}, not {answers['api_type']}"
    for source in service.event_sources:
        queue = service.queue(source.source)
        if queue and queue.fifo != (answers["queue_type"] == "fifo"):
            yield f"{queue.name} is not {answers['queue_type']}"
        if not queue and f":{answers['stream_source']}:" not in source.source:
            yield f"the stream is {source.source}, not of {answers['stream_source']}"


@breaks(every_source_starts_its_function, names="nothing starts queue")
def a_queue_nobody_reads(files: Files) -> None:
    files.substitute(
        "template.yaml", r"      Events:\n        Orders:\n          Type: SQS.*?\n\n", "\n"
    )


@breaks(
    every_source_starts_its_function, names="nothing starts stream", when={"triggers": ["stream"]}
)
def a_stream_nobody_reads(files: Files) -> None:
    files.substitute(
        "template.yaml", r"      Events:\n        Orders:\n          Type: Kinesis.*?\n\n", "\n"
    )
    files.replace("template.yaml", "StreamFunctionOrders", "StreamFunction")


@breaks(
    every_source_starts_its_function, names="nothing starts events", when={"triggers": ["events"]}
)
def a_rule_without_a_target(files: Files) -> None:
    files.substitute("template.yaml", r"          - Sid: UndeliveredEvents.*?\n\n", "\n")
    files.substitute("template.yaml", r"      Events:\n        Payments:.*?\n\n", "\n")
    for alarm in ("EventRuleAlarm", "EventLossAlarm"):
        files.substitute("template.yaml", rf"  {alarm}:\n.*?\n\n", "")


@breaks(
    every_source_starts_its_function,
    names="nothing starts schedule",
    when={"triggers": ["schedule"]},
)
def a_clock_without_hands(files: Files) -> None:
    files.substitute("template.yaml", r"      Events:\n        Timer:.*?\n\n", "\n")


@breaks(
    every_source_starts_its_function, names="nothing starts storage", when={"triggers": ["storage"]}
)
def a_bucket_that_tells_nobody(files: Files) -> None:
    files.substitute("template.yaml", r"      NotificationConfiguration:.*?\n\n", "\n")


@breaks(
    every_source_starts_its_function, names="nothing starts topic", when={"triggers": ["topic"]}
)
def a_topic_without_subscriber(files: Files) -> None:
    files.substitute("template.yaml", r"      Events:\n        Cancellations:.*?\n\n", "\n")


@breaks(every_source_starts_its_function, names="no end-to-end test starts api")
def a_source_nobody_tries(files: Files) -> None:
    files.remove("tests/e2e/test_api.py")


@breaks(
    every_source_starts_its_function, names="not of dynamodb", when={"stream_source": ["dynamodb"]}
)
def another_stream(files: Files) -> None:
    files.replace(
        "template.yaml",
        "!GetAtt OrdersTable.StreamArn",
        "arn:aws:kinesis:eu-west-1:111111111111:stream/other",
    )
