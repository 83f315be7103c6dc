"""B and C: configuration and secrets; memory, time and concurrency."""

import ast
import re
from collections.abc import Iterator

from tests.conformance.files import Files
from tests.conformance.project import STAGES, Project
from tests.conformance.registry import breaks, check

SETTINGS = "packages/lean-lambda/tests/unit/test_settings.py"


@check("B1", runs=True)
def settings_are_checked_before_the_first_event(project: Project) -> Iterator[str]:
    yield from project.failing(
        f"{SETTINGS}::test_a_missing_variable_is_named_with_what_is_expected",
        f"{SETTINGS}::test_a_bad_variable_is_named_with_what_is_expected",
        f"{SETTINGS}::test_every_fault_is_told_at_once_and_no_value_is_repeated",
    )
    for name in project.files.names(f"{project.package}/handlers/*.py"):
        text = project.files.read(name)
        if "@invocation(" in text and "\nsettings = start(" not in text:
            yield f"{name} takes events before its settings are read"


@breaks(settings_are_checked_before_the_first_event, names="test_a_missing_variable_is_named")
def a_missing_setting_is_taken_for_empty(files: Files) -> None:
    settings = files.library("settings.py")
    files.replace(settings, "            if field.required:\n", "            if False:\n")


@breaks(settings_are_checked_before_the_first_event, names="takes events before its settings")
def a_handler_reads_its_settings_late(files: Files) -> None:
    handler = next(iter(files.names("src/*/handlers/queue.py")))
    files.replace(
        handler, "\nsettings = start(QueueSettings)", "\nsettings = lazily(QueueSettings)"
    )


@check("C3")
def timeouts_leave_room(project: Project) -> Iterator[str]:
    for stage in STAGES:
        service = project.service(stage)
        timeouts = {f.arn: f.timeout.value for f in service.functions if f.timeout}
        for api in service.apis:
            cap = 30 if api.kind == "http" else 29
            for route in api.routes:
                if timeouts.get(route.function, 0) >= cap:
                    yield (
                        f"{stage}: the function behind {route.method} {route.path} may take "
                        f"{timeouts[route.function]:g} s, the gateway gives up after {cap}"
                    )
        for source in service.event_sources:
            queue = service.queue(source.source)
            timeout = timeouts.get(source.function, 0)
            if queue and queue.visibility < 6 * timeout:
                yield (
                    f"{stage}: {queue.name} hides a message for {queue.visibility} s, "
                    f"less than six times the {timeout:g} s of its function"
                )


@breaks(timeouts_leave_room, names="hides a message for 100 s", when={"triggers": ["queue"]})
def a_message_comes_back_too_early(files: Files) -> None:
    files.replace("template.yaml", '"30": {Visibility: 180}', '"30": {Visibility: 100}')


@breaks(timeouts_leave_room, names="the gateway gives up", when={"triggers": ["api"]})
def the_api_outlives_its_gateway(files: Files) -> None:
    files.replace("samconfig.toml", '"Stage=prod",', '"Stage=prod",\n    "ApiTimeout=40",')


def _fields(project: Project, name: str, class_name: str) -> dict[str, bool]:
    """The variables that a settings class reads, and whether each has to be there."""
    for node in project.module(name).body:
        if isinstance(node, ast.ClassDef) and node.name.endswith(class_name):
            return {
                item.target.id.upper(): item.value is None
                for item in node.body
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            }
    return {}


def _handler(project: Project, short_name: str) -> str:
    return f"{project.package}/handlers/{short_name}.py"


PARAMETERS = "packages/lean-lambda/tests/unit/test_parameters.py"


