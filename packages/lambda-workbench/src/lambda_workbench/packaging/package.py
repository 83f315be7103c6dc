"""Build what is deployed: the functions' code, the merged template and a manifest.

    workbench package                  dist/, for AWS Lambda
    workbench package --local          dist/local/, for this machine and the emulator

A function is a zip with its own code and the locked dependencies. Where template.yaml has a layer
for the dependencies, they are in layer.zip once and the zips have own code only. Functions of an
image share the folder image/, which the Dockerfile copies; for this machine they are zips as well.

The same inputs give the same bytes: locked and hashed dependencies, fixed times and permissions,
sorted entries, and bytecode compiled by the function's own minor version of Python. Every handler
is imported from what was built, with exactly the environment that the template sets.
"""

from __future__ import annotations

import json
import os
import shutil
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

import click

from lambda_workbench.cloudformation import documents
from lambda_workbench.cloudformation.documents import Template
from lambda_workbench.cloudformation.project_template import write_merged
from lambda_workbench.errors import ToolError
from lambda_workbench.local.local_env import local_environment
from lambda_workbench.operate.stages import LOCAL
from lambda_workbench.packaging import certificates, import_handler
from lambda_workbench.packaging.binaries import misfits
from lambda_workbench.packaging.bundle import (
    compile_all,
    digest_of,
    files,
    interpreter,
    size_of,
    strip,
    write_folder,
    write_zip,
)
from lambda_workbench.packaging.functions import (
    LAYER_ZIP,
    Function,
    functions_of,
    layer_of,
    stand_ins,
)
from lambda_workbench.packaging.library import DISTRIBUTION, add_library
from lambda_workbench.packaging.limits import too_large
from lambda_workbench.project import DIST, LOCAL_DIST, ROOT, find_uv, project, run

IMAGE = "image"

# Wheels that run on Amazon Linux 2023 (glibc 2.34).
_PLATFORMS = {"arm64": "aarch64-manylinux_2_34", "x86_64": "x86_64-manylinux_2_34"}
_HERE = "this machine"
# Lambda's Python runtimes bring the SDK along.
IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer")
_TASK, _LAYER = "/var/task", "/opt"


def build(dist: Path, stage: str, *, local: bool) -> Path:
    """Build every function into `dist` and return the manifest's path."""
    _clear(dist)
    written = write_merged(dist)
    merged = documents.read(written)
    functions = functions_of(merged, stage)
    content: dict[str, Any] = {
        "stage": stage,
        "local": local,
        "template": {"file": written.name, "sha256": digest_of(written)},
    }
    with tempfile.TemporaryDirectory() as scratch:
        builder = _Builder(merged, functions, Path(scratch), local=local)
        content["functions"] = {
            function.name: {**builder.build(function, dist), **_described(function)}
            for function in functions
        }
        content |= builder.build_shared(dist)
    manifest = dist / "manifest.json"
    manifest.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return manifest


def _clear(dist: Path) -> None:
    """Remove what an earlier build has left: nothing is deployed that is not of this one."""
    for path in dist.glob("*"):
        if path.is_file():
            path.unlink()
        elif path.name == IMAGE:
            shutil.rmtree(path)


def packages_of(entry: dict[str, Any], content: dict[str, Any], dist: Path) -> list[Path]:
    """What one function's code comes in: its zip and perhaps the layer, or the image's folder."""
    names = [entry.get("zip", IMAGE)]
    if content.get("layer", {}).get("logical_id") in entry["layers"]:
        names.append(content["layer"]["zip"])
    return [dist / name for name in names]


