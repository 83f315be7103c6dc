"""The cases, and how the package of each is made."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.lambda_host.host import Package
from benchmarks.lambda_host.trust import Trust

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
PYTHON = "3.13"
# Run in a generated project: the manifest's environment with values for what AWS would fill in.
_ENVIRONMENT = """
import json, sys
from lambda_workbench.cloudformation import documents
from lambda_workbench.packaging.functions import stand_ins
from lambda_workbench.project import DIST
entry = json.loads((DIST / "manifest.json").read_text())["functions"][sys.argv[1]]
print(json.dumps(stand_ins(entry["environment"], documents.read(DIST / "template.yaml"))))
"""

_MAKE = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL", "ARGS")

Event = dict[str, Any]
ROOTS = "amazon_roots.pem"  # the file that the packager puts beside the client


@dataclass(frozen=True)
class Service:
    """A generated project: the answers that differ from the defaults."""

    name: str
    answers: dict[str, Any] = field(default_factory=dict)


DEFAULT = Service("default")
PLAIN_API = Service("plain-api", {"triggers": ["api"], "data_store": "none"})
STORED_API = Service("stored-api", {"triggers": ["api"]})
EVERYTHING = Service(
    "everything",
    {"triggers": ["api", "queue", "stream", "events", "schedule", "storage", "topic"]},
)


@dataclass(frozen=True)
class Case:
    """One bar of the plot. `limit` is the most it may cost, in empty handlers."""

    name: str
    label: str
    package: Callable[["Workshop"], "Built"]
    accepted: Callable[[Any], bool]
    event: Callable[["Workshop"], Event]
    limit: float | None = None
    peer: bool = False


@dataclass(frozen=True)
class Built:
    """A package, and what is uploaded of it."""

    package: Package
    zip_bytes: int
    files: int


class Workshop:
    """Makes packages, each once, in a folder that may be kept between runs."""

    def __init__(self, folder: Path, uv: str, copier: str, trust: Trust) -> None:
        self.folder = folder
        self._uv = uv
        self._copier = copier
        self._trust = trust

    def python(self) -> Path:
        """An interpreter with what Lambda's own environment holds: the client and the SDK."""
        target = self.folder / "runtime"
        python = target / "bin" / "python"
        if not python.exists():
            self._run([self._uv, "venv", "--quiet", "--python", PYTHON, str(target)])
            requirements = str(HERE / "runtime.txt")
            command = [self._uv, "pip", "install", "--quiet", "--compile-bytecode"]
            self._run([*command, "--python", str(python), "--requirements", requirements])
        return python

    def service(self, service: Service) -> Path:
        """A generated project after `make package STAGE=prod`, for this machine's processor."""
        target = self.folder / "services" / service.name
        if not (target / "dist" / "manifest.json").exists():
            shutil.rmtree(target, ignore_errors=True)
            answers = {"architecture": _architecture(), "python_version": PYTHON, **service.answers}
            data = [f"--data={name}={_answer(value)}" for name, value in answers.items()]
            command = [self._copier, "copy", "--quiet", "--defaults", "--vcs-ref", "HEAD"]
            self._run([*command, *data, str(REPO), str(target)])
            self._run(["git", "init", "--quiet", str(target)])
            self._run(["make", "--directory", str(target), "package", "STAGE=prod"])
        return target

    def function(
        self, service: Service, name: str, *, roots: bool = True, boto3: bool = False
    ) -> Built:
        """A function of a generated project with the environment of its manifest.

        `roots=False` leaves out the file with Amazon's roots, so that the system's are loaded.
        """
        dist = self.service(service) / "dist"
        entry = json.loads((dist / "manifest.json").read_text())["functions"][name]
        mode = "boto3" if boto3 else "amazon-roots" if roots else "system-roots"
        target = self.folder / "packages" / f"{service.name}-{name}-{mode}"
        shutil.rmtree(target, ignore_errors=True)
        with zipfile.ZipFile(dist / entry["zip"]) as archive:
            archive.extractall(target)
            files = len(archive.namelist())
        script = [".venv/bin/python", "-c", _ENVIRONMENT, name]
        environment = json.loads(self._run(script, self.service(service)))
        bundled = next(iter(target.glob(f"lean_lambda/{ROOTS}")), None)
        if bundled and roots and not boto3:
            # The fake's authority joins Amazon's; nothing else about the package changes.
            bundled.write_text(bundled.read_text() + self._trust.authority.read_text())
        else:
            environment |= self._system_trust()
        if boto3:
            environment["AWS_CLIENT"] = "boto3"
        package = Package(target, entry["handler"], environment, entry["memory"])
        return Built(package, entry["size"], files)

    def event(self, service: Service, trigger: str) -> Event:
        """The sample event of a generated project."""
        path = self.service(service) / "events" / f"{trigger}.json"
        event: Event = json.loads(path.read_text())
        return event

    def peer(self, name: str, *, bytecode: bool = True) -> Built:
        """A function of `peers/` with its dependencies, as a zip would hold them."""
        folder = HERE / "peers" / name
        environment = {
            "ORDERS_TABLE": "OrdersTable",
            "IDEMPOTENCY_TABLE": "IdempotencyTable",
            "POWERTOOLS_SERVICE_NAME": "order-service",
            "POWERTOOLS_METRICS_NAMESPACE": "order-service",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        return self.packed(
            name,
            [folder / "handler.py"],
            folder / "requirements.txt",
            "handler.handler",
            environment,
            bytecode=bytecode,
        )

    def packed(
        self,
        name: str,
        sources: list[Path],
        requirements: Path,
        handler: str,
        environment: dict[str, str],
        *,
        versions: Path | None = None,
        bytecode: bool = True,
    ) -> Built:
        """Files and folders with their dependencies; those stay as they were first installed.

        `versions` pins what the requirements leave open.
        """
        target = self.folder / "packages" / (name if bytecode else f"{name}-no-bytecode")
        if not target.exists():
            target.mkdir(parents=True)
            if requirements.exists():
                command = [self._uv, "pip", "install", "--quiet", "--target", str(target)]
                command += ["--python", str(self.python()), "--only-binary", ":all:"]
                if versions:
                    command += ["--constraints", str(versions)]
                self._run([*command, "--requirements", str(requirements)])
            if bytecode:
                self._compile(target)
        for source in sources:
            copy = target / source.name
            if source.is_dir():
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(source, copy)
            if bytecode:
                self._compile(copy)
        size, files = _zipped(target, self.folder / "peer.zip")
        return Built(Package(target, handler, self._system_trust() | environment), size, files)

    def generated(self, name: str, template: Path) -> Path:
        """What a cookiecutter template makes of its defaults."""
        target = self.folder / "generated" / name
        if not target.exists():
            target.mkdir(parents=True)
            command = [self._uv, "tool", "run", "cookiecutter", "--no-input"]
            self._run([*command, "--output-dir", str(target), str(template)])
        return next(target.iterdir())

    def locked(self, checkout: Path) -> Path:
        """The requirements that the lock file of a project names."""
        target = self.folder / f"{checkout.resolve().name}.txt"
        command = [self._uv, "export", "--quiet", "--frozen", "--no-dev", "--no-emit-project"]
        self._run([*command, "--no-hashes", "--output-file", str(target.resolve())], checkout)
        return target

    def _compile(self, path: Path) -> None:
        compile_all = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
        self._run([str(self.python()), *compile_all, str(path)])

    def _system_trust(self) -> dict[str, str]:
        bundle = str(self._trust.bundle)
        return {"SSL_CERT_FILE": bundle, "AWS_CA_BUNDLE": bundle}

    def _run(self, command: list[str], folder: Path | None = None) -> str:
        # Not the options of the make that runs the benchmark, which a make below would take over.
        kept = {name: value for name, value in os.environ.items() if name not in _MAKE}
        done = subprocess.run(
            command, cwd=folder, env=kept, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout


def _accepted(status: int) -> Callable[[Any], bool]:
    return lambda reply: isinstance(reply, dict) and reply.get("statusCode") == status


def _no_failures(reply: Any) -> bool:
    return bool(reply == {"batchItemFailures": []})


def _order(workshop: Workshop) -> Event:
    return workshop.event(DEFAULT, "api")


def cases() -> list[Case]:
    """The empty handler first, then ours, then the peers."""

    def ours(service: Service, name: str, **how: bool) -> Callable[[Workshop], Built]:
        return lambda workshop: workshop.function(service, name, **how)

    def event(service: Service, trigger: str) -> Callable[[Workshop], Event]:
        return lambda workshop: workshop.event(service, trigger)

    def peer(name: str, label: str, **how: bool) -> Case:
        case = f"{name}-no-bytecode" if how else name
        return Case(
            case, label, lambda shop: shop.peer(name, **how), _accepted(201), _order, peer=True
        )

    created, taken = _accepted(201), _accepted(202)
    return [
        Case("empty", "empty handler", lambda shop: shop.peer("empty"), created, _order),
        Case(
            "api-plain", "API, no data store", ours(PLAIN_API, "api"), created,
            event(PLAIN_API, "api"), 2.5,
        ),
        Case("api-stored", "API, DynamoDB", ours(STORED_API, "api"), created, _order, 4),
        Case(
            "api-default", "API, DynamoDB and SQS (default)", ours(DEFAULT, "api"), taken,
            _order, 4,
        ),
        Case(
            "queue", "queue, DynamoDB and SSM (default)", ours(DEFAULT, "queue"), _no_failures,
            event(DEFAULT, "queue"), 4.5,
        ),
        Case(
            "stream", "stream, DynamoDB", ours(EVERYTHING, "stream"), _no_failures,
            event(EVERYTHING, "stream"), 4.5,
        ),
        Case(
            "api-system-roots", "API, DynamoDB, all the system's roots",
            ours(STORED_API, "api", roots=False), created, _order,
        ),
        Case(
            "api-boto3", "API, DynamoDB, AWS_CLIENT=boto3",
            ours(STORED_API, "api", boto3=True), created, _order,
        ),
        peer("powertools_lean", "Powertools lean, stores nothing"),
        peer("fastapi_mangum", "FastAPI + Mangum, stores nothing"),
        peer("fastapi_boto3", "FastAPI + Mangum + boto3"),
        peer("powertools_boto3", "Powertools lean + msgspec + boto3"),
        peer("naive", "Powertools + pydantic + boto3"),
        peer("naive", "Powertools + pydantic + boto3, no bytecode", bytecode=False),
    ]  # fmt: skip


def _architecture() -> str:
    import platform

    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def _answer(value: object) -> str:
    return f"[{','.join(value)}]" if isinstance(value, list) else str(value)


def _zipped(folder: Path, target: Path) -> tuple[int, int]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return target.stat().st_size, len(files)