@check("B2", runs=True)
def parameters_have_a_place_and_a_time_to_live(project: Project) -> Iterator[str]:
    for stage in STAGES:
        service = project.service(stage)
        declared = {parameter.name for parameter in service.parameters}
        for function in service.functions:
            path = function.environment.get("PARAMETERS_PATH", "")
            if path and path != f"/{service.name}/{stage}":
                yield f"{function.short_name} looks for its parameters in {path}"
            text = project.files.read(_handler(project, function.short_name))
            for name in re.findall(r'parameters\.get\("([^"]+)"', text):
                if f"{path}/{name}" not in declared:
                    yield f"{function.short_name} reads {name}, which {stage} does not declare"
    yield from project.failing(
        f"{PARAMETERS}::TestParameters::test_reads_below_the_path_once",
        f"{PARAMETERS}::TestParameters::test_reads_again_when_the_value_is_old",
        f"{PARAMETERS}::TestParameters::test_keeps_the_old_value_while_ssm_is_away",
    )


@breaks(parameters_have_a_place_and_a_time_to_live, names="which dev does not declare")
def a_parameter_under_another_name(files: Files) -> None:
    files.replace(
        "template.yaml", "${Stage}/fulfilment/warehouse", "${Stage}/fulfillment/warehouse"
    )


@breaks(parameters_have_a_place_and_a_time_to_live, names="looks for its parameters in /shared")
def one_path_for_all_stages(files: Files) -> None:
    files.substitute("template.yaml", r"PARAMETERS_PATH: !Sub [^\n]*", "PARAMETERS_PATH: /shared")


@breaks(parameters_have_a_place_and_a_time_to_live, names="test_reads_below_the_path_once")
def a_read_per_invocation(files: Files) -> None:
    files.replace(files.library("parameters.py"), "if name not in self._kept:", "if True:")


@breaks(parameters_have_a_place_and_a_time_to_live, names="test_reads_again_when_the_value_is_old")
def a_value_for_ever(files: Files) -> None:
    files.replace(
        files.library("parameters.py"),
        "_reread(older_than=self._ttl)",
        "_reread(older_than=1e9)",
    )


@check("B3", runs=True)
def secrets_may_be_rotated_at_any_time(project: Project) -> Iterator[str]:
    service = project.service()
    for secret in service.secrets:
        if not secret.generated:
            yield f"somebody has to write {secret.arn} down"
    for function in service.functions:
        for variable, value in function.environment.items():
            if variable.endswith("_SECRET") and value not in {s.arn for s in service.secrets}:
                yield f"{variable} of {function.short_name} is no secret of the service"
    yield from project.failing(
        f"{PARAMETERS}::TestSecret::test_is_read_once",
        f"{PARAMETERS}::TestSecret::test_a_rotated_secret_is_taken_up_when_the_old_one_is_rejected",
        f"{PARAMETERS}::TestSecret::test_a_rotated_secret_is_taken_up_when_its_use_raises",
        f"{PARAMETERS}::TestSecret::test_a_secret_that_is_still_rejected_is_not_read_for_ever",
        "tests/unit/handlers/test_cursors.py::test_after_the_key_was_rotated_new_cursors_open_at_once",
    )
    if project.answers.get("api_auth") == "authorizer":
        yield from project.failing(
            "tests/unit/handlers/test_authorizer.py::test_after_the_key_was_rotated_new_tokens_pass_at_once"
        )


@breaks(secrets_may_be_rotated_at_any_time, names="test_a_rotated_secret_is_taken_up")
def an_old_secret_until_the_next_start(files: Files) -> None:
    name = files.library("parameters.py")
    files.replace(
        name, "return self._reread(older_than=self._floor)", "return self._reread(older_than=1e9)"
    )


@breaks(secrets_may_be_rotated_at_any_time, names="somebody has to write")
def a_secret_in_the_template(files: Files) -> None:
    files.substitute(
        "template.yaml",
        r"      GenerateSecretString:\n[^\n]*\n[^\n]*",
        "      SecretString: changeme",
    )


@breaks(secrets_may_be_rotated_at_any_time, names="CURSOR_SECRET of api is no secret")
def a_secret_in_the_environment(files: Files) -> None:
    files.replace(
        "template.yaml", "CURSOR_SECRET: !GetAtt CursorSecret.Id", "CURSOR_SECRET: changeme"
    )


