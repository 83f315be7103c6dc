"""D: errors, retries, delivery."""

import ast
from collections.abc import Iterator

from tests.conformance.files import Files
from tests.conformance.model import EventSource, Service, Statement
from tests.conformance.project import Project
from tests.conformance.registry import breaks, check

HTTP = "packages/lean-lambda/tests/unit/test_api.py"
AWS = "packages/lean-lambda/tests/unit/test_aws.py"
SDK = "packages/lean-lambda/tests/unit/test_sdk.py"
DOCUMENTS = "packages/lean-lambda/tests/unit/test_documents.py"
BATCH = "packages/lean-lambda/tests/unit/test_batch.py"
ONCE = "packages/lean-lambda/tests/unit/test_idempotency.py"

FOURTEEN_DAYS = 14 * 24 * 3600


@check("D1", runs=True)
def errors_are_told_apart(project: Project) -> Iterator[str]:
    yield from project.failing(
        f"{HTTP}::test_a_known_error_has_its_status_and_says_why",
        f"{HTTP}::test_an_unknown_error_is_a_500_that_tells_nothing_of_the_inside",
        f"{HTTP}::test_what_does_not_fit_is_refused_with_a_reason",
        f"{HTTP}::test_no_json_body_is_ever_an_internal_error",
        f"{HTTP}::test_no_request_is_ever_an_internal_error",
        f"{DOCUMENTS}::test_what_was_stored_and_is_damaged_is_nobody_elses_fault",
    )


@breaks(errors_are_told_apart, names="test_an_unknown_error_is_a_500")
def an_error_that_tells_of_the_inside(files: Files) -> None:
    files.replace(
        files.library("api.py"),
        'return 500, "the request failed; give the id when you report it", {}',
        "return 500, str(error), {}",
    )


@breaks(errors_are_told_apart, names="test_a_known_error_has_its_status")
def a_conflict_that_is_worth_another_try(files: Files) -> None:
    files.replace(files.library("api.py"), "KeyReused: 422", "KeyReused: 503")


@breaks(errors_are_told_apart, names="test_what_does_not_fit_is_refused")
def bad_input_is_our_fault(files: Files) -> None:
    files.replace(
        files.library("api.py"),
        "raise HttpError(400, str(error)) from error",
        "raise HttpError(500, str(error)) from error",
    )


@breaks(errors_are_told_apart, names="test_an_unknown_error_is_a_500")
def damaged_data_is_the_callers_fault(files: Files) -> None:
    files.replace(files.library("api.py"), " and not isinstance(error, InvalidDocumentError)", "")


@check("D2", runs=True)
def calls_end(project: Project) -> Iterator[str]:
    yield from project.failing(
        f"{AWS}::test_a_passing_fault_is_retried",
        f"{AWS}::test_a_lasting_fault_is_given_up",
        f"{AWS}::test_the_backoff_has_a_ceiling",
        f"{AWS}::test_no_attempt_starts_when_patience_is_over",
        "packages/lean-lambda/tests/unit/test_snapshot.py::test_chance_is_spread_between_none_and_all",
        f"{AWS}::test_a_refusal_is_not_retried",
        f"{SDK}::test_clients_have_timeouts_and_bounded_retries_and_are_made_once",
    )
    for name in project.files.names(f"{project.package}/**/*.py"):
        if "boto3.client(" in project.files.read(name):
            yield f"{name} makes a client of its own, without the timeouts of lean_lambda.sdk"


@breaks(calls_end, names="test_a_lasting_fault_is_given_up")
def retries_without_end(files: Files) -> None:
    files.replace(files.library("aws.py"), "or attempt >= last or", "or attempt >= 99 or")


@breaks(calls_end, names="test_chance_is_spread")
def everybody_comes_back_at_once(files: Files) -> None:
    files.replace(
        files.library("snapshot.py"),
        "return int.from_bytes(os.urandom(4)) / 2**32",
        "return 1.0",
    )


@breaks(calls_end, names="test_clients_have_timeouts")
def a_client_that_waits_for_a_minute(files: Files) -> None:
    files.replace(files.library("sdk.py"), "        read_timeout=READ_S,\n", "")


