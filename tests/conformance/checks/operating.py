"""The commands that operate a service: power tuning, redrive, supply chain, load, the checklist."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.conformance.files import Files, workbench
from tests.conformance.project import Project
from tests.conformance.registry import breaks, check

OPERATIONS = "docs/operations.md"
MARK = "00000000-0000-4000-8000-00000000f5e5"


def without_target(project: Project, target: str) -> Iterator[str]:
    """A fault when `make <target>` does not run the workbench's command of this name."""
    makefile = project.files.read("Makefile")
    recipe = re.search(rf"^{target}: .*## .+\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    if recipe is None:
        yield f"the Makefile has no target {target}"
    elif not re.search(rf"\$\(workbench\) {target}\b", recipe[1]):
        yield f"make {target} does not run workbench {target}"
    if f"make {target}" not in project.files.read(OPERATIONS):
        yield f"{OPERATIONS} says nothing about make {target}"


# --- C2 ---


@check("C2", runs=True)
def power_tuning_is_one_command(project: Project) -> Iterator[str]:
    yield from without_target(project, "tune")
    if "How to read the table" not in project.files.read(OPERATIONS):
        yield f"{OPERATIONS} does not say how to read what power tuning finds"
    done = project.run("python", "-m", "lambda_workbench", "tune", "dev", "--input-only")
    if done.failure:
        yield f"its input cannot be made: {done.output.strip().splitlines()[-1]}"
        return
    made = [json.loads((project.folder / line).read_text()) for line in done.output.split()]
    named = {one["lambdaARN"].rsplit(":", 1)[-1] for one in made}
    for function in project.service("dev").functions:
        if function.name not in named:
            yield f"there is no input for {function.name}"
    for one in made:
        name = one["lambdaARN"].rsplit(":", 1)[-1]
        if one["num"] < 5 or len(one["powerValues"]) < 2:
            yield f"{name} is measured too seldom or with one memory size only"
        if MARK not in json.dumps(one["payload"]) and "eyJ" not in json.dumps(one["payload"]):
            yield f"{name} is given the same event each time, which is done once only"


@breaks(power_tuning_is_one_command, names="events/queue.json is missing")
def a_sample_event_is_gone(files: Files) -> None:
    files.remove("events/queue.json")


@breaks(power_tuning_is_one_command, names="the Makefile has no target tune")
def the_target_tune_is_gone(files: Files) -> None:
    files.substitute("Makefile", r"^tune: .*?\n\n", "")


@breaks(power_tuning_is_one_command, names="the same event each time")
def ids_are_left_as_they_are(files: Files) -> None:
    files.replace(
        workbench("operate/tuning_input.py"), "        return MARK\n", "        return node\n"
    )


@breaks(power_tuning_is_one_command, names="does not say how to read")
def nobody_says_how_to_read_it(files: Files) -> None:
    files.replace(OPERATIONS, "How to read the table", "The table")


# --- D5 ---


@check("D5")
def what_failed_is_done_again_by_one_command(project: Project) -> Iterator[str]:
    yield from without_target(project, "redrive")
    runbook = project.files.read("docs/runbook.md")
    service = project.service("prod")
    short = {function.arn: function.short_name for function in service.functions}
    failing: dict[str, str] = {}
    for source in service.event_sources:
        queue = service.queue(source.source)
        failing[short[source.function]] = queue.dead_letters if queue else source.on_failure
    for function in service.functions:
        if function.asynchronous:
            failing[function.short_name] = function.asynchronous.on_failure
    for name, destination in failing.items():
        if service.queue(destination) is None and service.bucket(destination) is None:
            yield f"what {name} fails at goes nowhere that make redrive could empty"
        if f"make redrive STAGE=<stage> FUNCTION={name}" not in runbook:
            yield f"the runbook does not say how to do again what {name} failed at"


@breaks(what_failed_is_done_again_by_one_command, names="the Makefile has no target redrive")
def the_target_redrive_is_gone(files: Files) -> None:
    files.substitute("Makefile", r"^redrive: .*?\n\n", "")


@breaks(
    what_failed_is_done_again_by_one_command,
    names="what queue fails at goes nowhere",
    when={"triggers": ["queue"]},
)
def messages_that_fail_go_nowhere(files: Files) -> None:
    files.replace(
        "template.yaml",
        "deadLetterTargetArn: !GetAtt OrdersDeadLetters.Arn",
        "deadLetterTargetArn: !Sub arn:${AWS::Partition}:sqs:${AWS::Region}:1:other",
    )


@breaks(
    what_failed_is_done_again_by_one_command,
    names="how to do again what queue failed at",
    when={"triggers": ["queue"]},
)
def the_runbook_leaves_it_to_the_console(files: Files) -> None:
    files.replace("docs/runbook.md", "make redrive STAGE=<stage> FUNCTION=queue", "the console")


# --- G6 ---


@check("G6")
def dependencies_are_locked_audited_cooled_and_listed(project: Project) -> Iterator[str]:
    uv = project.pyproject["tool"]["uv"]
    if not re.fullmatch(r"([7-9]|\d\d+) days", str(uv.get("exclude-newer", ""))):
        yield "a release of a dependency is taken up in less than a week"
    if '"--strict"' not in project.files.read(workbench("packaging/audit.py")):
        yield "make audit passes when it could look nothing up"
    if "--require-hashes" not in project.files.read(workbench("packaging/package.py")):
        yield "packages are built without looking at hashes"
    yield from without_target(project, "sbom")
    if "--locked" not in project.files.read(workbench("packaging/sbom.py")):
        yield "the bill of materials is not that of the lock file"
    if project.answers["ci"] == "github":
        yield from _pipeline_faults(project)


def _pipeline_faults(project: Project) -> Iterator[str]:
    workflows = project.workflows()
    for name in ("ci.yml", "deploy.yml"):
        if str(workflows[name].get("env", {}).get("UV_LOCKED")) != "1":
            yield f"{name} does not insist on the lock file"
    jobs = workflows["ci.yml"]["jobs"]
    if "make audit" not in _commands(jobs.get("audit", {})):
        yield "no job of ci.yml audits the dependencies"
    package = jobs["package"]["steps"]
    runs = [step.get("run", step.get("uses", "").split("@")[0]) for step in package]
    if "make sbom" not in runs or runs.index("make sbom") > runs.index("actions/upload-artifact"):
        yield "the bill of materials is not packed with what is deployed"
    kept = workflows["deploy.yml"]["jobs"]["deploy-prod"]["steps"]
    if not any((step.get("with") or {}).get("path") == "dist/sbom.cdx.json" for step in kept):
        yield "a release to prod does not keep its bill of materials"


def _commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job.get("steps", []) if "run" in step]


