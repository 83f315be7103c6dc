"""Where a project gets the template's packages from: a Git address, or a copy of its own.

No address here leads anywhere: Git is told to look in a folder instead. Copier and uv then do
what they do with a template on a server.
"""

import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import support
from tests.profiles.test_profiles import begin_repository
from tests.questions.conftest import answers_of
from tests.questions.repositories import commit, git
from tools.commands import fresh_environment
from tools.commands import run as run_command

HTTPS = "https://github.com/example-org/copier-aws-lambda.git"
SSH = "ssh://git@git.example.com/team/copier-aws-lambda.git"
# What a person types, and what uv reads.
ADDRESSES = {
    HTTPS: HTTPS,
    f"git+{HTTPS}": HTTPS,
    "gh:example-org/copier-aws-lambda": HTTPS,
    "git@git.example.com:team/copier-aws-lambda.git": SSH,
    SSH: SSH,
}
PACKAGES = sorted(path.parent.name for path in (support.ROOT / "packages").glob("*/pyproject.toml"))
Make = Callable[..., Path]


@pytest.fixture
def released(tmp_path: Path) -> Path:
    folder = support.snapshot(tmp_path / "template")
    git(folder, "tag", "1.0.0")
    return folder


@pytest.fixture
def make(
    released: Path, tmp_path: Path, nobodys_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> Make:
    """`make(address)` copies the template from an address that stands for the folder."""

    settings = tmp_path / "gitconfig"
    typed = [HTTPS, SSH, "git@git.example.com:team/copier-aws-lambda.git"]
    typed.append(HTTPS.replace("https://", "https://me:secret@"))
    instead = "".join(f"\tinsteadOf = {address}\n" for address in typed)
    own = (nobodys_machine / ".gitconfig").read_text()
    settings.write_text(f'{own}[url "{released}"]\n{instead}')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))

    def _make(address: str, **answers: Any) -> Path:
        command = ["copier", "copy", "--quiet", "--defaults"]
        command += [f"--data={name}={value}" for name, value in answers.items()]
        done = support.run([*command, address, str(tmp_path / "service")], cwd=tmp_path)
        assert not done.failure, done.failure
        return tmp_path / "service"

    return _make


def uv_settings(project: Path) -> dict[str, Any]:
    settings: dict[str, Any] = tomllib.loads((project / "pyproject.toml").read_text())
    uv: dict[str, Any] = settings["tool"]["uv"]
    return uv


def test_every_package_has_the_version_of_the_template() -> None:
    version = tomllib.loads((support.ROOT / "pyproject.toml").read_text())["project"]["version"]
    for name in PACKAGES:
        text = (support.ROOT / "packages" / name / "pyproject.toml").read_text()
        package = tomllib.loads(text)["project"]
        assert (package["name"], package["version"]) == (name, version)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_a_dependency_at_the_full_commit(
    address: str, make: Make, released: Path
) -> None:
    project = make(address)

    assert answers_of(project)["tooling"] == "dependency"
    head = git(released, "rev-parse", "HEAD").strip()
    assert uv_settings(project)["sources"] == {
        name: {"git": ADDRESSES[address], "rev": head, "subdirectory": f"packages/{name}"}
        for name in PACKAGES
    }
    assert not (project / "vendor").exists()


@pytest.mark.parametrize("address", [HTTPS, "git@git.example.com:team/copier-aws-lambda.git"])
def test_whoever_cannot_reach_the_address_later_takes_a_copy(address: str, make: Make) -> None:
    project = make(address, tooling="vendored")

    assert uv_settings(project)["sources"] == {name: {"workspace": True} for name in PACKAGES}
    assert vendored(project) == PACKAGES


def test_an_address_with_a_password_is_refused(make: Make, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="'tooling': expected the template's address without"):
        make(HTTPS.replace("https://", "https://me:secret@"))
    assert not (tmp_path / "service").exists()


def vendored(project: Path) -> list[str]:
    return sorted(path.name for path in (project / "vendor").iterdir())


def plain_folder(released: Path) -> None:
    subprocess.run(["rm", "-rf", ".git"], cwd=released, check=True)


def newer_than_its_tag(released: Path) -> None:
    mark(released)
    commit(released, "Work that is not released")


def mark(released: Path) -> None:
    with (released / "packages" / PACKAGES[0] / "README.md").open("a") as readme:
        readme.write("\nNot released.\n")


@pytest.mark.parametrize(
    ("changed", "ref", "expected"),
    [
        (plain_folder, None, "released"),
        (newer_than_its_tag, None, "released"),
        (newer_than_its_tag, "HEAD", "newer"),
        (mark, "HEAD", "newer"),  # uncommitted
    ],
)
def test_a_folder_is_copied_with_the_packages_of_the_same_version(
    changed: Callable[[Path], None], ref: str | None, expected: str, released: Path, tmp_path: Path
) -> None:
    changed(released)
    command = ["copier", "copy", "--quiet", "--defaults", str(released), str(tmp_path / "service")]
    command += ["--vcs-ref", ref] if ref else []

    done = support.run(command, cwd=tmp_path)

    assert not done.failure, done.failure
    project = tmp_path / "service"
    assert vendored(project) == PACKAGES
    readme = (project / "vendor" / PACKAGES[0] / "README.md").read_text()
    assert ("Not released." in readme) == (expected == "newer")
    texts = [path.read_text() for path in project.rglob("*") if path.is_file()]
    named = [text for text in texts if str(tmp_path) in text]
    assert len(named) == 1, "only the answers file remembers where the folder was"
    assert not list(project.glob("vendor/*/tests"))


def test_a_folder_cannot_be_a_dependency(released: Path, tmp_path: Path) -> None:
    command = ["copier", "copy", "--quiet", "--defaults", "--data=tooling=dependency"]

    done = support.run([*command, str(released), str(tmp_path / "service")], cwd=tmp_path)

    assert "'tooling': expected vendored, because the template is a folder" in done.output
    assert not (tmp_path / "service").exists()


@pytest.mark.parametrize(
    "address",
    [HTTPS, pytest.param("git@git.example.com:team/copier-aws-lambda.git", marks=pytest.mark.slow)],
)
def test_a_project_with_dependencies_is_green_where_it_was_pushed_to(
    address: str, make: Make, tmp_path: Path
) -> None:
    project = make(address)
    environment = fresh_environment(HOME=str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    done = run_command(["make", "setup"], cwd=project, env=environment, timeout=1200)
    assert not done.failure, done.failure
    begin_repository(project)
    subprocess.run(["git", "clone", "-q", str(project), str(tmp_path / "clone")], check=True)

    for target in ("check", "test", "package"):
        done = run_command(
            ["make", target],
            cwd=tmp_path / "clone",
            env={**environment, "UV_LOCKED": "1"},
            timeout=1200,
        )
        assert not done.failure, done.failure
    assert git(tmp_path / "clone", "status", "--porcelain") == ""
