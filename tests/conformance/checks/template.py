"""I: living with the template."""

import json
from collections.abc import Iterator
from pathlib import Path

from copier.errors import UnsafeTemplateError

from tests.conformance.files import Files
from tests.conformance.project import Project
from tests.conformance.registry import breaks, check, check_of_the_template
from tests.conformance.source import LINES, Source
from tests.lifecycle.layouts import FLAT

API = "src/order_service/handlers/api.py"
QUEUE = "src/order_service/handlers/queue.py"
DRIFT = "packages/lambda-workbench/src/lambda_workbench/update/drift.py"
CONFTEST = "tests/conftest.py"


@check_of_the_template("I1")
def nothing_asks_for_trust(source: Source) -> Iterator[str]:
    try:
        released = source.released()
        project = released.project()
        released.another()
        released.update(project)
    except UnsafeTemplateError as error:
        yield f"it cannot be used without trust: {error}"


@breaks(nothing_asks_for_trust, names="cannot be used without trust")
def a_task(files: Files) -> None:
    files.write("copier.yml", files.read("copier.yml") + "\n_tasks:\n  - git init\n")


@breaks(nothing_asks_for_trust, names="cannot be used without trust")
def an_extension(files: Files) -> None:
    files.write("copier.yml", files.read("copier.yml") + "\n_jinja_extensions: [jinja2.ext.do]\n")


