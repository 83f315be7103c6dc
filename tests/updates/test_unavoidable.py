"""Where nobody can decide for the team: both sides changed the same line. Then the update marks it
and keeps both; and where the template drops a file that was edited, Git still has it."""

from pathlib import Path

from tests.updates.edits import EDITS, LIBRARY, all_edits, append, replace
from tests.updates.service import Projects, git

all_edits()
CI = ".github/workflows/ci.yml"


def test_the_same_line_shows_both(projects: Projects, tmp_path: Path) -> None:
    service = projects.service("0.2.5", tmp_path / "project")
    theirs = "astral-sh/setup-uv@fedcba9876543210fedcba9876543210fedcba98 # v9.9.9"
    replace(
        service.folder,
        CI,
        "astral-sh/setup-uv@0123456789abcdef0123456789abcdef01234567 # v9.2.0",
        theirs,
        count=1,
    )

    service.update()

    text = (service.folder / CI).read_text()
    conflict = text[text.index("<<<<<<< before updating") : text.index(">>>>>>> after updating")]
    assert theirs in conflict
    assert "# v10.0.1" in conflict
    assert text.count("<<<<<<< ") == 1
    assert service.unmerged() == [CI]


def test_lines_put_into_the_same_place_show_both(projects: Projects, tmp_path: Path) -> None:
    service = projects.service("0.2.0", tmp_path / "project")
    name = f"{LIBRARY}/log.py"
    replace(service.folder, name, '        "passwd",\n', '        "passport",\n        "passwd",\n')

    service.update()

    text = (service.folder / name).read_text()
    assert '"passport"' in text
    assert '"iban"' in text
    assert service.unmerged() in ([], [name])


def test_line_endings_that_git_stores_are_a_change_of_every_line(
    projects: Projects, tmp_path: Path
) -> None:
    """`eol=crlf` in .gitattributes is the way that needs nobody: see the edits in layout.py."""
    service = projects.service("0.2.0", tmp_path / "project")
    replace(service.folder, ".gitattributes", "* text=auto eol=lf", "* -text")
    service.edit(EDITS["windows_line_endings"])
    name = "template.yaml"
    ours = set((service.folder / name).read_bytes().splitlines(keepends=True))

    service.update()

    assert name in service.unmerged()
    assert ours <= set((service.folder / name).read_bytes().splitlines(keepends=True))
    assert ".editorconfig" not in service.unmerged()


def test_a_managed_file_that_was_edited_and_goes_is_a_deletion_to_review(
    projects: Projects, tmp_path: Path
) -> None:
    """Never without a trace: it is in the diff that the team reviews, and in the last commit."""
    service = projects.service("HEAD", tmp_path / "project")
    append(service.folder, CI, "\n# ours\n")

    service.update(ci="none")

    status = git(service.repository, "status", "--porcelain").decode().splitlines()
    assert f" D {CI}" in status
    assert git(service.repository, "show", f"HEAD:{CI}").endswith(b"# ours\n")
