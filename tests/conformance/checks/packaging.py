"""C5, F3 and F4: what is packed, for which platform, and always the same. B4: feature flags."""

import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from tests.conformance import sam
from tests.conformance.files import Files, bootstrap_part, workbench
from tests.conformance.project import STAGES, Project
from tests.conformance.registry import breaks, check

# e_machine in the header of an ELF file.
MACHINES = {"x86_64": 62, "arm64": 183}
FLAGS = "packages/lean-lambda/tests/unit/test_flags.py::TestFlags"


def contents(dist: Path) -> dict[str, dict[str, bytes]]:
    """The files of each package: of every zip, and of the image's folder."""
    found = {}
    for path in sorted(dist.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            found[path.name] = {name: archive.read(name) for name in archive.namelist()}
    if (image := dist / "image").is_dir():
        found["image"] = {
            path.relative_to(image).as_posix(): path.read_bytes()
            for path in sorted(image.rglob("*"))
            if path.is_file()
        }
    return found


def not_built(project: Project) -> Iterator[str]:
    done, _ = project.packed()
    if done.failure:
        yield f"it is not built: {done.output.strip()[-400:]}"


# --- C5 ---


@check("C5", builds=True)
def compiled_code_fits_the_functions(project: Project) -> Iterator[str]:
    chosen = project.answers["architecture"]
    for stage in STAGES:
        for function in project.service(stage).functions:
            if function.architecture != chosen:
                yield f"{stage}: {function.short_name} runs on {function.architecture or 'x86_64'}"
            python = f"python{project.answers['python_version']}"
            if not function.image and function.runtime != python:
                yield f"{stage}: {function.short_name} runs on {function.runtime}"
    yield from not_built(project)
    abi = "cpython-" + project.answers["python_version"].replace(".", "")
    libraries = 0
    for package, files in contents(project.packed()[1] / "dist").items():
        for name, content in files.items():
            if content[:4] != b"\x7fELF":
                continue
            libraries += 1
            (machine,) = struct.unpack_from("<H", content, 18)
            if machine != MACHINES[chosen]:
                yield f"{package}: {name} is compiled for another processor than {chosen}"
            if "cpython-" in name and f"{abi}-" not in name:
                yield f"{package}: {name} is compiled for another Python"
    if not libraries:
        yield "nothing that is compiled was found"


@breaks(compiled_code_fits_the_functions, names="api runs on", when={"architecture": ["arm64"]})
def a_function_runs_on_the_other_processor(files: Files) -> None:
    files.replace(
        "template.yaml", "    Architectures: [arm64]\n", "    Architectures: [x86_64]\n", 1
    )


@breaks(compiled_code_fits_the_functions, names="queue runs on python3.9")
def an_old_runtime(files: Files) -> None:
    files.replace(
        "template.yaml",
        "Handler: order_service.handlers.queue.handler",
        "Runtime: python3.9\n      Handler: order_service.handlers.queue.handler",
    )


@breaks(compiled_code_fits_the_functions, names="another processor than arm64")
def wheels_are_those_of_the_other_processor(files: Files) -> None:
    files.replace(
        workbench("packaging/package.py"), '"aarch64-manylinux_2_34"', '"x86_64-manylinux_2_34"'
    )
    files.replace(
        workbench("packaging/binaries.py"), "if machine != _MACHINES[architecture]:", "if False:"
    )


@breaks(
    compiled_code_fits_the_functions, names="_core.cpython-313-x86_64-linux-gnu.so is for x86_64"
)
def wheels_that_do_not_fit_are_noticed_while_packing(files: Files) -> None:
    files.replace(
        workbench("packaging/package.py"), '"aarch64-manylinux_2_34"', '"x86_64-manylinux_2_34"'
    )


# --- F3 ---


@check("F3", builds=True)
def a_package_has_what_its_function_needs(project: Project) -> Iterator[str]:
    yield from not_built(project)
    found = contents(project.packed()[1] / "dist")
    service = project.service()
    kind = project.answers["packaging"]
    package = project.package_name
    for function in service.functions:
        if function.image != (kind == "image"):
            yield f"{function.short_name} is not packed as {kind}"
        if bool(function.layers) != (kind == "layer"):
            yield f"{function.short_name} has {len(function.layers)} layers"
        files = found.get("image" if kind == "image" else f"{function.short_name}.zip", {})
        handler = function.handler.rpartition(".")[0].replace(".", "/")
        if f"{handler}.py" not in files:
            yield f"{function.short_name} is packed without its handler"
        others = {
            name
            for name in files
            if re.fullmatch(rf"{package}/handlers/(\w+)\.py", name)
            and PurePosixPath(name).stem in {f.short_name for f in service.functions}
        } - {f"{handler}.py"}
        if others and kind != "image":
            yield f"{function.short_name} is packed with {', '.join(sorted(others))}"
        if ("msgspec/__init__.py" in files) == (kind == "layer"):
            what = "with" if kind == "layer" else "without"
            yield f"{function.short_name} is packed {what} dependencies"
    for name, files in found.items():
        yield from without_bytecode(name, files)
    if kind == "layer":
        layer = found.get("layer.zip", {})
        if "python/msgspec/__init__.py" not in layer:
            yield "the layer is without the dependencies"
        if any(not name.startswith("python/") for name in layer):
            yield "the layer has files that no function finds"
    if kind == "image":
        yield from image_faults(project)


def without_bytecode(package: str, files: Mapping[str, bytes]) -> Iterator[str]:
    for name in files:
        path = PurePosixPath(name)
        compiled = path.parent / "__pycache__" / f"{path.stem}.cpython-"
        if path.suffix == ".py" and not any(n.startswith(str(compiled)) for n in files):
            yield f"{package}: {name} has no bytecode"


def image_faults(project: Project) -> Iterator[str]:
    text = project.files.read("Dockerfile")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    first = f"FROM public.ecr.aws/lambda/python:{project.answers['python_version']}"
    if not lines or not re.fullmatch(rf"{re.escape(first)}(@sha256:[0-9a-f]{{64}})?", lines[0]):
        yield "the image does not begin with AWS's for this Python"
    if any(line.startswith(("RUN", "ADD")) for line in lines):
        yield "the image is more than its base and what was packed"
    bootstrap = sam.bootstrap_template(project.files)
    for promise in ("ImageTagMutability: IMMUTABLE", "ScanOnPush: true", "LifecyclePolicy:"):
        if promise not in bootstrap:
            yield f"the repository has no {promise}"


@breaks(a_package_has_what_its_function_needs, names="packed without dependencies")
def dependencies_are_forgotten(files: Files) -> None:
    files.replace(
        workbench("packaging/package.py"),
        "            self._add(self._install(function), staging)\n",
        "            pass\n",
    )


@breaks(a_package_has_what_its_function_needs, names="has no bytecode")
def bytecode_is_left_out(files: Files) -> None:
    files.replace(
        workbench("packaging/package.py"),
        "        compile_all(staging, function.python, home)\n",
        "",
    )


@breaks(
    a_package_has_what_its_function_needs,
    names="without the dependencies",
    when={"packaging": ["layer"]},
)
def the_layer_is_not_below_python(files: Files) -> None:
    files.replace(workbench("packaging/package.py"), 'staging / "python")', 'staging / "lib")')


@breaks(
    a_package_has_what_its_function_needs,
    names="more than its base",
    when={"packaging": ["image"]},
)
def the_image_installs_something_more(files: Files) -> None:
    files.replace("Dockerfile", "\nCOPY . ", "\nRUN pip install requests\nCOPY . ")


@breaks(a_package_has_what_its_function_needs, names="ScanOnPush", when={"packaging": ["image"]})
def images_are_not_scanned(files: Files) -> None:
    files.replace(bootstrap_part("repository.yaml"), "ScanOnPush: true", "ScanOnPush: false")


# --- F4 ---


@check("F4", builds=True)
def two_builds_give_the_same_bytes(project: Project) -> Iterator[str]:
    yield from not_built(project)
    first, second = (project.packed(umask)[1] / "dist" for umask in (0o22, 0o77))
    names = {p.relative_to(d).as_posix() for d in (first, second) for p in built(d)}
    for name in sorted(names):
        one, other = first / name, second / name
        if not one.exists() or not other.exists():
            yield f"{name} is built sometimes only"
        elif one.read_bytes() != other.read_bytes():
            yield f"{name} differs from one build to the next"
        elif name.startswith("image/") and one.stat().st_mode != other.stat().st_mode:
            yield f"{name} differs in its permissions"
    done, _ = project.packed(lock=forged((project.packed()[1] / "uv.lock").read_text()))
    if not done.failure:
        yield "a dependency with another hash than the locked one is packed"


def built(dist: Path) -> list[Path]:
    return [path for path in dist.rglob("*") if path.is_file() and path.suffix != ".yaml"]


def forged(lock: str) -> str:
    """The lock file with the hash of a dependency that no file has."""
    section = re.search(r'\[\[package\]\]\nname = "msgspec".*?\n\n', lock, re.DOTALL)
    assert section
    return lock.replace(
        section.group(), re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", section.group())
    )


@breaks(two_builds_give_the_same_bytes, names="api.zip differs", when={"packaging": ["zip"]})
def the_time_is_in_the_zip(files: Files) -> None:
    files.replace(
        workbench("packaging/bundle.py"),
        "_EPOCH)\n            entry.compress",
        "_now())\n            entry.compress",
    )
    files.replace(
        workbench("packaging/bundle.py"),
        "\ndef files(",
        "\nimport time\n_now = lambda: time.gmtime(time.time_ns() % 10**9 + 10**9)[:6]\n\n"
        "\ndef files(",
    )


@breaks(two_builds_give_the_same_bytes, names="api.zip differs", when={"packaging": ["zip"]})
def the_permissions_are_those_of_whoever_builds(files: Files) -> None:
    files.replace(
        workbench("packaging/bundle.py"), "_mode(path) << 16", "path.stat().st_mode << 16"
    )


@breaks(two_builds_give_the_same_bytes, names="another hash than the locked one")
def hashes_are_not_looked_at(files: Files) -> None:
    files.replace(
        workbench("packaging/package.py"), '["--require-hashes", ', '["--no-verify-hashes", '
    )


# --- B4 ---


@check("B4", runs=True)
def flags_are_switched_while_the_service_runs(project: Project) -> Iterator[str]:
    yield from project.failing(
        f"{FLAGS}::test_they_are_read_once_in_a_while",
        f"{FLAGS}::test_the_last_known_value_outlives_a_failure",
        f"{FLAGS}::test_before_there_are_any_the_default_holds",
    )
    if "api" in project.triggers and "tests/e2e/test_flags.py" not in project.files:
        yield "nothing switches a flag of a running service"
    service = project.service("prod")
    if service.flags is None:
        yield "there are no flags"
        return
    alarms = {alarm.name for alarm in service.alarms}
    if not any(arn.rpartition(":")[2] in alarms for arn in service.flags.alarms):
        yield "no alarm takes back a flag that does harm"
    if service.flags.rollout_minutes <= 0 or service.flags.watched_minutes <= 0:
        yield "in prod a flag changes for everybody at once"
    for function in service.functions:
        role = service.role_of(function)
        allowed = {
            resource
            for statement in (role.statements if role else ())
            if statement.allows and "appconfig:GetLatestConfiguration" in statement.actions
            for resource in statement.resources
        }
        told = function.environment.get("FLAGS")
        if told and told != service.flags.path:
            yield f"{function.short_name} is told of other flags: {told}"
        if bool(told) != bool(allowed) or allowed - {service.flags.arn}:
            yield f"{function.short_name} may read {sorted(allowed) or 'no flags'}"


@breaks(flags_are_switched_while_the_service_runs, names="outlives_a_failure")
def a_failure_forgets_all_flags(files: Files) -> None:
    flags = files.library("flags.py")
    files.replace(
        flags,
        "            logger.warning(",
        "            self._known = {}\n            logger.warning(",
    )


@breaks(flags_are_switched_while_the_service_runs, names="api may read no flags")
def a_function_may_not_read_its_flags(files: Files) -> None:
    files.substitute("template.yaml", r"              - Sid: ReadFlags\n.*?\n.*?\n.*?\n", "")


@breaks(flags_are_switched_while_the_service_runs, names="api may read")
def a_function_may_read_all_flags(files: Files) -> None:
    files.replace(
        "template.yaml",
        "application/${FlagsApplication}/environment/${FlagsEnvironment}/configuration/${FlagsProfile}",
        "application/*",
    )


@breaks(flags_are_switched_while_the_service_runs, names="for everybody at once")
def prod_switches_at_once(files: Files) -> None:
    files.replace("samconfig.toml", '"Stage=prod",', '"Stage=prod",\n    "FlagRolloutMinutes=0",')


@breaks(flags_are_switched_while_the_service_runs, names="no alarm takes back")
def nothing_watches_a_rollout(files: Files) -> None:
    files.substitute("template.yaml", r"      Monitors:\n.*?\n.*?AlarmRoleArn[^\n]*\n", "")
