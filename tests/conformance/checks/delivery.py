"""H: delivery."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from tests.conformance.files import Files, workbench
from tests.conformance.project import STAGES, Project
from tests.conformance.registry import breaks, check

Job = dict[str, Any]


def _commands(job: Job) -> list[str]:
    return [step["run"] for step in job.get("steps", []) if "run" in step]


def _needs(job: Job) -> list[str]:
    needed = job.get("needs", [])
    return [needed] if isinstance(needed, str) else list(needed)


@check("H4")
def a_change_passes_every_stage(project: Project) -> Iterator[str]:
    workflows = project.workflows()
    checking, deploying = workflows["ci.yml"], workflows["deploy.yml"]
    done = {command for job in checking["jobs"].values() for command in _commands(job)}
    for step in ("check", "test", "e2e", "audit", "policies", "secrets", "package"):
        if f"make {step}" not in done:
            yield f"nothing runs make {step} before a deployment"
    if "pull_request" not in checking[True]:
        yield "a pull request is not checked"
    # A person may start it too, and only a branch that the environment lets in.
    starts = {name: how for name, how in deploying[True].items() if name != "workflow_dispatch"}
    if starts != {"push": {"branches": ["main"]}}:
        yield "something else than a push to main deploys"
    jobs: dict[str, Job] = deploying["jobs"]
    if not any(job.get("uses") == "./.github/workflows/ci.yml" for job in jobs.values()):
        yield "what is deployed was not checked"
    before = "ci"
    for stage in STAGES:
        found = [
            (name, job)
            for name, job in jobs.items()
            if any(f"make deploy STAGE={stage}" in command for command in _commands(job))
        ]
        if len(found) != 1:
            yield f"{len(found)} jobs deploy to {stage}"
            continue
        name, job = found[0]
        if before not in _needs(job):
            yield f"{name} does not wait for {before}"
        if job.get("environment") != stage:
            yield f"nobody can be asked before {name}: it has no environment of its own"
        if not all("PREBUILT=1" in c for c in _commands(job) if "make deploy" in c):
            yield f"{name} builds something else than what was tested"
        if stage == "dev" and "make e2e STAGE=dev" not in _commands(job):
            yield "nothing tries what runs in dev"
        if job.get("concurrency", {}).get("cancel-in-progress") is not False:
            yield f"two runs of {name} can get in each other's way"
        before = name
    yield from _actions(project)


def _actions(project: Project) -> Iterator[str]:
    for name in project.files.names(".github/workflows/*.yml"):
        for line in project.files.read(name).splitlines():
            if "uses:" not in line or "uses: ./" in line:
                continue
            if not re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line):
                yield f"{name} takes an action that may change: {line.strip()}"
    for name, workflow in project.workflows().items():
        for job_name, job in workflow["jobs"].items():
            for step in job.get("steps", []):
                if "checkout@" in step.get("uses", "") and (
                    step.get("with", {}).get("persist-credentials") is not False
                ):
                    yield f"{job_name} in {name} leaves a token lying about"
                if "${{ github.event" in step.get("run", ""):
                    yield f"{job_name} in {name} runs what a stranger wrote"


@breaks(a_change_passes_every_stage, names="nothing runs make test")
def untested_deployments(files: Files) -> None:
    files.replace(".github/workflows/ci.yml", "- run: make test", "- run: make format")


@breaks(a_change_passes_every_stage, names="deploy-prod does not wait for deploy-staging")
def prod_before_staging(files: Files) -> None:
    files.replace(".github/workflows/deploy.yml", "needs: deploy-staging", "needs: ci")


@breaks(a_change_passes_every_stage, names="nobody can be asked before deploy-prod")
def prod_without_approval(files: Files) -> None:
    files.replace(".github/workflows/deploy.yml", "    environment: prod\n", "")


@breaks(a_change_passes_every_stage, names="something else than what was tested")
def another_build_for_prod(files: Files) -> None:
    files.replace(".github/workflows/deploy.yml", "STAGE=prod PREBUILT=1", "STAGE=prod")


@breaks(a_change_passes_every_stage, names="nothing tries what runs in dev")
def no_end_to_end_tests(files: Files) -> None:
    files.replace(".github/workflows/deploy.yml", "      - run: make e2e STAGE=dev\n", "")


@breaks(a_change_passes_every_stage, names="something else than a push to main")
def pull_requests_deploy(files: Files) -> None:
    files.replace(
        ".github/workflows/deploy.yml",
        "    branches: [main]\n",
        "    branches: [main]\n  pull_request:\n",
    )


@breaks(a_change_passes_every_stage, names="takes an action that may change")
def an_action_by_its_tag(files: Files) -> None:
    files.substitute(
        ".github/workflows/ci.yml", r"actions/checkout@\w+ # v[\d.]+", "actions/checkout@v7"
    )


@breaks(a_change_passes_every_stage, names="leaves a token lying about")
def a_token_that_stays(files: Files) -> None:
    files.replace(
        ".github/workflows/ci.yml", "persist-credentials: false", "persist-credentials: true", 1
    )


@check("H5", runs=True)
def the_domain_is_tested_by_itself(project: Project) -> Iterator[str]:
    coverage = project.pyproject["tool"]["coverage"]
    if coverage["report"].get("fail_under", 0) < 90 or not coverage["run"].get("branch"):
        yield "nothing fails when code is not covered"
    if "-m pytest --cov" not in project.files.read("Makefile"):
        yield "make test does not measure coverage"
    for name in project.files.names("tests/unit/domain/*.py"):
        for node in ast.walk(project.module(name)):
            module = node.module if isinstance(node, ast.ImportFrom) else ""
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [module or ""]
            for imported in names:
                if re.search(r"boto|\.adapters|\.runtime\.aws|lambda_workbench\.testing", imported):
                    yield f"{name} needs {imported}"
    yield from project.failing(
        "tests/unit/domain/test_orders.py::test_total_is_the_sum_over_the_lines"
    )


@breaks(the_domain_is_tested_by_itself, names="nothing fails when code is not covered")
def no_threshold(files: Files) -> None:
    files.substitute("pyproject.toml", r"fail_under = \d+", "fail_under = 0")


@breaks(the_domain_is_tested_by_itself, names="does not measure coverage")
def unmeasured_tests(files: Files) -> None:
    files.replace("Makefile", "-m pytest --cov --cov-report=term", "-m pytest")


@breaks(the_domain_is_tested_by_itself, names="tests/unit/domain/test_orders.py needs boto3")
def a_domain_test_that_needs_aws(files: Files) -> None:
    name = "tests/unit/domain/test_orders.py"
    files.write(name, files.read(name) + "\nimport boto3\n")


@breaks(the_domain_is_tested_by_itself, names="test_total_is_the_sum_over_the_lines fails")
def a_domain_that_miscounts(files: Files) -> None:
    files.replace(files.code("domain/orders.py"), "quantity * ", "1 * ")


@check("H6")
def adapters_are_tested_on_the_emulator(project: Project) -> Iterator[str]:
    options = project.pyproject["tool"]["pytest"]["ini_options"]
    if "tests/integration" not in options["testpaths"]:
        yield "make test leaves the integration tests out"
    for name in project.files.names(f"{project.package}/adapters/*.py"):
        module = PurePosixPath(name).stem
        if module.startswith(("dynamodb_", "sqs_", "s3_")):
            test = f"tests/integration/test_{module}.py"
            if test not in project.files:
                yield f"{module} is not tried on the emulator"
            elif "emulator" not in project.files.read(test) + project.files.read(
                "tests/integration/conftest.py"
            ):
                yield f"{test} does not use the emulator"
    emulator = project.pyproject["dependency-groups"]["emulator"]
    if not any(re.fullmatch(r"ministack(\[\w+\])?==[\d.]+", package) for package in emulator):
        yield "the emulator's version is not fixed"
    makefile = re.sub(r"^image: .*", "", project.files.read("Makefile"), flags=re.MULTILINE)
    if re.search(r"\bdocker\b", makefile, re.IGNORECASE):
        yield "a target needs Docker"
    for name in [*project.files.names(workbench("**/*.py")), *project.files.names("tests/**/*.py")]:
        text = project.files.read(name)
        if re.search(r"^ *(?:import|from) (?:docker|testcontainers)", text, re.MULTILINE):
            yield f"{name} needs Docker"


@breaks(
    adapters_are_tested_on_the_emulator,
    names="sqs_fulfilment_queue is not tried",
    when={"triggers": ["api"]},
)
def an_adapter_nobody_tries(files: Files) -> None:
    files.remove("tests/integration/test_sqs_fulfilment_queue.py")


@breaks(adapters_are_tested_on_the_emulator, names="leaves the integration tests out")
def integration_tests_nobody_runs(files: Files) -> None:
    files.replace("pyproject.toml", '["tests/unit", "tests/integration"]', '["tests/unit"]')


@breaks(adapters_are_tested_on_the_emulator, names="version is not fixed")
def any_emulator(files: Files) -> None:
    files.substitute("pyproject.toml", r'"ministack==[\d.]+"', '"ministack"')


@breaks(adapters_are_tested_on_the_emulator, names="needs Docker")
def a_container_for_tests(files: Files) -> None:
    files.write(
        "tests/integration/conftest.py",
        files.read("tests/integration/conftest.py") + "\nimport docker\n",
    )


@check("H8")
def the_service_runs_on_a_laptop(project: Project) -> Iterator[str]:
    makefile = project.files.read("Makefile")
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE))
    for target in ("setup", "run", "invoke", "test", "e2e", "doctor"):
        if target not in targets:
            yield f"there is no make {target}"
    if "redeploys on change" not in makefile or "_watch(" not in project.files.read(
        workbench("local/run.py")
    ):
        yield "make run does not take up changes"
    launch = json.loads(project.files.read(".vscode/launch.json"))
    tasks = json.loads(project.files.read(".vscode/tasks.json"))
    modules = {entry.get("module") for entry in launch["configurations"]}
    if not {"pytest", "lambda_workbench"} <= modules:
        yield "VS Code cannot stop in a handler"
    for settings in (launch, tasks):
        if sorted(settings["inputs"][0]["options"]) != sorted(project.triggers):
            yield "VS Code offers other triggers than there are"
    for task in tasks["tasks"]:
        if task["command"].split()[1] not in targets:
            yield f"a task of VS Code is no target: {task['command']}"
    pycharm = project.files.names(".run/*.run.xml")
    if not any('value="debug ' in project.files.read(name) for name in pycharm):
        yield "PyCharm cannot stop in a handler"
    container = json.loads(project.files.read(".devcontainer/devcontainer.json"))
    if container.get("postCreateCommand") != "make setup":
        yield "the dev container is not set up"
    if not container.get("image", "").endswith(f":{project.answers['python_version']}"):
        yield "the dev container has another Python"


@breaks(the_service_runs_on_a_laptop, names="there is no make invoke")
def no_way_to_invoke(files: Files) -> None:
    files.replace("Makefile", "invoke: $(synced) ##", "inwoke: $(synced) ##")


@breaks(the_service_runs_on_a_laptop, names="VS Code cannot stop in a handler")
def no_debugger(files: Files) -> None:
    files.replace(
        ".vscode/launch.json",
        '"module": "lambda_workbench"',
        '"module": "debugger"',
    )


@breaks(the_service_runs_on_a_laptop, names="offers other triggers")
def a_trigger_that_is_not_there(files: Files) -> None:
    files.replace(".vscode/tasks.json", '"options": [', '"options": ["fax", ')


@breaks(the_service_runs_on_a_laptop, names="PyCharm cannot stop in a handler")
def one_editor_only(files: Files) -> None:
    for name in files.names(".run/*.run.xml"):
        files.remove(name)


@breaks(the_service_runs_on_a_laptop, names="has another Python")
def an_old_container(files: Files) -> None:
    files.substitute(".devcontainer/devcontainer.json", r':3\.\d+"', ':3.9"')


@breaks(the_service_runs_on_a_laptop, names="is no target")
def a_task_that_does_nothing(files: Files) -> None:
    files.replace(".vscode/tasks.json", '"make ', '"make fly-', 1)


# What somebody who was woken up at night looks for.
RUNBOOK = (
    "**Timeouts**",
    "**Throttles.**",
    "**Out of memory**",
    "**Slow first requests.**",
    "## Go back",
)


@check("H10")
def somebody_new_can_help(project: Project) -> Iterator[str]:
    runbook = project.files.read("docs/runbook.md")
    for title in RUNBOOK:
        if title not in runbook:
            yield f"the runbook says nothing of: {title.strip('#* .')}"
    service = project.service("prod", ReserveConcurrency="true")
    names = sorted((f.short_name for f in service.functions), key=len, reverse=True)
    for alarm in service.alarms:
        short = alarm.name.removeprefix(f"{service.name}-prod-")
        short = re.sub(r"-version-\d+-", "-version-<number>-", short)
        generic = next(
            (f"<function>{short[len(n) :]}" for n in names if short.startswith(f"{n}-")), short
        )
        if f"`{short}`" not in runbook and f"`{generic}`" not in runbook:
            yield f"the runbook does not explain the alarm {short}"
    if "first hour" not in project.files.read("docs/onboarding.md"):
        yield "nothing tells a new colleague where to begin"
    if len(project.files.names("docs/decisions/[0-9]*.md")) < 2:
        yield "no decision is written down"
    for name in [*project.files.names("docs/**/*.md"), "README.md"]:
        folder = PurePosixPath(name).parent
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", project.files.read(name)):
            target = _normal(folder / link)
            if target not in project.files and not project.files.names(f"{target}/**/*"):
                yield f"{name} links to {link}, which does not exist"


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


@breaks(somebody_new_can_help, names="says nothing of: Throttles")
def nothing_about_throttles(files: Files) -> None:
    files.replace("docs/runbook.md", "**Throttles.**", "**Others.**")


@breaks(
    somebody_new_can_help,
    names="does not explain the alarm dead-letters",
    when={"triggers": ["queue"]},
)
def an_alarm_nobody_understands(files: Files) -> None:
    files.replace("docs/runbook.md", "| `dead-letters` |", "| something |")


@breaks(somebody_new_can_help, names="which does not exist")
def a_link_to_nowhere(files: Files) -> None:
    files.replace("docs/onboarding.md", "(runbook.md)", "(playbook.md)")


@breaks(somebody_new_can_help, names="where to begin")
def no_first_hour(files: Files) -> None:
    files.replace("docs/onboarding.md", "first hour", "beginning")
