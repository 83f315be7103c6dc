"""The container image. No test builds it: there is neither Docker nor AWS's registry here. What the
Dockerfile does is carried out on a scratch folder instead, and what Docker, skopeo and the registry
are asked is written down by stand-ins."""

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path
from string import Template
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import load, loads

from tests import support
from tests.conftest import Render
from tests.package.conftest import Locked, Package, manifest_of

DIGEST = "sha256:" + "ab" * 32
# What AWS's base images for Python set, as far as Dockerfiles use it.
BASE = {"LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime"}


def build(dockerfile: Path, context: Path, root: Path) -> dict[str, str]:
    """Carry out a Dockerfile on an empty root; other instructions than these are refused."""
    variables = dict(BASE)
    found = {"USER": "root", "CMD": ""}
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE)
    for line in re.sub(r"\\\n", " ", text).splitlines():
        instruction, _, rest = line.strip().partition(" ")
        rest = Template(rest).substitute(variables)
        if instruction in ("ENV", "ARG"):
            variables |= dict(pair.split("=", 1) for pair in shlex.split(rest))
        elif instruction == "COPY":
            *sources, target = (word for word in shlex.split(rest) if not word.startswith("--"))
            for source in sources:
                copy(context / source, root / target.strip("/"))
        elif instruction == "RUN":
            subprocess.run(["sh", "-c", rest], cwd=root, env=variables, check=True)
        elif instruction:
            found[instruction] = rest
    return found


def copy(source: Path, target: Path) -> None:
    """As COPY does: the content of a folder, permissions included."""
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


@pytest.fixture
def project(locked: Locked) -> Path:
    # x86_64 and 3.13, so that what is built can be loaded by the tests' own interpreter.
    return locked(packaging="image", architecture="x86_64")


def test_every_handler_starts_from_what_the_dockerfile_makes(
    project: Path, package: Package, service_tools: Path, tmp_path: Path
) -> None:
    """The folder is read-only, as on Lambda, and only the SDK comes from elsewhere."""
    if os.uname().machine != "x86_64":
        pytest.skip("the image is for x86_64")
    assert not package(project, umask=0o77).failure
    root = tmp_path / "root"
    found = build(project / "Dockerfile", project / "dist/image", root)
    assert found["FROM"] == "public.ecr.aws/lambda/python:3.13"

    task = root / "var/task"
    for path in task.rglob("*"):
        mode = path.stat().st_mode
        assert mode & stat.S_IROTH, path  # the user that Lambda takes is nobody's
        assert not mode & stat.S_IWOTH, path
    sdk = next((service_tools / "lib").glob("python*/site-packages"))
    for name, function in manifest_of(project)["functions"].items():
        module = function["handler"].rpartition(".")[0]
        environment = {
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **{name: value.strip("${}") for name, value in function["environment"].items()},
            "ORDERS_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/1/orders",
        }
        script = str(support.WORKBENCH / "packaging/import_handler.py")
        python = str(service_tools / "bin/python")
        command = [python, "-I", "-S", script, str(task), str(sdk), module]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (name, done.stderr)


def test_functions_share_one_image_and_differ_in_their_command(project: Path) -> None:
    template = load(str(project / "template.yaml"))
    functions = {
        name: body["Properties"]
        for name, body in template["Resources"].items()
        if body["Type"] == "AWS::Serverless::Function"
    }
    assert set(functions) == {"ApiFunction", "QueueFunction"}
    for name, properties in functions.items():
        short = name.removesuffix("Function").lower()
        assert properties["PackageType"] == "Image"
        assert properties["ImageUri"] == {"Ref": "Image"}
        assert properties["ImageConfig"]["Command"] == [f"order_service.handlers.{short}.handler"]
        assert not {"Runtime", "Handler", "CodeUri"} & set(properties)


def test_hadolint_finds_nothing(project: Path) -> None:
    assert not support.run(["hadolint", "Dockerfile"], cwd=project).failure