@breaks(dependencies_are_locked_audited_cooled_and_listed, names="in less than a week")
def new_releases_are_taken_at_once(files: Files) -> None:
    files.replace("pyproject.toml", 'exclude-newer = "7 days"', 'exclude-newer = "0 days"')


@breaks(dependencies_are_locked_audited_cooled_and_listed, names="could look nothing up")
def the_audit_is_lenient(files: Files) -> None:
    files.replace(workbench("packaging/audit.py"), '"--strict", ', "")


@breaks(dependencies_are_locked_audited_cooled_and_listed, names="without looking at hashes")
def hashes_are_not_required(files: Files) -> None:
    files.replace(workbench("packaging/package.py"), '"--require-hashes"', '"--quiet"')


@breaks(
    dependencies_are_locked_audited_cooled_and_listed,
    names="no job of ci.yml audits",
    when={"ci": ["github"]},
)
def ci_does_not_audit(files: Files) -> None:
    files.replace(".github/workflows/ci.yml", "- run: make audit", "- run: make check")


@breaks(
    dependencies_are_locked_audited_cooled_and_listed,
    names="not packed with what is deployed",
    when={"ci": ["github"]},
)
def the_bill_is_not_packed(files: Files) -> None:
    files.replace(".github/workflows/ci.yml", "      - run: make sbom\n", "")


@breaks(
    dependencies_are_locked_audited_cooled_and_listed,
    names="does not keep its bill",
    when={"ci": ["github"]},
)
def the_release_has_no_bill(files: Files) -> None:
    files.replace(".github/workflows/deploy.yml", "path: dist/sbom.cdx.json", "path: dist/api.zip")


