"""F: cold start and package."""

import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.conformance.files import Files, workbench
from tests.conformance.project import Project
from tests.conformance.registry import breaks, check

# What the runtime brings along, and what a running function has no use for.
IN_THE_RUNTIME = {"boto3", "botocore", "s3transfer", "jmespath", "urllib3"}
UNUSED = {"tests", "test", "testing", "docs", "benchmarks"}


@check("F1")
def starting_has_a_budget(project: Project) -> Iterator[str]:
    budget = project.pyproject["tool"]["lambda-workbench"]["budget"]
    for limit in ("modules", "instructions", "kilobytes"):
        if not budget.get(limit):
            yield f"nothing bounds the {limit} of a start"
    if '"-m", "lambda_workbench", "budget"' not in project.files.read(
        workbench("packaging/check.py")
    ):
        yield "make check does not look at what starting costs"
    if project.answers["ci"] == "github":
        jobs = project.workflows()["ci.yml"]["jobs"].values()
        if not any(step.get("run") == "make check" for job in jobs for step in job["steps"]):
            yield "the pipeline does not look at what starting costs"


@breaks(starting_has_a_budget, names="nothing bounds the instructions")
def any_amount_of_work(files: Files) -> None:
    files.substitute("pyproject.toml", r"\ninstructions = 14[^\n]*", "")


@breaks(starting_has_a_budget, names="make check does not look")
def a_budget_nobody_keeps(files: Files) -> None:
    files.replace(
        workbench("packaging/check.py"), '"-m", "lambda_workbench", "budget"', '"-m", "this"'
    )


@breaks(starting_has_a_budget, names="the pipeline does not look")
def a_pipeline_without_checks(files: Files) -> None:
    files.replace(".github/workflows/ci.yml", "- run: make check", "- run: make format")


@check("F2", builds=True)
def packages_hold_what_runs(project: Project) -> Iterator[str]:
    done, folder = project.packed()
    packages = {}
    for path in sorted((folder / "dist").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            packages[path.stem] = archive.namelist()
    if done.code != 0:
        yield f"make package: {' '.join(done.output.split())[-2000:]}"
    names = {f.short_name for f in project.service().functions if not f.image}
    if done.code == 0 and set(packages) != names:
        yield f"packages of {', '.join(sorted(packages))}, functions {', '.join(sorted(names))}"
    for package, entries in packages.items():
        parts = {part for name in entries for part in PurePosixPath(name).parts}
        for part in sorted(parts & (IN_THE_RUNTIME | UNUSED)):
            yield f"{package} brings {part} along"
        stubs = sum(name.endswith((".pyi", "py.typed")) for name in entries)
        if stubs:
            yield f"{package} brings {stubs} type stubs along"
        others = [f"/handlers/{name}.py" for name in names - {package}]
        for other in others:
            if any(name.endswith(other) for name in entries):
                yield f"{package} brings {other} along, which is another function's"
        if not any("__pycache__" in name for name in entries):
            yield f"{package} has no bytecode, which Lambda could not keep"


@breaks(packages_hold_what_runs, names="type stubs along")
def stubs_of_libraries(files: Files) -> None:
    files.replace(workbench("packaging/package.py"), "            strip(target)\n", "")
    files.replace(workbench("packaging/package.py"), "relative in unwanted or", "False or")


@breaks(packages_hold_what_runs, names="over the budget")
def a_small_budget(files: Files) -> None:
    files.replace("pyproject.toml", "kilobytes = 1000 # zipped", "kilobytes = 100 # zipped")


@breaks(packages_hold_what_runs, names="which is another function's")
def every_handler_in_every_package(files: Files) -> None:
    files.replace(workbench("packaging/package.py"), "if relative in unwanted or", "if")
