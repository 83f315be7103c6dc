"""The shortcuts of these tests change nothing about an update."""

import subprocess
import sys
from pathlib import Path

from tests.updates.chain import BREAKING, HEAD, VERSIONS
from tests.updates.service import Projects, Service

from .test_corpus import LIVED_IN


def test_an_update_by_copier_as_it_is_does_the_same(projects: Projects, tmp_path: Path) -> None:
    version = next(version for version in VERSIONS if version not in BREAKING)

    def lived_in(name: str) -> Service:
        service = projects.service(version, tmp_path / name)
        service.edit(*LIVED_IN[0])
        return service

    quick, plain = lived_in("quick"), lived_in("plain")
    quick.update()
    again = lived_in("again")
    again.update()  # now with everything kept
    command = [sys.executable, "-m", "copier", "update", "--defaults", "--vcs-ref", HEAD]
    subprocess.run(command, cwd=plain.folder, check=True, capture_output=True)

    assert quick.files() == again.files() == plain.files()
    assert quick.unmerged() == again.unmerged() == plain.unmerged() == []
