# Managed by the template: see docs/updating.md.
"""Build what is deployed: a zip per function, the merged template and a manifest.

    python -m tools.package                  dist/, for AWS Lambda
    python -m tools.package --local          dist/local/, for this machine and the emulator

The same inputs give the same bytes: locked and hashed dependencies, fixed times, sorted
entries, and bytecode compiled by the function's own minor version of Python.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import json
import os
import shutil
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tools import certificates, template
from tools.functions import Function, functions_of, stand_ins
from tools.limits import too_large
from tools.local_env import local_environment
from tools.merge import write_merged
from tools.project import DIST, LOCAL_DIST, ROOT, ToolError, find_uv, project, run
from tools.stages import LOCAL
from tools.template import Template

# Wheels that run on Amazon Linux 2023 (glibc 2.34).
_PLATFORMS = {"arm64": "aarch64-manylinux_2_34", "x86_64": "x86_64-manylinux_2_34"}
# Lambda's Python runtimes bring the SDK along.
IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer")
_UNUSED = ("tests", "test", "__pycache__", "*.pyi", "*.pyc", "py.typed")
_UNUSED_AT_THE_TOP = ("bin", ".lock")
_LICENCES = ("LICENSE*", "LICENCE*", "COPYING*", "NOTICE*", "AUTHORS*")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def build(dist: Path, stage: str, *, local: bool) -> Path:
    """Build every function into `dist` and return the manifest's path."""
    merged = template.load(write_merged(dist))
    functions = functions_of(merged, stage)
    with tempfile.TemporaryDirectory() as scratch:
        builder = _Builder(merged, functions, Path(scratch), local=local)
        entries = {function.name: builder.build(function, dist) for function in functions}
    manifest = dist / "manifest.json"
    content = {"stage": stage, "local": local, "functions": entries}
    manifest.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return manifest


class _Builder:
    """Shares the dependencies between functions that run on the same platform."""

    def __init__(
        self, merged: Template, functions: list[Function], scratch: Path, *, local: bool
    ) -> None:
        self._template = merged
        self._modules = {function.module for function in functions}
        self._scratch = scratch
        self._local = local
        self._dependencies: dict[tuple[str, str], Path] = {}

    def build(self, function: Function, dist: Path) -> dict[str, object]:
        """Write one function's zip and describe it."""
        staging = self._scratch / function.name
        shutil.copytree(self._install(function), staging)
        self._copy_package(function, staging)
        self._describe(function, staging)
        _compile(staging, function)
        target = dist / function.zip
        write_zip(staging, target)
        return {
            "logical_id": function.logical_id,
            "zip": function.zip,
            "handler": function.handler,
            "runtime": function.runtime,
            "architecture": function.architecture,
            "timeout": function.timeout,
            "memory": function.memory,
            "environment": function.environment,
            "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
            "size": target.stat().st_size,
        }

    def _describe(self, function: Function, staging: Path) -> None:
        """Import the handler as Lambda will; the API answers with its OpenAPI document.

        Packages of another platform cannot be imported here: the source stands in for them.
        """
        environment = {
            "PATH": os.environ.get("PATH", ""),
            **local_environment(),
            **stand_ins(function.environment, self._template),
        }
        alone = ["-I", "-S"] if self._local else ["-P"]
        folder = staging if self._local else ROOT / "src"
        script = str(ROOT / "tools" / "import_handler.py")
        sdk = sysconfig.get_path("purelib")
        try:
            document = run(
                [sys.executable, *alone, script, str(folder), sdk, function.module],
                env=environment,
            )
        except ToolError as error:
            raise ToolError(
                f"{function.zip}: {function.module} does not import\n{error}"
            ) from error
        if document:
            target = staging / function.module.replace(".", "/")
            (target.parent / "openapi.json").write_text(document, encoding="utf-8")

    def _install(self, function: Function) -> Path:
        """The folder with the locked dependencies for a function's platform."""
        key = (function.python, function.architecture)
        if key not in self._dependencies:
            target = self._scratch / f"dependencies-{'-'.join(key)}"
            target.mkdir()
            requirements = self._requirements()
            if requirements.read_text(encoding="utf-8").strip():
                run(self._install_command(function, target, requirements), quiet=True)
            _strip(target)
            self._dependencies[key] = target
        return self._dependencies[key]

    def _install_command(self, function: Function, target: Path, requirements: Path) -> list[str]:
        command = [find_uv(), "pip", "install", "--quiet", "--no-config", "--no-deps"]
        command += ["--require-hashes", "--only-binary", ":all:", "--link-mode", "copy"]
        command += ["--target", str(target), "--requirements", str(requirements)]
        command += ["--python-version", function.python]
        if self._local:
            return [*command, "--python", sys.executable]
        if function.architecture not in _PLATFORMS:
            raise ToolError(f"{function.logical_id}: unknown architecture {function.architecture}")
        return [*command, "--python-platform", _PLATFORMS[function.architecture]]

    def _requirements(self) -> Path:
        """The locked dependencies with their hashes, exported once."""
        path = self._scratch / "requirements.txt"
        if not path.exists():
            command = [find_uv(), "export", "--locked", "--quiet", "--no-dev"]
            command += ["--no-emit-project", "--no-header", "--no-annotate"]
            for name in IN_THE_RUNTIME:
                command += ["--prune", name]
            path.write_text(run(command, quiet=True), encoding="utf-8")
        return path

    def _copy_package(self, function: Function, staging: Path) -> None:
        """Copy the package, leaving out the handlers of the other functions."""
        package = project().package
        others = self._modules - {function.module}
        unwanted = {"/".join(module.split(".")) + ".py" for module in others}
        source = ROOT / "src"
        for path in _files(source / package):
            relative = path.relative_to(source).as_posix()
            if relative in unwanted or "__pycache__" in path.parts:
                continue
            target = staging / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        if not certificates.write_roots(staging / package / "runtime"):
            print("Amazon's root certificates were not found: functions load the system's roots")