@breaks(calls_end, names="makes a client of its own")
def a_client_with_the_defaults(files: Files) -> None:
    name = files.code("adapters/dynamodb_orders.py")
    files.write(name, files.read(name) + '\n\nclient = boto3.client("dynamodb")\n')


@check("D3", runs=True)
def one_bad_record_does_not_hold_up_the_others(project: Project) -> Iterator[str]:
    service = project.service()
    for source in service.event_sources:
        name = source.function.rpartition(":")[2]
        if not source.partial_failures:
            yield f"{name} cannot say which records of a batch failed"
        handler = f"{project.package}/handlers/{_short(service, source)}.py"
        if "return process(" not in project.files.read(handler):
            yield f"{handler} does not answer with the records that failed"
    yield from project.failing(
        f"{BATCH}::test_the_records_that_fail_come_back_and_the_others_are_done_once",
        f"{BATCH}::test_a_batch_of_which_nothing_is_done_is_an_error",
        f"{BATCH}::test_what_was_tried_and_what_failed_is_counted",
    )
    if "queue" in project.triggers:
        yield from project.failing(
            "tests/unit/handlers/test_queue.py::test_a_poison_message_comes_back_and_the_others_are_done"
        )


def _short(service: Service, source: EventSource) -> str:
    return next(f.short_name for f in service.functions if f.arn == source.function)


@breaks(one_bad_record_does_not_hold_up_the_others, names="queue cannot say which records")
def all_or_nothing(files: Files) -> None:
    files.replace(
        "template.yaml", "            FunctionResponseTypes: [ReportBatchItemFailures]\n", ""
    )


@breaks(one_bad_record_does_not_hold_up_the_others, names="does not answer with the records")
def an_answer_that_is_thrown_away(files: Files) -> None:
    files.replace(files.code("handlers/queue.py"), "    return process(", "    process(")


@breaks(one_bad_record_does_not_hold_up_the_others, names="test_the_records_that_fail_come_back")
def a_failure_that_is_swallowed(files: Files) -> None:
    files.replace(
        files.library("batch.py"),
        "            failed.append(record.id)\n            if record.group is not None",
        "            if record.group is not None",
    )


@breaks(one_bad_record_does_not_hold_up_the_others, names="test_a_batch_of_which_nothing_is_done")
def a_batch_that_fails_without_an_error(files: Files) -> None:
    files.replace(files.library("batch.py"), "if failed and not done:", "if False:")


@breaks(one_bad_record_does_not_hold_up_the_others, names="test_what_was_tried_and_what_failed")
def failures_that_nobody_counts(files: Files) -> None:
    files.replace(files.library("batch.py"), "            errors += 1\n", "")


@check("D4")
def what_fails_is_kept(project: Project) -> Iterator[str]:
    service = project.service()
    failed = service.failure_stores()
    for queue in service.queues:
        if queue.arn in failed:
            if queue.retention != FOURTEEN_DAYS:
                yield f"{queue.name} forgets failures after {queue.retention} s, not 14 days"
        elif not queue.dead_letters:
            yield f"{queue.name} has no dead-letter queue"
        elif not queue.max_receives or queue.max_receives < 3:
            yield f"{queue.name} gives up on a message after {queue.max_receives} deliveries"
    for source in service.event_sources:
        if service.queue(source.source) is None:
            yield from _records_are_kept(service, source)
    for arn, keeper in _keepers(service):
        name = arn.rpartition(":")[2]
        if service.queue(keeper) is None:
            yield f"what {name} fails to do goes nowhere"
    yield from _may_be_kept(service)