def test_the_content_has_no_tools_to_build_with(project: Path, package: Package) -> None:
    assert not package(project).failure
    image = project / "dist/image"
    assert {path.name for path in image.iterdir() if ".dist-info" not in path.name} == {
        "lean_lambda",
        "msgspec",
        "order_service",
    }
    assert "RUN" not in re.findall(r"^\w+", (project / "Dockerfile").read_text(), re.MULTILINE)


DOCKER = """\
#!/bin/sh
echo "docker $*" >> "$RECORD"
case "$*" in
  *inspect*) exit 1 ;;
  *build*) cp "$ARCHIVE" dist/image.tar ;;
esac
"""
SKOPEO = """\
#!/bin/sh
echo "skopeo $*" >> "$RECORD"
"""
# Stands in for the AWS client of one registry; what it has is in the file $REGISTRY.
BOTO3 = """\
import json, os, pathlib
import botocore.exceptions

class Missing(Exception):
    pass

class Registry:
    class exceptions:
        ImageNotFoundException = RepositoryNotFoundException = Missing
    has = json.loads(pathlib.Path(os.environ["REGISTRY"]).read_text())
    def describe_repositories(self, repositoryNames):
        if repositoryNames != [self.has["repository"]]:
            raise Missing
        uri = f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/{repositoryNames[0]}"
        return {"repositories": [{"repositoryUri": uri}]}
    def describe_images(self, repositoryName, imageIds):
        if imageIds[0]["imageDigest"] not in self.has["images"]:
            raise Missing
    def get_authorization_token(self):
        return {"authorizationData": [{"authorizationToken": "c2VjcmV0"}]}
    def get_waiter(self, name):
        return self
    def wait(self, **_):
        if self.has["findings"] is None:
            raise botocore.exceptions.WaiterError("scan", "timeout", {})
    def describe_image_scan_findings(self, **_):
        return {"imageScanFindings": {"findingSeverityCounts": self.has["findings"]}}

def client(name, region_name):
    assert (name, region_name) == ("ecr", "eu-west-1")
    return Registry()
"""


class Machine:
    """A machine with Docker, skopeo and a registry that are not real."""

    def __init__(self, folder: Path, python: str) -> None:
        self.python = python
        self.record = folder / "record"
        self.record.touch()
        self.registry = folder / "registry.json"
        self.has(images=[], findings={})
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name, text in (("docker", DOCKER), ("skopeo", SKOPEO)):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)
        stand_in = folder / "stand-in"
        stand_in.mkdir()
        (stand_in / "boto3.py").write_text(BOTO3)
        self.archive = folder / "built.tar"
        index = folder / "index.json"
        index.write_text(json.dumps({"manifests": [{"digest": DIGEST}]}))
        with tarfile.open(self.archive, "w") as tar:
            tar.add(index, "index.json")
        self.environment = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(stand_in),
            "RECORD": str(self.record),
            "ARCHIVE": str(self.archive),
            "REGISTRY": str(self.registry),
        }

    def has(self, *, images: list[str], findings: dict[str, int] | None) -> None:
        """What the registry has, and what its scans find; None for a scan that does not end."""
        content = {"repository": "order-service-staging", "images": images, "findings": findings}
        self.registry.write_text(json.dumps(content))

    def image(self, project: Path, *arguments: str, **environment: str) -> support.Finished:
        command = [self.python, "-m", "lambda_workbench", "image", *arguments]
        return support.run(command, cwd=project, env={**self.environment, **environment})

    def asked(self) -> list[str]:
        return self.record.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path, service_tools: Path) -> Machine:
    folder = tmp_path / "machine"
    folder.mkdir()
    return Machine(folder, str(service_tools / "bin/python"))


@pytest.fixture
def packed(render: Render) -> Path:
    """A project whose package is there; what is in it does not matter here."""
    project = render(packaging="image")
    content: dict[str, Any] = {"functions": {}, "local": False, "image": {"architecture": "arm64"}}
    (project / "dist/image").mkdir(parents=True)
    (project / "dist/manifest.json").write_text(json.dumps(content))
    return project