class _Builder:
    """Shares the dependencies between functions that run on the same platform."""

    def __init__(
        self, merged: Template, functions: list[Function], scratch: Path, *, local: bool
    ) -> None:
        self._template = merged
        self._layer = layer_of(merged)
        self._functions = functions
        self._scratch = scratch
        self._local = local
        self._dependencies: dict[tuple[str, str], Path] = {}
        self._image = scratch / IMAGE

    def build(self, function: Function, dist: Path) -> dict[str, object]:
        """Write one function's zip, or add to the image's folder, and describe it."""
        code = self._scratch / "code" / function.name
        self._copy_package(function, code)
        self._import(function, code)
        if function.is_image and not self._local:
            self._add(code, self._image)
            return {"image": IMAGE}
        staging = self._scratch / "zips" / function.name
        if not self._has_layer(function):
            self._add(self._install(function), staging)
        self._add(code, staging)
        self._finish(staging, function, _TASK)
        target = dist / function.zip
        write_zip(staging, target)
        return {"zip": function.zip, "sha256": digest_of(target), "size": size_of(target)}

    def build_shared(self, dist: Path) -> dict[str, object]:
        """Write what functions share, the layer or the image's folder, and describe it."""
        if users := [function for function in self._functions if self._has_layer(function)]:
            _expect_one_platform(users, LAYER_ZIP)
            staging, target = self._scratch / "layer", dist / LAYER_ZIP
            self._add(self._install(users[0]), staging / "python")
            self._finish(staging, users[0], _LAYER)
            write_zip(staging, target)
            found = {"logical_id": self._layer, "zip": LAYER_ZIP}
            return {"layer": {**found, "sha256": digest_of(target), "size": size_of(target)}}
        if self._image.exists():
            users = [function for function in self._functions if function.is_image]
            _expect_one_platform(users, "the image")
            target = dist / IMAGE
            self._add(self._install(users[0]), self._image)
            self._finish(self._image, users[0], _TASK)
            write_folder(self._image, target)
            found = {"folder": IMAGE, "architecture": users[0].architecture}
            return {"image": {**found, "sha256": digest_of(target), "size": size_of(target)}}
        return {}

    def _has_layer(self, function: Function) -> bool:
        return bool(self._layer) and self._layer in function.layers

    def _add(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target, copy_function=shutil.copyfile, dirs_exist_ok=True)

    def _finish(self, staging: Path, function: Function, home: str) -> None:
        """Check what is compiled for another platform, and compile what is Python."""
        if not self._local:
            faults = list(misfits(staging, function.python, function.architecture))
            if faults:
                raise ToolError("\n".join([f"{function.logical_id} could not run:", *faults]))
        compile_all(staging, function.python, home)

    def _import(self, function: Function, code: Path) -> None:
        """Import the handler as Lambda will; the API answers with its OpenAPI document.

        Nothing can be imported but the code, its locked dependencies and the SDK. What is compiled
        for another platform cannot be loaded here: this machine's builds stand in for it.
        """
        environment = {
            "PATH": os.environ.get("PATH", ""),
            **local_environment(),
            **stand_ins(function.environment, self._template),
        }
        folders = os.pathsep.join([str(code), str(self._install(function, here=True))])
        script = str(Path(import_handler.__file__))
        sdk = sysconfig.get_path("purelib")
        command = [interpreter(function.python), "-I", "-S", script, folders, sdk, function.module]
        try:
            document = run(command, env=environment)
        except ToolError as error:
            raise ToolError(
                f"{function.logical_id}: {function.module} does not import from its package, with "
                f"the variables {', '.join(function.environment)}\n{error}"
            ) from error
        if document:
            target = code / function.module.replace(".", "/")
            (target.parent / "openapi.json").write_text(document, encoding="utf-8")

    def _install(self, function: Function, *, here: bool = False) -> Path:
        """The folder with the locked dependencies for a function's platform, or for this one."""
        key = (function.python, _HERE if here or self._local else function.architecture)
        if key not in self._dependencies:
            target = self._scratch / f"dependencies-{len(self._dependencies)}"
            target.mkdir()
            requirements = self._requirements()
            if requirements.read_text(encoding="utf-8").strip():
                run(_install_command(key, target, requirements), quiet=True)
            strip(target)
            self._dependencies[key] = target
        return self._dependencies[key]

    def _requirements(self) -> Path:
        """The locked dependencies with their hashes, exported once."""
        path = self._scratch / "requirements.txt"
        if not path.exists():
            command = [find_uv(), "export", "--locked", "--quiet", "--no-dev"]
            command += ["--no-emit-project", "--no-header", "--no-annotate"]
            command += ["--no-emit-package", DISTRIBUTION]  # its modules are packed as own code
            for name in IN_THE_RUNTIME:
                command += ["--prune", name]
            path.write_text(run(command, quiet=True), encoding="utf-8")
        return path

    def _copy_package(self, function: Function, target: Path) -> None:
        """Copy own code, in a zip without the handlers of the other functions, and its library."""
        package = project().package
        modules = {other.module for other in self._functions}
        others = set() if function.is_image and not self._local else modules - {function.module}
        unwanted = {"/".join(module.split(".")) + ".py" for module in others}
        source = ROOT / "src"
        for path in files(source / package):
            relative = path.relative_to(source).as_posix()
            if relative in unwanted or {"__pycache__", "py.typed"} & set(path.parts):
                continue
            copy = target / relative
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        if not certificates.write_roots(add_library(target)):
            print("Amazon's root certificates were not found: functions load the system's roots")


def _install_command(key: tuple[str, str], target: Path, requirements: Path) -> list[str]:
    python, platform = key
    command = [find_uv(), "pip", "install", "--quiet", "--no-config", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--link-mode", "copy"]
    command += ["--target", str(target), "--requirements", str(requirements)]
    if platform == _HERE:
        return [*command, "--python", interpreter(python)]
    if platform not in _PLATFORMS:
        raise ToolError(f"unknown architecture {platform}; expected {', '.join(_PLATFORMS)}")
    return [*command, "--python-version", python, "--python-platform", _PLATFORMS[platform]]


def _expect_one_platform(functions: list[Function], what: str) -> None:
    """Stop when functions that share compiled code do not run on the same platform."""
    platforms = {(function.runtime, function.architecture) for function in functions}
    if len(platforms) > 1:
        shown = ", ".join(f"{f.logical_id} {f.runtime} {f.architecture}" for f in functions)
        raise ToolError(f"{what} is for one runtime and architecture: {shown}")


def _described(function: Function) -> dict[str, object]:
    return {
        "logical_id": function.logical_id,
        "handler": function.handler,
        "runtime": function.runtime,
        "architecture": function.architecture,
        "timeout": function.timeout,
        "memory": function.memory,
        "environment": function.environment,
        "layers": list(function.layers),
    }


@click.command()
@click.option("--local", "here", is_flag=True, help="for this machine and the emulator")
@click.option("--stage", default="", help="the stage the manifest describes")
def command(here: bool, stage: str) -> None:
    """Build into dist/ or dist/local/."""
    if here:
        manifest = build(LOCAL_DIST, stage or LOCAL, local=True)
    else:
        manifest = build(DIST, stage or "dev", local=False)
    content = json.loads(manifest.read_text(encoding="utf-8"))
    dist = manifest.parent.relative_to(ROOT)
    faults: list[str] = []
    for name, entry in sorted(content["functions"].items()):
        packages = packages_of(entry, content, manifest.parent)
        faults += too_large(name, packages)
        shown = " + ".join(package.name for package in packages)
        kilobytes = sum(map(size_of, packages)) / 1000
        print(f"{dist / shown}  {kilobytes:,.0f} kB  {name}: {entry['handler']}")
    print(manifest.relative_to(ROOT))
    if faults:
        raise ToolError("\n".join(["over the budget", *faults]))