def _records_are_kept(service: Service, source: EventSource) -> Iterator[str]:
    """Only a bucket gets the records; the stream forgets them after a day.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    name = source.function.rpartition(":")[2]
    bucket = service.bucket(source.on_failure)
    if not source.on_failure:
        yield f"records that {name} cannot handle are lost"
    elif bucket is None:
        yield f"all that is kept of records that {name} cannot handle is where they were"
    elif bucket.expires_after_days != 14:
        yield f"{bucket.name} forgets failures after {bucket.expires_after_days} days, not 14"


def _keepers(service: Service) -> Iterator[tuple[str, str]]:
    """Functions that are called asynchronously, and where their failures go at each step."""
    for function in service.functions:
        if function.arn in _called_asynchronously(service):
            kept = function.asynchronous.on_failure if function.asynchronous else ""
            yield function.arn, kept
    for rule in service.rules:
        for target in rule.targets:
            yield target.function, target.dead_letters
    for schedule in service.schedules:
        yield schedule.target.function, schedule.target.dead_letters
    for subscription in service.subscriptions:
        if subscription.function:
            yield subscription.function, subscription.dead_letters


def _called_asynchronously(service: Service) -> set[str]:
    called = {target.function for rule in service.rules for target in rule.targets}
    called |= {schedule.target.function for schedule in service.schedules}
    called |= {subscription.function for subscription in service.subscriptions}
    called |= {n.function for bucket in service.buckets for n in bucket.notifications}
    return called - {""}


def _may_be_kept(service: Service) -> Iterator[str]:
    """Each sender needs leave: roles for functions and schedules, policies of queues for others."""
    for function in service.functions:
        role = service.role_of(function)
        needs = []
        if function.asynchronous:
            needs.append(("sqs:SendMessage", function.asynchronous.on_failure))
        for mapping in service.event_sources:
            if mapping.function == function.arn and service.bucket(mapping.on_failure):
                needs.append(("s3:PutObject", f"{mapping.on_failure}/aws/lambda/*"))
                needs.append(("s3:ListBucket", mapping.on_failure))
        for action, target in needs:
            allowing = [s for s in role.statements if _allows(s, action, target)] if role else []
            if not allowing:
                yield f"{function.short_name} may not send its failures to {target}: {action}"
            owned = [s for s in allowing if s.condition("StringEquals", "aws:ResourceAccount")]
            if allowing and action.startswith("s3:") and not owned:
                yield f"{function.short_name} keeps failures in a bucket of any account"
    senders = [("events", rule.arn, t.dead_letters) for rule in service.rules for t in rule.targets]
    senders += [("sns", s.topic, s.dead_letters) for s in service.subscriptions]
    for sender, source, target in senders:
        queue = service.queue(target)
        if queue and not any(
            s.allows
            and f"service:{sender}.amazonaws.com" in s.principals
            and source in s.condition("ArnEquals", "aws:SourceArn")
            for s in queue.policy
        ):
            yield f"{queue.name} does not take what {sender} could not deliver"


def _allows(statement: Statement, action: str, resource: str) -> bool:
    return statement.allows and action in statement.actions and resource in statement.resources


QUEUE = {"triggers": ["queue"]}
STREAM = {"triggers": ["stream"]}


@breaks(what_fails_is_kept, names="orders has no dead-letter queue", when=QUEUE)
def no_dead_letter_queue(files: Files) -> None:
    files.substitute("template.yaml", r"      RedrivePolicy:.*?maxReceiveCount: 5\n", "")


@breaks(what_fails_is_kept, names="forgets failures after 345600 s", when=QUEUE)
def four_days_for_dead_letters(files: Files) -> None:
    files.replace(
        "template.yaml", "MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 345600"
    )


@breaks(what_fails_is_kept, names="gives up on a message after 1 deliveries", when=QUEUE)
def one_chance(files: Files) -> None:
    files.replace("template.yaml", "maxReceiveCount: 5", "maxReceiveCount: 1")


@breaks(what_fails_is_kept, names="records that order-service-prod-stream cannot", when=STREAM)
def lost_records(files: Files) -> None:
    files.substitute(
        "template.yaml", r"            DestinationConfig:\n              OnFailure:.*?\n\n", "\n"
    )


@breaks(what_fails_is_kept, names="s3:PutObject", when=STREAM)
def a_destination_that_is_refused(files: Files) -> None:
    files.replace("template.yaml", "Action: s3:PutObject", "Action: s3:GetObject")


@breaks(what_fails_is_kept, names="s3:ListBucket", when=STREAM)
def a_bucket_that_may_not_be_listed(files: Files) -> None:
    files.replace("template.yaml", "Action: s3:ListBucket", "Action: s3:GetBucketLocation")


@breaks(what_fails_is_kept, names="in a bucket of any account", when=STREAM)
def a_bucket_that_somebody_else_made(files: Files) -> None:
    files.substitute(
        "template.yaml",
        r"\n                Condition:\n                  StringEquals:\n"
        r"                    aws:ResourceAccount: [^\n]*",
        "",
        0,
    )


@breaks(what_fails_is_kept, names="is where they were", when=STREAM)
def a_queue_for_records(files: Files) -> None:
    files.replace("template.yaml", "Type: S3\n", "Type: SQS\n")
    files.replace(
        "template.yaml",
        "!GetAtt StreamFailures.Arn\n            # Counts",
        "!GetAtt Elsewhere.Arn\n            # Counts",
    )
    files.write("template.override.yaml", "Resources:\n  Elsewhere:\n    Type: AWS::SQS::Queue\n")


@breaks(what_fails_is_kept, names="forgets failures after 1 days", when=STREAM)
def a_day_for_records(files: Files) -> None:
    files.replace("template.yaml", "ExpirationInDays: 14", "ExpirationInDays: 1")


@breaks(
    what_fails_is_kept,
    names="what order-service-prod-storage fails",
    when={"triggers": ["storage"]},
)
def lost_files(files: Files) -> None:
    files.substitute(
        "template.yaml",
        r"(  StorageFunction:.*?EventInvokeConfig:.*?)        DestinationConfig:.*?\n\n",
        r"\1\n",
    )


@breaks(
    what_fails_is_kept,
    names="what order-service-prod-schedule fails",
    when={"triggers": ["schedule"]},
)
def lost_runs(files: Files) -> None:
    files.substitute(
        "template.yaml", r"            DeadLetterConfig:\n[^\n]*ScheduleFailures[^\n]*\n", ""
    )


@breaks(
    what_fails_is_kept,
    names="does not take what sns could not deliver",
    when={"triggers": ["topic"]},
)
def undelivered_messages(files: Files) -> None:
    files.substitute("template.yaml", r"          - Sid: UndeliveredMessages.*?\n\n", "\n")


@breaks(
    what_fails_is_kept, names="does not take what events could not", when={"triggers": ["events"]}
)
def undelivered_events(files: Files) -> None:
    files.substitute("template.yaml", r"          - Sid: UndeliveredEvents.*?\n\n", "\n")


@check("D6")
def a_bad_record_does_not_block_its_shard(project: Project) -> Iterator[str]:
    service = project.service()
    for source in service.event_sources:
        if service.queue(source.source):
            continue
        name = source.function.rpartition(":")[2]
        if not source.bisects:
            yield f"{name} cannot corner a bad record: its batches are not halved"
        if source.retries is None or not 0 < source.retries <= 100:
            yield f"{name} tries a record for ever, or never again: {source.retries} times"
        if source.max_age is None or not 0 < source.max_age <= 24 * 3600:
            yield f"{name} holds its shard up for as long as the stream keeps a record"
        if not source.parallelization:
            yield f"{name} does not say how many batches of a shard it takes at once"
        if not source.on_failure:
            yield f"{name} drops what it cannot handle"


@breaks(a_bad_record_does_not_block_its_shard, names="batches are not halved")
def no_bisecting(files: Files) -> None:
    files.replace(
        "template.yaml", "BisectBatchOnFunctionError: true", "BisectBatchOnFunctionError: false"
    )


@breaks(a_bad_record_does_not_block_its_shard, names="tries a record for ever")
def endless_retries(files: Files) -> None:
    files.replace("template.yaml", "MaximumRetryAttempts: 5\n", "MaximumRetryAttempts: -1\n")


@breaks(a_bad_record_does_not_block_its_shard, names="as long as the stream keeps")
def any_age(files: Files) -> None:
    files.replace("template.yaml", "            MaximumRecordAgeInSeconds: 21600\n", "")


@breaks(a_bad_record_does_not_block_its_shard, names="how many batches of a shard")
def no_parallelization(files: Files) -> None:
    files.substitute("template.yaml", r"            ParallelizationFactor: [^\n]*\n", "")


@breaks(a_bad_record_does_not_block_its_shard, names="drops what it cannot handle")
def dropped_records(files: Files) -> None:
    files.substitute(
        "template.yaml", r"            DestinationConfig:\n              OnFailure:.*?\n\n", "\n"
    )


@check("D7")
def asynchronous_calls_have_limits(project: Project) -> Iterator[str]:
    service = project.service()
    asynchronous = _called_asynchronously(service)
    for function in service.functions:
        if function.arn not in asynchronous:
            continue
        limits = function.asynchronous
        if limits is None or limits.retries is None:
            yield f"nothing says how often {function.short_name} is tried again"
        if limits is None or limits.max_age is None:
            yield f"nothing says how old an event of {function.short_name} may get"
    senders = [t for rule in service.rules for t in rule.targets]
    senders += [schedule.target for schedule in service.schedules]
    for target in senders:
        if target.retries is None or target.max_age is None:
            yield f"nothing says how long delivery to {target.function.rpartition(':')[2]} is tried"


ASYNC = {"triggers": ["events", "storage", "topic", "schedule"]}


@breaks(asynchronous_calls_have_limits, names="is tried again", when=ASYNC)
def lambdas_own_retries(files: Files) -> None:
    files.replace("template.yaml", "        MaximumRetryAttempts: 2\n", "")


@breaks(asynchronous_calls_have_limits, names="may get", when=ASYNC)
def events_of_any_age(files: Files) -> None:
    files.substitute("template.yaml", r"\n        MaximumEventAgeInSeconds: \d+", "", 0)


@breaks(asynchronous_calls_have_limits, names="delivery to", when={"triggers": ["schedule"]})
def deliveries_for_a_day(files: Files) -> None:
    files.substitute("template.yaml", r"            RetryPolicy:\n[^\n]*\n[^\n]*\n", "")


@check("D8", runs=True)
def an_effect_happens_once(project: Project) -> Iterator[str]:
    service = project.service()
    tables = {table.name: table for table in service.tables}
    for function in service.functions:
        if function.short_name in {"authorizer", "schedule"}:
            continue  # the one has no effect; the other looks at what is left to do
        table = tables.get(function.environment.get("IDEMPOTENCY_TABLE", ""))
        if table is None or not table.time_to_live:
            yield f"{function.short_name} has no table that forgets what was done"
        name = f"{project.package}/handlers/{function.short_name}.py"
        called = {n.id for n in ast.walk(project.module(name)) if isinstance(n, ast.Name)}
        if not called & {"once", "DynamoSummaries"}:  # the latter marks and counts in one go
            yield f"{name} has its effect as often as it is asked"
    contract = f"{ONCE}::TestMemoryIdempotency"
    yield from project.failing(
        f"{contract}::test_the_effect_runs_once_and_its_result_is_kept",
        f"{contract}::test_a_duplicate_during_the_effect_is_told_to_come_back",
        f"{contract}::test_of_many_at_once_one_runs",
        f"{contract}::test_after_a_crash_the_lock_lapses_and_the_effect_runs_again",
        f"{contract}::test_a_key_with_another_payload_is_refused",
        f"{contract}::test_a_failed_effect_may_be_repeated_at_once_with_its_payload_and_no_other",
        f"{contract}::test_a_key_is_locked_until_its_invocation_has_surely_ended",
        f"{ONCE}::test_derived_identifiers_tell_where_a_part_ends",
        f"{ONCE}::TestDynamoIdempotency::test_writes_the_record_before_the_effect_and_the_result_after",
    )
    for trigger, test in {
        "api": "test_a_repeated_request_gets_the_same_answer_and_has_one_effect",
        "queue": "test_an_order_delivered_twice_is_fulfilled_once",
        "stream": "test_a_record_delivered_twice_counts_once",
        "events": "test_a_payment_delivered_twice_is_recorded_once",
        "topic": "test_a_withdrawal_delivered_twice_cancels_once",
        "storage": "test_a_file_announced_twice_is_imported_once",
    }.items():
        if trigger in project.triggers:
            yield from project.failing(f"tests/unit/handlers/test_{trigger}.py::{test}")
    ended = "test_a_function_that_is_ended_anywhere_leaves_nothing_half_done"
    for trigger in {"api", "storage"} & set(project.triggers):
        yield from project.failing(f"tests/unit/handlers/test_{trigger}.py::{ended}")
    if project.answers.get("api_auth") == "iam":
        yield from project.failing(
            "packages/lean-lambda/tests/unit/test_gateways.py::test_every_session_of_a_role_is_the_same_caller",
            "packages/lean-lambda/tests/unit/test_gateways.py::test_the_users_of_an_identity_pool_are_callers_of_their_own",
        )


@breaks(an_effect_happens_once, names="test_a_key_is_locked_until_its_invocation")
def a_lock_for_a_minute(files: Files) -> None:
    files.replace(files.library("idempotency.py"), "deadline.seconds_left() + GRACE_S", "60.0")


@breaks(an_effect_happens_once, names="with_its_payload_and_no_other")
def a_failure_that_is_forgotten(files: Files) -> None:
    files.replace(
        files.library("testing/idempotency.py"),
        "                self._records[key] = (record, holder, 0.0, expires_at)\n",
        "                del self._records[key]\n",
    )


@breaks(an_effect_happens_once, names="test_derived_identifiers_tell_where_a_part_ends")
def parts_that_run_into_each_other(files: Files) -> None:
    files.replace(files.library("idempotency.py"), 'f"{len(part)}:{part}"', "part")


@breaks(an_effect_happens_once, names="test_a_function_that_is_ended_anywhere")
def kept_first_and_queued_second(files: Files) -> None:
    name = files.code("domain/placing.py")
    files.replace(name, "    queue.send(placed)\n", "")
    files.replace(name, "    kept = placed if", "    queue.send(placed)\n    kept = placed if")


@breaks(an_effect_happens_once, names="test_every_session_of_a_role")
def a_caller_for_each_session(files: Files) -> None:
    files.replace(files.library("gateway.py"), 'principal.startswith("AROA")', "False")


@breaks(
    an_effect_happens_once,
    names="test_a_repeated_request_gets_the_same_answer",
    when={"triggers": ["api"]},
)
def another_key_each_time(files: Files) -> None:
    name = files.code("handlers/api.py")
    files.replace(
        name, 'once(requests, f"place#{order_id}"', "once(requests, str(datetime.now(UTC))"
    )


@breaks(an_effect_happens_once, names="queue.py has its effect as often")
def an_effect_without_a_record(files: Files) -> None:
    name = files.code("handlers/queue.py")
    files.substitute(name, r"    once\(deliveries[^\n]*", "    effect()")
    files.replace(name, "IdempotencyStore, once", "IdempotencyStore")


@breaks(an_effect_happens_once, names="writes_the_record_before_the_effect")
def an_effect_before_its_record(files: Files) -> None:
    files.replace(
        files.library("idempotency.py"),
        "    owner = os.urandom(16).hex()\n",
        "    owner = os.urandom(16).hex()\n    early = effect()\n",
    )


@breaks(an_effect_happens_once, names="has no table that forgets")
def a_record_for_ever(files: Files) -> None:
    files.replace(
        "template.yaml",
        "        AttributeName: expiration\n        Enabled: true",
        "        AttributeName: expiration\n        Enabled: false",
    )


@check("D9", runs=True)
def a_group_keeps_its_order(project: Project) -> Iterator[str]:
    for source in project.service().event_sources:
        queue = project.service().queue(source.source)
        if queue and not queue.fifo:
            yield f"{queue.name} does not keep an order"
        letters = project.service().queue(queue.dead_letters) if queue else None
        if queue and letters and letters.fifo != queue.fifo:
            yield f"{letters.name} cannot take messages of {queue.name}"
    yield from project.failing(
        f"{BATCH}::test_after_a_failure_nothing_of_its_group_is_started",
        "packages/lean-lambda/tests/unit/test_sqs.py::test_messages_of_one_group_of_a_fifo_queue_belong_together",
    )


@breaks(a_group_keeps_its_order, names="test_after_a_failure_nothing_of_its_group")
def later_messages_overtake(files: Files) -> None:
    files.replace(
        files.library("batch.py"),
        "                held_groups.add(record.group)",
        "                pass",
    )


@breaks(a_group_keeps_its_order, names="test_sqs.py")
def groups_are_forgotten(files: Files) -> None:
    files.replace(
        files.library("sqs.py"),
        'message["attributes"]["MessageGroupId"] if in_order else None',
        "None",
    )


@breaks(a_group_keeps_its_order, names="does not keep an order")
def a_standard_queue(files: Files) -> None:
    files.replace("template.yaml", "      FifoQueue: true\n", "")