@check("B5")
def stages_are_described_in_one_place(project: Project) -> Iterator[str]:
    base = _fields(project, project.files.library("settings.py"), "ServiceSettings")
    base |= _fields(project, f"{project.package}/config.py", "Settings")
    seen = set()
    for stage in STAGES:
        service = project.service(stage)
        for function in service.functions:
            read = {**base, **_fields(project, _handler(project, function.short_name), "Settings")}
            for variable in sorted(set(function.environment) - set(read)):
                yield f"{stage}: {function.short_name} is given {variable}, which it does not read"
            for variable, needed in read.items():
                if needed and not str(function.environment.get(variable, "")):
                    yield f"{stage}: {function.short_name} is not given {variable}"
            if function.environment.get("STAGE") != stage:
                yield f"{stage}: {function.short_name} is told another stage"
        for name in sorted(set(service.given) - set(service.settings)):
            yield f"{stage} sets {name}, which does not exist"
        seen.add(tuple(sorted((k, v) for k, v in service.given.items() if k != "Stage")))
        if service.tags.get("stage") != stage:
            yield f"{stage} is not called so in its tags"
    if len(seen) < len(STAGES):
        yield "two stages differ in nothing but their name"
    for name in project.files.names(f"{project.package}/**/*.py"):
        for found in re.findall(
            r"arn:aws[\w-]*:\w+:|\b\d{12}\b|https://sqs\.", project.files.read(name)
        ):
            yield f"{name} has a value of one account in it: {found}"


@breaks(stages_are_described_in_one_place, names="is not given ORDERS_TABLE")
def a_variable_that_is_forgotten(files: Files) -> None:
    files.replace("template.yaml", "          ORDERS_TABLE: !Ref OrdersTable\n", "")


@breaks(stages_are_described_in_one_place, names="ORDER_TABLE, which it does not read")
def a_variable_nobody_reads(files: Files) -> None:
    files.replace("template.yaml", "          ORDERS_TABLE:", "          ORDER_TABLE:")


@breaks(stages_are_described_in_one_place, names="sets LogLvl, which does not exist")
def a_parameter_that_does_not_exist(files: Files) -> None:
    files.replace("samconfig.toml", '"LogLevel=INFO"', '"LogLvl=INFO"')


@breaks(stages_are_described_in_one_place, names="differ in nothing but their name")
def the_same_stage_twice(files: Files) -> None:
    files.replace("samconfig.toml", "LogRetentionDays=7", "LogRetentionDays=30")
    files.replace("samconfig.toml", "LogLevel=DEBUG", "LogLevel=INFO")


@breaks(stages_are_described_in_one_place, names="a value of one account")
def an_arn_in_the_code(files: Files) -> None:
    name = files.code("config.py")
    files.write(name, files.read(name) + '\nTOPIC = "arn:aws:sns:eu-west-1:123456789012:orders"\n')


@check("B6", runs=True)
def secrets_are_looked_for(project: Project) -> Iterator[str]:
    if "github" in project.answers["ci"] and not _runs_in_ci(project, "make secrets"):
        yield "the pipeline does not look for secrets"
    hooks = project.files.read(".pre-commit-config.yaml")
    if "detect-secrets-hook" not in hooks:
        yield "no hook looks for secrets before a commit"
    for stage in STAGES:
        for function in project.service(stage).functions:
            for variable, value in function.environment.items():
                if re.search(r"PASSWORD|SECRET|TOKEN|KEY$", variable) and "arn:" not in str(value):
                    yield f"{stage}: {variable} of {function.short_name} may be a secret itself"
    done = project.make("secrets")
    if done.code != 0:
        yield f"make secrets: {' '.join(done.output.split())[:600]}"


def _runs_in_ci(project: Project, command: str) -> bool:
    return any(
        step.get("run") == command
        for job in project.workflows()["ci.yml"]["jobs"].values()
        for step in job["steps"]
    )


@breaks(secrets_are_looked_for, names="AWS Access Key")
def a_key_in_the_code(files: Files) -> None:
    name = files.code("config.py")
    files.write(name, files.read(name) + f'\nKEY = "AKIA{"QWERTYUIOPASDFGH"}"\n')