def test_docker_is_asked_for_one_image_of_the_functions_processor(
    packed: Path, machine: Machine
) -> None:
    done = machine.image(packed, "build")
    assert not done.failure, done.failure
    assert DIGEST in done.output
    assert manifest_of(packed)["image"]["digest"] == DIGEST
    built = machine.asked()[-1]
    assert "--platform linux/arm64" in built
    assert "--provenance=false --sbom=false" in built  # a list of manifests is not for Lambda
    assert built.endswith("--output type=oci,dest=dist/image.tar --file Dockerfile dist/image")


def test_a_stage_gets_the_image_that_was_built_by_its_digest(
    packed: Path, machine: Machine
) -> None:
    machine.image(packed, "build")
    done = machine.image(packed, "push", "staging")
    assert not done.failure, done.failure
    address = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/order-service-staging"
    assert f"{address}@{DIGEST}" in done.output
    copied = machine.asked()[-1]
    assert copied.startswith("skopeo copy --quiet --preserve-digests")
    assert copied.endswith(f"dist/image.tar docker://{address}:{'ab' * 6}")
    assert "c2VjcmV0" not in copied  # the password is in a file


def test_an_image_that_a_stage_has_is_not_pushed_again(packed: Path, machine: Machine) -> None:
    machine.has(images=[DIGEST], findings={})
    machine.image(packed, "build")
    done = machine.image(packed, "push", "staging")
    assert not done.failure, done.failure
    assert not [line for line in machine.asked() if line.startswith("skopeo")]


def test_an_image_with_a_critical_vulnerability_is_not_deployed(
    packed: Path, machine: Machine
) -> None:
    machine.has(images=[], findings={"CRITICAL": 1, "HIGH": 2})
    machine.image(packed, "build")
    done = machine.image(packed, "push", "staging")
    assert done.code == 1
    assert "found 1 critical, 2 high" in done.output
    assert "has critical vulnerabilities" in done.output
    assert not machine.image(packed, "push", "staging", ACCEPT_FINDINGS="1").failure


def test_a_scan_that_does_not_end_is_said(packed: Path, machine: Machine) -> None:
    machine.has(images=[], findings=None)
    machine.image(packed, "build")
    done = machine.image(packed, "push", "staging")
    assert not done.failure
    assert "has not scanned the image" in done.output


def test_what_is_missing_is_said(packed: Path, machine: Machine) -> None:
    assert "run make image" in machine.image(packed, "push", "staging").output
    machine.image(packed, "build")
    done = machine.image(packed, "push", "dev")
    assert "no repository order-service-dev: see docs/delivery.md" in done.output
    (machine.bin / "docker").unlink()
    done = machine.image(packed, "build", PATH=str(machine.bin))
    assert "built with Docker" in done.output


def test_the_repository_keeps_what_was_pushed(render: Render) -> None:
    for ci in ("github", "none"):
        project = render(packaging="image", ci=ci)
        images = loads(support.bootstrap_template(project))["Resources"]["Images"]
        properties = images["Properties"]
        assert images["DeletionPolicy"] == "Retain"
        assert properties["RepositoryName"] == {"Fn::Sub": "${Service}-${Stage}"}
        assert properties["ImageTagMutability"] == "IMMUTABLE"
        assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
        rules = json.loads(properties["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
        assert [rule["selection"]["countNumber"] for rule in rules] == [50]
        (statement,) = properties["RepositoryPolicyText"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
        assert "Condition" in statement


def test_other_packagings_have_nothing_of_an_image(render: Render) -> None:
    for packaging in ("zip", "layer"):
        project = render(packaging=packaging)
        assert not (project / "Dockerfile").exists()
        assert "make image" not in support.run(["make", "help"], cwd=project).output
        assert "ecr:" not in support.bootstrap_template(project)
        assert "docker" not in (project / ".github/dependabot.yml").read_text()
        assert "make image" not in (project / ".github/workflows/ci.yml").read_text()