def write_zip(folder: Path, target: Path) -> None:
    """Zip a folder so that equal folders give equal bytes."""
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in _files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, so that the permissions below count
            entry.external_attr = (0o755 if ".so" in path.suffixes else 0o644) << 16
            archive.writestr(entry, path.read_bytes())
    unfinished.replace(target)


def _strip(folder: Path) -> None:
    """Remove what a running function has no use for; licences stay."""
    for path in list(_files(folder)):
        relative = path.relative_to(folder)
        metadata = relative.parts[0].endswith(".dist-info")
        licence = any(fnmatch.fnmatch(path.name, pattern) for pattern in _LICENCES)
        if (metadata and not licence) or (not metadata and _is_unused(relative)):
            path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _is_unused(relative: Path) -> bool:
    if relative.parts[0] in _UNUSED_AT_THE_TOP:
        return True
    return any(fnmatch.fnmatch(part, pattern) for part in relative.parts for pattern in _UNUSED)


def _compile(staging: Path, function: Function) -> None:
    """Add bytecode: /var/task is read-only, so Lambda could not write it later."""
    current = f"{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = sys.executable
    if function.python != current:
        interpreter = run([find_uv(), "python", "find", function.python], quiet=True).strip()
    environment = {"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")}
    command = [interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    run([*command, "-s", str(staging), "-p", "/var/task", str(staging)], env=environment)


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in one order on every machine."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return iter(sorted(found, key=lambda path: path.relative_to(folder).as_posix()))


def main() -> None:
    """Build into dist/ or dist/local/."""
    parser = argparse.ArgumentParser(description="Build the functions.")
    parser.add_argument("--local", action="store_true", help="for this machine and the emulator")
    parser.add_argument("--stage", default="", help="the stage the manifest describes")
    arguments = parser.parse_args()
    if arguments.local:
        manifest = build(LOCAL_DIST, arguments.stage or LOCAL, local=True)
    else:
        manifest = build(DIST, arguments.stage or "dev", local=False)
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for name, entry in sorted(content["functions"].items()):
        kilobytes = entry["size"] / 1024
        shown = (manifest.parent / entry["zip"]).relative_to(ROOT)
        print(f"{shown}  {kilobytes:,.0f} kB  {name}: {entry['handler']}")
    print(manifest.relative_to(ROOT))
    faults = [
        fault
        for name, entry in sorted(content["functions"].items())
        for fault in too_large(name, manifest.parent / entry["zip"])
    ]
    if faults:
        raise ToolError("\n".join(["over the budget", *faults]))


if __name__ == "__main__":
    from tools.cli import guarded

    guarded(main)