@breaks(secrets_are_looked_for, names="Private Key")
def a_key_in_the_tests(files: Files) -> None:
    kind = "RSA PRIVATE KEY"  # in two parts, so that this file has none
    files.write("tests/unit/key.pem", f"-----BEGIN {kind}-----\nMIIB\n-----END {kind}-----\n")


@breaks(secrets_are_looked_for, names="the pipeline does not look")
def a_pipeline_that_does_not_look(files: Files) -> None:
    files.replace(".github/workflows/ci.yml", "make secrets", "make audit")


@breaks(secrets_are_looked_for, names="no hook looks for secrets")
def no_hook(files: Files) -> None:
    files.replace(".pre-commit-config.yaml", "detect-secrets-hook", "true")


@breaks(secrets_are_looked_for, names="API_TOKEN of queue may be a secret")
def a_token_in_the_environment(files: Files) -> None:
    files.write(
        "template.override.yaml",
        "Resources:\n  QueueFunction:\n    Properties:\n      Environment:\n        Variables:\n"
        "          API_TOKEN: not-so-secret\n",
    )


@check("C1")
def size_and_time_are_chosen(project: Project) -> Iterator[str]:
    service = project.service()
    for function in service.functions:
        for what, setting in (("memory", function.memory), ("timeout", function.timeout)):
            if setting is None:
                yield f"{function.short_name} has the {what} that AWS gives everybody"
                continue
            if not setting.parameter:
                yield f"no stage can have another {what} of {function.short_name}"
            if len(setting.reason) < 20:
                yield f"nothing says why the {what} of {function.short_name} is {setting.value:g}"


@breaks(size_and_time_are_chosen, names="the timeout that AWS gives everybody")
def no_timeout(files: Files) -> None:
    files.replace("template.yaml", "      Timeout: !Ref QueueTimeout\n", "")


@breaks(size_and_time_are_chosen, names="the memory that AWS gives everybody")
def no_memory(files: Files) -> None:
    files.replace("template.yaml", "      MemorySize: !Ref ApiMemory\n", "")


@breaks(size_and_time_are_chosen, names="no stage can have another memory of api")
def the_same_memory_everywhere(files: Files) -> None:
    files.replace("template.yaml", "MemorySize: !Ref ApiMemory", "MemorySize: 256")


@breaks(size_and_time_are_chosen, names="nothing says why the memory of queue")
def a_number_without_a_reason(files: Files) -> None:
    files.substitute(
        "template.yaml", r"(  QueueMemory:\n    Description:) [^\n]*", r"\1 Megabytes."
    )


AWS = "packages/lean-lambda/tests/unit/test_aws.py"
BATCH = "packages/lean-lambda/tests/unit/test_batch.py"


@check("C4", runs=True)
def work_stops_before_time_is_up(project: Project) -> Iterator[str]:
    batches = [trigger for trigger in ("queue", "stream") if trigger in project.triggers]
    for trigger in batches:
        if "process(" not in project.files.read(_handler(project, trigger)):
            yield f"{trigger} takes records as long as there are any"
    if batches:
        yield from project.failing(
            f"{BATCH}::test_with_little_time_left_the_rest_is_given_back_unstarted",
            f"{BATCH}::test_the_time_kept_is_that_of_the_longest_aws_call",
            f"{BATCH}::test_however_short_the_timeout_a_record_is_started",
            f"{AWS}::test_no_call_takes_longer_than_is_reckoned_with",
            f"{AWS}::test_no_attempt_waits_until_the_invocation_is_ended",
        )
    if "schedule" in project.triggers and project.answers["data_store"] == "dynamodb":
        yield from project.failing(
            "tests/unit/handlers/test_schedule.py::test_with_little_time_left_the_rest_waits_for_the_next_run",
            "tests/unit/domain/test_expiring.py::test_when_time_is_short_the_rest_is_left_for_the_next_run",
        )