# --- H7 ---


@check("H7")
def a_stage_is_tested_end_to_end_and_under_load(project: Project) -> Iterator[str]:
    for trigger in project.triggers:
        if f"tests/e2e/test_{trigger}.py" not in project.files:
            yield f"nothing tests {trigger} from end to end"
    fixture = project.files.read("tests/e2e/conftest.py")
    if not re.search(r"yield made\n\s+made\.clean_up\(\)", fixture):
        yield "end-to-end tests leave their orders behind"
    if 'os.environ.get("STAGE")' not in project.files.read(workbench("testing/stage.py")):
        yield "end-to-end tests cannot be run against a stage"
    if {"api", "queue"} & set(project.triggers):
        yield from without_target(project, "load")
    if project.answers["ci"] == "github":
        commands = _commands(project.workflows()["deploy.yml"]["jobs"]["deploy-dev"])
        if commands[-2:] != ["make deploy STAGE=dev PREBUILT=1", "make e2e STAGE=dev"]:
            yield "dev is not tested from end to end before staging"


@breaks(
    a_stage_is_tested_end_to_end_and_under_load,
    names="nothing tests queue",
    when={"triggers": ["queue"]},
)
def a_trigger_is_not_tested(files: Files) -> None:
    files.remove("tests/e2e/test_queue.py")


@breaks(a_stage_is_tested_end_to_end_and_under_load, names="leave their orders behind")
def nothing_is_cleaned_up(files: Files) -> None:
    files.replace("tests/e2e/conftest.py", "    made.clean_up()\n", "")


@breaks(
    a_stage_is_tested_end_to_end_and_under_load,
    names="the Makefile has no target load",
    when={"triggers": ["api", "queue"]},
)
def the_target_load_is_gone(files: Files) -> None:
    files.substitute("Makefile", r"^load: .*?\n\n", "")


@breaks(
    a_stage_is_tested_end_to_end_and_under_load,
    names="dev is not tested",
    when={"ci": ["github"]},
)
def dev_goes_untested(files: Files) -> None:
    files.replace(".github/workflows/deploy.yml", "      - run: make e2e STAGE=dev\n", "")


# --- H9 ---

# What every new project still has to do, whatever was answered.
LEFT_TO_DO = {"alarms-reach", "concurrency", "owner", "sample-domain", "tests"}


@check("H9", runs=True)
def the_checklist_says_what_is_missing(project: Project) -> Iterator[str]:
    yield from without_target(project, "checklist")
    done = project.run("python", "-m", "lambda_workbench", "checklist", "--json")
    try:
        items = {item["name"]: item for item in json.loads(done.output)["items"]}
    except ValueError:
        yield f"the checklist does not run: {done.output.strip().splitlines()[-1]}"
        return
    for name in sorted(LEFT_TO_DO):
        if items.get(name, {}).get("state") != "NOT MET":
            yield f"{name} does not show in a project that is new"
    for name, item in items.items():
        if not item["reason"]:
            yield f"{name} gives no reason"
        if item["state"] == "NOT MET" and not item["fix"]:
            yield f"{name} does not say what to do"
    if done.code != 1:
        yield f"the checklist ends with {done.code} while items are not met"


@breaks(the_checklist_says_what_is_missing, names="alarms-reach does not show")
def nobody_has_to_hear_of_alarms(files: Files) -> None:
    files.replace(
        workbench("operate/checklist_items.py"), 'not_met("nobody is told', 'met("nobody is told'
    )


@breaks(the_checklist_says_what_is_missing, names="ends with 0 while items are not met")
def the_pipeline_goes_on(files: Files) -> None:
    files.replace(
        workbench("operate/checklist.py"), "        sys.exit(1)\n", "        sys.exit(0)\n"
    )


@breaks(the_checklist_says_what_is_missing, names="owner does not say what to do")
def nobody_says_what_to_do(files: Files) -> None:
    files.replace(
        workbench("operate/checklist_items.py"),
        'fix="answer the question owner, with copier update"',
        'fix=""',
    )
