"""The questionnaire as a person meets it, in a terminal."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml

from tests.support import ROOT

from .conftest import answers_of

ENTER, SPACE, DOWN, UP, CTRL_C = "\r", " ", "\x1b[B", "\x1b[A", "\x03"
CLEAR = "\x15"

# In the order in which someone meets them who only presses Enter.
DEFAULT_PATH = [
    "project_name",
    "description",
    "owner",
    "aws_region",
    "triggers",
    "api_type",
    "api_auth",
    "queue_type",
    "data_store",
    "advanced",
]


def asked(name: str) -> str:
    """How the question begins on the screen."""
    questions: dict[str, Any] = next(
        iter(yaml.load_all((ROOT / "copier.yml").read_text(), Loader=_Questions))  # noqa: S506
    )
    help_line: str = questions[name]["help"]
    return help_line.split("?")[0] + "?"


class _Questions(yaml.SafeLoader):
    """copier.yml without what it includes."""


_Questions.add_constructor("!include", lambda *_: [])


@contextmanager
def questionnaire(template: Path, project: Path, *options: str) -> "Iterator[pexpect.spawn[str]]":
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "copier", "copy", *options, str(template), str(project)],
        encoding="utf-8",
        dimensions=(50, 200),
        timeout=20,
        env={**os.environ, "NO_COLOR": "1"},
    )
    try:
        yield terminal
    finally:
        terminal.close(force=True)


def await_question(terminal: "pexpect.spawn[str]", name: str) -> None:
    terminal.expect_exact(asked(name))


def finish(terminal: "pexpect.spawn[str]") -> None:
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "project"


def test_enter_all_the_way(question_template: Path, project: Path) -> None:
    with questionnaire(question_template, project) as terminal:
        for name in DEFAULT_PATH:
            await_question(terminal, name)
            terminal.send(ENTER)
        terminal.expect_exact("Order Service is ready")
        finish(terminal)

    assert len(DEFAULT_PATH) <= 10
    assert answers_of(project)["triggers"] == ["api", "queue"]


def test_the_same_project_as_without_a_terminal(
    question_template: Path, project: Path, tmp_path: Path
) -> None:
    with questionnaire(question_template, project) as terminal:
        for name in DEFAULT_PATH:
            await_question(terminal, name)
            terminal.send(ENTER)
        finish(terminal)
    with questionnaire(question_template, tmp_path / "other", "--defaults") as terminal:
        finish(terminal)

    assert answers_of(project) == answers_of(tmp_path / "other")


def test_triggers_are_chosen_with_keys(question_template: Path, project: Path) -> None:
    with questionnaire(question_template, project) as terminal:
        for name in DEFAULT_PATH[:4]:
            await_question(terminal, name)
            terminal.send(ENTER)
        await_question(terminal, "triggers")
        terminal.send(SPACE)  # no API
        terminal.send(DOWN + SPACE)  # no queue
        terminal.send(DOWN + SPACE)  # a stream
        terminal.send(DOWN + DOWN + SPACE)  # a schedule
        terminal.send(ENTER)
        await_question(terminal, "stream_source")
        terminal.send(DOWN + ENTER)
        await_question(terminal, "schedule_expression")
        terminal.send(CLEAR + "rate(2 hours)" + ENTER)
        await_question(terminal, "data_store")
        terminal.send(ENTER)
        await_question(terminal, "advanced")
        terminal.send(ENTER)
        finish(terminal)

    remembered = answers_of(project)
    assert remembered["triggers"] == ["stream", "schedule"]
    assert remembered["stream_source"] == "dynamodb"
    assert remembered["schedule_expression"] == "rate(2 hours)"
    assert "api_type" not in remembered
    assert "queue_type" not in remembered


def test_no_trigger_is_refused_until_there_is_one(question_template: Path, project: Path) -> None:
    with questionnaire(question_template, project) as terminal:
        for name in DEFAULT_PATH[:4]:
            await_question(terminal, name)
            terminal.send(ENTER)
        await_question(terminal, "triggers")
        terminal.send(SPACE + DOWN + SPACE + ENTER)
        terminal.expect_exact("expected at least one of api, queue")
        terminal.send(SPACE + ENTER)
        await_question(terminal, "queue_type")
        terminal.send(ENTER)
        for name in DEFAULT_PATH[-2:]:
            await_question(terminal, name)
            terminal.send(ENTER)
        finish(terminal)

    assert answers_of(project)["triggers"] == ["queue"]


def test_wrong_then_right(question_template: Path, project: Path) -> None:
    with questionnaire(question_template, project) as terminal:
        await_question(terminal, "project_name")
        terminal.send(CLEAR + "a {{ brace }}" + ENTER)
        terminal.expect_exact("expected letters of any language")
        terminal.send(CLEAR + "Café & Co" + ENTER)
        for name in DEFAULT_PATH[1:3]:
            await_question(terminal, name)
            terminal.send(ENTER)
        await_question(terminal, "aws_region")
        terminal.send(CLEAR + "europe" + ENTER)
        terminal.expect_exact("expected the name of an AWS region")
        terminal.send(CLEAR + "eu-central-1" + ENTER)
        for name in DEFAULT_PATH[4:]:
            await_question(terminal, name)
            terminal.send(ENTER)
        finish(terminal)

    remembered = answers_of(project)
    assert remembered["project_name"] == "Café & Co"
    assert remembered["project_slug"] == "cafe-co"
    assert remembered["aws_region"] == "eu-central-1"


def test_a_choice_that_does_not_go_with_an_earlier_one_says_why(
    question_template: Path, project: Path
) -> None:
    with questionnaire(question_template, project) as terminal:
        for name in DEFAULT_PATH[:6]:
            await_question(terminal, name)
            terminal.send(ENTER)
        await_question(terminal, "api_auth")
        terminal.expect_exact("needs api_type rest")


def test_advanced_asks_the_rest(question_template: Path, project: Path) -> None:
    rest = [
        "project_slug", "package_name", "cors_origins", "network", "vpc_endpoints", "ci",
        "traffic_shifting", "python_version", "architecture", "license",
    ]  # fmt: skip
    with questionnaire(question_template, project) as terminal:
        for name in DEFAULT_PATH[:-1]:
            await_question(terminal, name)
            terminal.send(ENTER)
        await_question(terminal, "advanced")
        terminal.send("y")
        for name in rest:
            await_question(terminal, name)
            terminal.send(UP + ENTER if name == "network" else ENTER)
        finish(terminal)

    remembered = answers_of(project)
    assert remembered["network"] == "new"
    assert remembered["vpc_endpoints"] == ["sqs", "ssm", "secretsmanager"]


def test_a_name_without_latin_letters_asks_for_one(question_template: Path, project: Path) -> None:
    with questionnaire(question_template, project) as terminal:
        await_question(terminal, "project_name")
        terminal.send(CLEAR + "注文サービス" + ENTER)
        for name in DEFAULT_PATH[1:]:
            await_question(terminal, name)
            terminal.send(ENTER)
        await_question(terminal, "project_slug")
        terminal.send(CLEAR + "orders" + ENTER)
        finish(terminal)

    remembered = answers_of(project)
    assert remembered["project_name"] == "注文サービス"
    assert remembered["package_name"] == "orders"


@pytest.mark.parametrize("answered", [0, 4, 9])
def test_backing_out_writes_nothing(question_template: Path, project: Path, answered: int) -> None:
    with questionnaire(question_template, project) as terminal:
        for name in DEFAULT_PATH[:answered]:
            await_question(terminal, name)
            terminal.send(ENTER)
        await_question(terminal, DEFAULT_PATH[answered])
        terminal.send(CTRL_C)
        terminal.expect(pexpect.EOF)
        terminal.close()

    assert terminal.exitstatus == 1
    assert not project.exists()


def test_refused_data_ends_with_the_question_and_what_is_expected(
    question_template: Path, project: Path
) -> None:
    options = ["--defaults", "--data", "aws_region=europe"]
    with questionnaire(question_template, project, *options) as terminal:
        terminal.expect(pexpect.EOF)
        terminal.close()

    assert terminal.exitstatus != 0
    last = re.sub(r"\s+", " ", str(terminal.before)).strip()
    assert last.endswith(
        "Validation error for question 'aws_region': expected the name of an AWS region, "
        'such as eu-west-1 or us-east-1; got "europe"'
    )
    assert not project.exists()
