"""The same inputs give the same bytes, and only inputs whose hashes are locked are taken."""

import os
import re
from pathlib import Path

import pytest

from tests.package.conftest import Locked, Package, manifest_of


def everything_in(dist: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its permissions, which are part of an image."""
    return {
        path.relative_to(dist).as_posix(): (path.stat().st_mode, path.read_bytes())
        for path in dist.rglob("*")
        if path.is_file() and (path.suffix == ".zip" or "image" in path.parts)
    }


@pytest.mark.parametrize("packaging", ["zip", "layer", "image"])
def test_two_builds_are_equal_byte_for_byte(
    packaging: str, locked: Locked, package: Package
) -> None:
    """In folders of other names and depths, at other times, by people with another umask."""
    one = locked("one", packaging=packaging)
    other = locked("somewhere else/two", packaging=packaging)
    for path in other.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert not package(one, umask=0o22).failure
    assert not package(other, umask=0o77).failure
    found, again = everything_in(one / "dist"), everything_in(other / "dist")
    assert sorted(found) == sorted(again)
    assert [name for name in found if found[name][1] != again[name][1]] == []
    if packaging == "image":
        assert [name for name in found if found[name] != again[name]] == []
    assert manifest_of(one) == manifest_of(other)


def test_a_changed_line_changes_its_package_and_not_the_layer(
    locked: Locked, package: Package
) -> None:
    project = locked(packaging="layer")
    assert not package(project).failure
    before = manifest_of(project)
    handler = project / "src/order_service/handlers/queue.py"
    handler.write_text(handler.read_text() + "\nADDED = 1\n")
    assert not package(project).failure
    after = manifest_of(project)
    assert after["functions"]["queue"]["sha256"] != before["functions"]["queue"]["sha256"]
    assert after["functions"]["api"]["sha256"] == before["functions"]["api"]["sha256"]
    assert after["layer"] == before["layer"]


def test_a_dependency_with_another_hash_than_the_locked_one_is_refused(
    locked: Locked, package: Package
) -> None:
    project = locked()
    lock = project / "uv.lock"
    section = re.search(r'\[\[package\]\]\nname = "msgspec".*?\n\n', lock.read_text(), re.DOTALL)
    assert section
    forged = re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", section.group())
    lock.write_text(lock.read_text().replace(section.group(), forged))
    done = package(project)
    assert done.code == 1
    assert "hash" in done.output.lower()


def test_a_lock_file_that_is_out_of_date_is_refused(locked: Locked, package: Package) -> None:
    project = locked()
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().replace('"msgspec', '"idna",\n  "msgspec', 1))
    done = package(project)
    assert done.code == 1
    assert "uv.lock" in done.output or "lockfile" in done.output
