"""`make release`: nothing is released that does not agree with itself."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from releases.record import recorded, unpack
from tests.questions.repositories import commit, git, repository
from tests.support import ROOT
from tools.release import COPIER_PINS, check_copier, problems, release

LOCK = '[[package]]\nname = "copier-aws-lambda"\nversion = "1.2.0"\n'
FILES = [*COPIER_PINS, "copier.yml", "practices.yml", "docs/questions.md", "pyproject.toml"]
LOCKED = "packages/lambda-workbench/src/lambda_workbench/environments/copier/pyproject.toml"
CHANGELOG = (
    "# Changelog\n\n## 1.2.0 - 2026-03-04\n\n- Better.\n\n## 1.1.0 - 2026-01-01\n\n- Good.\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository that is ready for its release 1.2.0."""
    folder = tmp_path / "repository"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    change(folder, "pyproject.toml", r'^version = ".*"', 'version = "1.2.0"')
    checks = {
        row["check"].partition("::")[0]
        for row in yaml.safe_load((ROOT / "practices.yml").read_text())["practices"]
        if row["state"] == "works"
    }
    for name in checks:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "uv.lock").write_text(LOCK)
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    (folder / "releases").mkdir()
    (folder / "includes").mkdir()
    (folder / "includes/one.jinja").write_text("one\n")
    return repository(folder)


def change(root: Path, name: str, pattern: str, replacement: str) -> None:
    text = (root / name).read_text()
    changed = re.sub(pattern, replacement, text, count=1, flags=re.MULTILINE)
    assert changed != text
    (root / name).write_text(changed)


def test_a_repository_in_order_is_released(root: Path, tmp_path: Path) -> None:
    assert problems(root, "1.2.0") == []

    release(root, "1.2.0")

    assert git(root, "status", "--porcelain") == ""
    assert git(root, "log", "-1", "--format=%s").strip() == "Release 1.2.0"
    assert git(root, "cat-file", "-t", "1.2.0").strip() == "tag"
    assert (
        git(root, "tag", "--list", "--format=%(contents)", "1.2.0").strip() == "1.2.0\n\n- Better."
    )
    assert [version for version, _ in recorded(root / "releases")] == ["1.2.0"]
    assert unpack(tmp_path / "unpacked.git", root / "releases") == ["1.2.0"]
    recorded_file = git(tmp_path / "unpacked.git", "show", "1.2.0:includes/one.jinja")
    assert recorded_file == "one\n"

    # Once is enough.
    said = "\n".join(problems(root, "1.2.0"))
    assert "releases/ has 1.2.0 already" in said
    assert "the tag 1.2.0 is there already" in said


@pytest.mark.parametrize("version", ["1.2", "v1.2.0", "1.2.0rc1", ""])
def test_a_version_has_three_numbers(version: str, root: Path) -> None:
    (said,) = problems(root, version)
    assert "three numbers" in said


Break = Callable[[Path], None]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (("pyproject.toml", r'^version = ".*"', 'version = "1.1.0"'), "pyproject.toml says 1.1.0"),
        (("uv.lock", "1.2.0", "1.1.0"), "uv.lock says 1.1.0"),
        (("CHANGELOG.md", "## 1.2.0.*", "## Unreleased"), "has no section 1.2.0"),
        (("CHANGELOG.md", " - 2026-03-04", ""), "write `## 1.2.0 - YYYY-MM-DD`"),
        (("CHANGELOG.md", "2026-03-04", "2026-13-04"), "write `## 1.2.0 - YYYY-MM-DD`"),
        (("CHANGELOG.md", "- Better.\n", ""), "says nothing about 1.2.0"),
        (("CHANGELOG.md", "^## 1.2.0", "## Unreleased\n\n- Later.\n\n## 1.2.0"), "begins with"),
        ((LOCKED, r"copier==[\d.]+", "copier==9.0.0"), "copier==9.0.0"),
        (("fleet/fleet.py", r"copier==[\d.]+", "copier"), "fleet/fleet.py names copier,"),
        (("practices.yml", "state: .*", "state: perhaps"), "has no state"),
        (("practices.yml", r"- id: \w+", "- id: I7"), "I7 twice"),
        (("practices.yml", "^practices:", "practices"), "practices.yml cannot be read"),
        (("docs/questions.md", r"^\| `owner` .*\n", ""), "docs/questions.md does not list"),
    ],
)
def test_what_does_not_agree_is_named(broken: tuple[str, str, str], said: str, root: Path) -> None:
    change(root, *broken)
    commit(root, "Broken")

    found = problems(root, "1.2.0")
    assert any(said in one for one in found), found


def test_only_what_is_committed_on_main_is_released(root: Path) -> None:
    git(root, "switch", "-q", "-c", "feature")
    (root / "new").write_text("")

    said = "\n".join(problems(root, "1.2.0"))
    assert "uncommitted changes" in said
    assert "the branch feature" in said


def test_a_major_version_says_what_to_do(root: Path) -> None:
    release(root, "1.2.0")
    for name in ("pyproject.toml", "uv.lock", "CHANGELOG.md"):
        change(root, name, r"1\.2\.0", "2.0.0")
    commit(root, "Two")
    (said,) = problems(root, "2.0.0")
    assert "UPGRADING.md" in said

    (root / "UPGRADING.md").write_text("# Upgrading\n\n## To 2.0.0\n\nDo this.\n")
    commit(root, "Upgrading")
    assert problems(root, "2.0.0") == []


def test_everything_here_names_the_same_copier() -> None:
    assert list(check_copier(ROOT, "")) == []
