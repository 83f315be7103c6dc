"""Edits from each release: what a team did is still there, and everything new has arrived."""

import pytest

from tests.updates.chain import VERSIONS
from tests.updates.edits import Edit, all_edits

from .conftest import UpdateEdited

EDITS = all_edits()
TOGETHER = [edit for edit in EDITS if not edit.alone]
APART = [edit for edit in EDITS if edit.alone]


def assert_survived(
    update_edited: UpdateEdited, version: str, edits: list[Edit], subfolder: str = ""
) -> None:
    service, outcome = update_edited(version, edits, subfolder)
    assert not outcome, outcome
    assert [edit.name for edit in edits if not edit.survived(service.folder)] == []


def names(edit: Edit) -> str:
    return edit.name


def test_there_are_enough_edits_and_each_says_what_it_does() -> None:
    assert len(EDITS) >= 30
    assert [edit.name for edit in EDITS if not edit.what] == []


# Some of them in pairs would do; all of them at once is a project that has been lived in.
LIVED_IN = [
    [edit for edit in TOGETHER if edit.name != "delete_the_sample_domain"],
    TOGETHER[::2],
    TOGETHER[1::2],
]


# Where a project lives in its repository: the root of it, or a folder of a larger one.
FOLDERS = ["", "services/orders", "team a/orders service"]


@pytest.mark.parametrize(
    ("version", "subfolder"),
    [(version, FOLDERS[number % 3]) for number, version in enumerate(VERSIONS)],
)
def test_a_lived_in_project(version: str, subfolder: str, update_edited: UpdateEdited) -> None:
    assert_survived(update_edited, version, LIVED_IN[0], subfolder)


@pytest.mark.parametrize(
    ("edit", "version"),
    [
        pytest.param(edit, VERSIONS[number % len(VERSIONS)], id=edit.name)
        for number, edit in enumerate(APART)
    ],
)
def test_edits_of_the_whole_layout(edit: Edit, version: str, update_edited: UpdateEdited) -> None:
    assert_survived(update_edited, version, [edit])


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("edit", EDITS, ids=names)
def test_every_edit_from_every_release(
    edit: Edit, version: str, update_edited: UpdateEdited
) -> None:
    assert_survived(update_edited, version, [edit])


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("edits", LIVED_IN[1:], ids=["even", "odd"])
def test_halves(edits: list[Edit], version: str, update_edited: UpdateEdited) -> None:
    assert_survived(update_edited, version, edits)