def _edit(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


@check_of_the_template("I2")
def work_survives_an_update(source: Source) -> Iterator[str]:
    released = source.released()
    project = released.project()
    _edit(project / API, "ours = 1\n")
    _edit(project / "README.md", "Ours.\n")
    (project / CONFTEST).write_text(
        (project / CONFTEST).read_text().replace("line_2 = 2", "line_2 = 'ours'")
    )
    (project / QUEUE).unlink()
    (project / "own.py").write_text("ours = 1\n")
    released.another()
    released.update(project)
    expected = {API: f"{LINES}ours = 1\n", "README.md": f"{LINES}Ours.\n", "own.py": "ours = 1\n"}
    for name, text in expected.items():
        if not (project / name).is_file():
            yield f"{name} is gone"
        elif (project / name).read_text() != text:
            yield f"{name} is the team's, and was changed"
    merged = (project / CONFTEST).read_text()
    if "line_2 = 'ours'" not in merged or "line_new = 0" not in merged:
        yield f"{CONFTEST} has lost what one of the two sides wrote"
    if (project / QUEUE).exists():
        yield f"{QUEUE} was deleted by the team, and came back"
    for path in project.rglob("*"):
        if path.suffix == ".rej" or (path.suffix == ".py" and "\n<<<<<<< " in path.read_text()):
            yield f"{path.name} has a conflict to be resolved by hand"


@breaks(work_survives_an_update, names="api.py is the team's, and was changed")
def a_handler_without_an_owner(files: Files) -> None:
    files.replace("includes/ownership/yours.yml", "  - src/*/handlers/api.py\n", "")


@breaks(work_survives_an_update, names="queue.py was deleted by the team, and came back")
def files_that_come_back(files: Files) -> None:
    files.replace("includes/exclude.jinja", "kind == 'yours' and updating", "false and updating")


@breaks(work_survives_an_update, names="README.md is the team's, and was changed")
def a_readme_without_an_owner(files: Files) -> None:
    files.replace("includes/ownership/yours.yml", "  - /README.md\n", "")


@check_of_the_template("I3")
def triggers_come_and_go(source: Source) -> Iterator[str]:
    released = source.released()
    project = released.project(triggers=["api"])
    for name in (QUEUE, "events/queue.json"):
        if (project / name).exists():
            yield f"{name} is there without its trigger"
    released.update(project, triggers=["api", "queue"])
    for name in (QUEUE, "events/queue.json", API):
        if not (project / name).exists():
            yield f"{name} is missing after its trigger was added"
    _edit(project / API, "ours = 1\n")
    released.update(project, triggers=["queue"])
    if not (project / API).exists() or "ours = 1" not in (project / API).read_text():
        yield f"{API} was the team's, and went with its trigger"


@breaks(triggers_come_and_go, names="queue.py is missing after its trigger was added")
def a_handler_of_another_trigger(files: Files) -> None:
    files.replace(
        "includes/ownership/yours.yml",
        "  - src/*/handlers/queue.py\n",
        '- - "# topic"\n  - src/*/handlers/queue.py\n- - "# queue"\n',
    )


@breaks(triggers_come_and_go, names="is there without its trigger")
def a_sample_for_everybody(files: Files) -> None:
    files.replace("includes/ownership/yours.yml", "  - events/queue.json\n", "")
    files.replace(
        "includes/ownership/yours.yml",
        "  - /README.md\n",
        "  - /README.md\n  - events/queue.json\n",
    )


@breaks(triggers_come_and_go, names="went with its trigger")
def a_handler_that_goes(files: Files) -> None:
    files.replace("includes/ownership/yours.yml", "  - src/*/handlers/api.py\n", "")
    managed = files.read("includes/ownership/managed.yml")
    files.write(
        "includes/ownership/managed.yml", f'{managed}\n- ["# api", src/*/handlers/api.py]\n'
    )


@check_of_the_template("I4")
def a_project_can_tell_how_far_it_is(source: Source) -> Iterator[str]:
    released = source.released()
    project = released.project()
    done = released.tool(project, "drift", "--check")
    if done.code != 0:
        yield f"a new project is said to differ: {done.output[-300:]}"
    (project / CONFTEST).write_text(LINES.replace("line_2", "ours_2"))
    _edit(project / API, "ours = 1\n")
    done = released.tool(project, "drift", "--check")
    if done.code != 1 or CONFTEST not in done.output:
        yield f"an edit of {CONFTEST} is not told"
    if API in done.output:
        yield f"{API} is the team's, and is told as drift"


@breaks(a_project_can_tell_how_far_it_is, names="is not told")
def drift_nobody_sees(files: Files) -> None:
    files.replace(DRIFT, 'return "edited" if self.diff else "same"', 'return "same"')


@breaks(a_project_can_tell_how_far_it_is, names="is told as drift")
def drift_of_what_is_the_teams(files: Files) -> None:
    files.replace(DRIFT, 'KINDS = ("managed", "shared")', 'KINDS = ("managed", "yours")')


@check("I5")
def updates_come_by_themselves(project: Project) -> Iterator[str]:
    renovate = json.loads(project.files.read("renovate.json"))
    if "copier" not in renovate.get("enabledManagers", []):
        yield "Renovate does not look for newer versions of the template"
    if not renovate.get("schedule"):
        yield "Renovate may come at any time"
    if "\ntemplate-pull-request:" not in project.files.read("Makefile"):
        yield "there is no make template-pull-request"
    if not project.answers.get("_src_path") or not project.answers.get("_commit"):
        yield "nothing says where the project comes from"
    if project.answers["ci"] != "github":
        return
    workflow = project.workflows().get("template-update.yml", {})
    if "schedule" not in workflow.get(True, {}):
        yield "no workflow looks for newer versions of the template"
    for job in workflow.get("jobs", {}).values():
        if job["permissions"] != {"contents": "write", "pull-requests": "write"}:
            yield "the workflow may do something else than open a pull request"
        if not any(step.get("run") == "make template-pull-request" for step in job["steps"]):
            yield "the workflow opens no pull request"


@breaks(updates_come_by_themselves, names="Renovate does not look")
def a_bot_that_looks_elsewhere(files: Files) -> None:
    files.replace("renovate.json", '"copier"', '"npm"', 1)


@breaks(updates_come_by_themselves, names="no workflow looks")
def a_workflow_for_nobody(files: Files) -> None:
    files.remove(".github/workflows/template-update.yml")


@breaks(updates_come_by_themselves, names="opens no pull request")
def an_update_nobody_reviews(files: Files) -> None:
    files.replace(
        ".github/workflows/template-update.yml",
        "make template-pull-request",
        "make template-update",
    )


@breaks(updates_come_by_themselves, names="may do something else")
def a_workflow_that_may_do_anything(files: Files) -> None:
    files.replace(".github/workflows/template-update.yml", "pull-requests: write", "actions: write")


@check_of_the_template("I6")
def a_function_written_by_hand_can_join(source: Source) -> Iterator[str]:
    project, done = source.adopted(FLAT)
    if done.code != 0:
        yield f"it cannot be adopted: {done.output[-500:]}"
    for name, text in FLAT.items():
        if not (project / name).is_file() or (project / name).read_text() != text:
            yield f"{name} is not as it was"
    if not (project / ".copier-answers.yml").is_file():
        yield "it cannot be updated afterwards"
    report = project / "ADOPTION.md"
    if "README.md" not in (report.read_text() if report.is_file() else ""):
        yield "nothing says what is left to do"


@breaks(a_function_written_by_hand_can_join, names="README.md is not as it was")
def files_that_are_overwritten(files: Files) -> None:
    files.replace("adopt/adopt.py", "elif target.exists() or target.is_symlink()", "elif False")
    files.replace("adopt/adopt.py", "or name.lower() in there", "or False")


@breaks(a_function_written_by_hand_can_join, names="nothing says what is left to do")
def an_adoption_without_a_report(files: Files) -> None:
    files.replace("adopt/adopt.py", 'REPORT = "ADOPTION.md"', 'REPORT = "NOTES.md"')
