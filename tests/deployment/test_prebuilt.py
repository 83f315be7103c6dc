"""PREBUILT=1 deploys what was built and tested, or nothing."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.operations.conftest import Tools


@pytest.fixture
def dist(project: Tools, packed: Path) -> Path:
    """A package in a project, to be tampered with."""
    shutil.copytree(packed, project.project / "dist")
    return project.project / "dist"


def check(project: Tools) -> str:
    """What is said about dist/ before anything is asked of AWS, for which nothing is configured."""
    done = project.run("deploy", "dev", "--prebuilt", AWS_EC2_METADATA_DISABLED="true")
    assert done.code == 1
    return done.output


def append(name: str) -> Callable[[Path], None]:
    def change(dist: Path) -> None:
        with (dist / name).open("ab") as file:
            file.write(b"\n")

    return change


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (append("api.zip"), "api.zip has the hash"),
        (append("template.yaml"), "template.yaml has the hash"),
        (lambda dist: (dist / "queue.zip").unlink(), "queue.zip is missing"),
        (lambda dist: (dist / "template.yaml").unlink(), "template.yaml is missing"),
        (
            lambda dist: shutil.copy(dist / "api.zip", dist / "other.zip"),
            "other.zip is not in the manifest",
        ),
        (lambda dist: (dist / "manifest.json").unlink(), "run make package"),
    ],
)
def test_a_package_that_was_changed_is_refused(
    tamper: Callable[[Path], None], said: str, project: Tools, dist: Path
) -> None:
    tamper(dist)

    output = check(project)

    assert said in output
    assert "redentials" not in output


@pytest.mark.parametrize("part", ["layer.zip", "image.tar"])
def test_a_layer_and_an_image_are_compared_too(part: str, project: Tools, dist: Path) -> None:
    (dist / part).write_bytes(b"something else")
    manifest = dist / "manifest.json"
    content = json.loads(manifest.read_text())
    if part == "layer.zip":
        content["layer"] = {"logical_id": "Layer", "zip": part, "sha256": "0" * 64}
    else:
        content["image"] = {"folder": "image", "archive_sha256": "0" * 64}
    manifest.write_text(json.dumps(content))

    assert f"{part} has the hash" in check(project)


def test_an_image_that_was_never_built_is_missing(project: Tools, dist: Path) -> None:
    manifest = dist / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, "image": {"folder": "image"}}))

    assert "image.tar is missing" in check(project)


def test_an_untouched_package_passes_with_its_bill_of_materials(project: Tools, dist: Path) -> None:
    (dist / "sbom.cdx.json").write_text("{}")

    assert "manifest" not in check(project)  # it fails later, for there is no AWS


def test_a_new_build_clears_away_what_an_older_one_has_left(project: Tools, dist: Path) -> None:
    shutil.copy(dist / "api.zip", dist / "dropped.zip")

    assert not project.run("package").failure

    assert not (dist / "dropped.zip").exists()
    assert "manifest" not in check(project)
