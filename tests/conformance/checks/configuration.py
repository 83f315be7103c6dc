"""B and C: configuration and secrets; memory, time and concurrency."""

from collections.abc import Iterator

from tests.conformance.files import Files
from tests.conformance.project import STAGES, Project
from tests.conformance.registry import breaks, check

SETTINGS = "tests/unit/runtime/test_settings.py"


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
    settings = next(iter(files.names("src/*/runtime/settings.py")))
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