@breaks(work_stops_before_time_is_up, names="test_with_little_time_left_the_rest")
def a_batch_to_the_bitter_end(files: Files) -> None:
    files.replace(files.library("batch.py"), "not time_is_left()", "False")


@breaks(work_stops_before_time_is_up, names="test_the_time_kept_is_that_of_the_longest")
def a_reserve_shorter_than_a_call(files: Files) -> None:
    files.replace(
        files.library("invocation.py"),
        "int((deadline.LONGEST_CALL_S + deadline.ANSWER_S) * 1000)",
        "3_000",
    )


@breaks(work_stops_before_time_is_up, names="test_however_short_the_timeout")
def a_timeout_that_never_starts_a_record(files: Files) -> None:
    files.replace(
        files.library("invocation.py"),
        "min(reserve_ms, context.get_remaining_time_in_millis() // 2)",
        "reserve_ms",
    )


@breaks(work_stops_before_time_is_up, names="test_no_call_takes_longer")
def patience_without_end(files: Files) -> None:
    files.replace(files.library("aws.py"), "waited > self._patience_s or ", "")


@breaks(work_stops_before_time_is_up, names="test_no_attempt_waits_until")
def a_call_that_outlasts_its_invocation(files: Files) -> None:
    files.replace(
        files.library("aws.py"),
        "max(SHORTEST_S, min(self._read_s, time_for_a_call()))",
        "self._read_s",
    )


@breaks(work_stops_before_time_is_up, names="test_with_little_time_left_the_rest")
def records_that_are_lost_when_time_is_short(files: Files) -> None:
    files.replace(
        files.library("batch.py"),
        "            failed.append(record.id)\n            continue\n",
        "            continue\n",
    )


@breaks(work_stops_before_time_is_up, names="nothing_is_begun", when={"triggers": ["schedule"]})
def a_run_to_the_bitter_end(files: Files) -> None:
    files.replace(files.code("handlers/schedule.py"), "time_guard(context))", "lambda: True)")


@check("C8", runs=True)
def a_throttled_call_is_tried_later(project: Project) -> Iterator[str]:
    aws = "packages/lean-lambda/tests/unit/test_aws.py"
    yield from project.failing(
        f"{aws}::test_a_passing_fault_is_retried",
        "packages/lean-lambda/tests/unit/test_snapshot.py::test_chance_is_spread_between_none_and_all",
    )
    if "api" in project.triggers:
        yield from project.failing(
            "packages/lean-lambda/tests/unit/test_api.py::test_a_throttled_aws_call_asks_the_caller_to_come_back"
        )
    if "queue" in project.triggers and project.answers["data_store"] == "dynamodb":
        yield from project.failing(
            "tests/unit/handlers/test_queue.py::test_an_order_that_could_not_be_kept_is_fulfilled_at_its_next_delivery"
        )


@breaks(a_throttled_call_is_tried_later, names="test_a_throttled_aws_call")
def throttling_is_an_error(files: Files) -> None:
    files.replace(
        files.library("api.py"),
        "if isinstance(error, AwsError) and error.retryable:",
        "if False:",
    )


@breaks(a_throttled_call_is_tried_later, names="test_a_passing_fault_is_retried")
def throttling_is_final(files: Files) -> None:
    files.replace(
        files.library("aws.py"), "if not error.retryable or attempt", "if True or attempt"
    )


@check("C9")
def a_circle_is_stopped(project: Project) -> Iterator[str]:
    for function in project.service().functions:
        if function.recursive_loop != "Terminate":
            yield f"{function.short_name} may call itself for ever"


@breaks(a_circle_is_stopped, names="api may call itself")
def circles_are_allowed(files: Files) -> None:
    files.replace("template.yaml", "RecursiveLoop: Terminate", "RecursiveLoop: Allow")


@breaks(a_circle_is_stopped, names="queue may call itself")
def one_circle_is_allowed(files: Files) -> None:
    files.write(
        "template.override.yaml",
        "Resources:\n  QueueFunction:\n    Properties:\n      RecursiveLoop: Allow\n",
    )
