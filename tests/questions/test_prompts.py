"""The questionnaire as a person meets it, in a terminal."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from .conftest import QUESTIONS, answers_of

ENTER, SPACE, DOWN, UP, CTRL_C = "\r", " ", "\x1b[B", "\x1b[A", "\x03"
CLEAR = "\x15"
WHERE_IS_THE_CURSOR, AT_THE_TOP = "\x1b[6n", "\x1b[1;1R"

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
    help_line: str = QUESTIONS[name]["help"]
    return help_line.split("?")[0] + "?"


class Terminal:
    """A terminal with someone in front of it."""

    def __init__(self, template: Path, project: Path, *options: str) -> None:
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "copier", "copy", *options, str(template), str(project)],
            encoding="utf-8",
            dimensions=(50, 200),
            timeout=30,
            env={**os.environ, "NO_COLOR": "1"},
        )
        self.process.delaybeforesend = None

    def sees(self, text: str) -> None:
        """Wait for this text, and tell the program where the cursor is whenever it asks."""
        while self.process.expect_exact([text, WHERE_IS_THE_CURSOR]) == 1:
            self.process.send(AT_THE_TOP)

    def meets(self, *questions: str) -> None:
        for name in questions:
            self.sees(asked(name))

    def accepts(self, *questions: str) -> None:
        """Press Enter at each of these."""
        for name in questions:
            self.answers(name)

    def answers(self, question: str, *keys: str) -> None:
        self.meets(question)
        self.presses(*keys, ENTER)

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.process.send(key)

    def ends(self) -> tuple[int | None, str]:
        """Its exit code and the last that was seen."""
        while self.process.expect_exact([pexpect.EOF, WHERE_IS_THE_CURSOR]) == 1:
            self.process.send(AT_THE_TOP)
        self.process.close()
        return self.process.exitstatus, str(self.process.before)

    def succeeds(self) -> None:
        code, seen = self.ends()
        assert code == 0, seen


Sit = Callable[..., Terminal]


@pytest.fixture
def sit(question_template: Path, project: Path) -> Iterator[Sit]:
    """`sit()` starts `copier copy` in a terminal."""
    terminals: list[Terminal] = []

    def _sit(*options: str, project: Path = project) -> Terminal:
        terminals.append(Terminal(question_template, project, *options))
        return terminals[-1]

    yield _sit
    for terminal in terminals:
        terminal.process.close(force=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "project"


def test_enter_all_the_way(sit: Sit, project: Path) -> None:
    terminal = sit()

    terminal.accepts(*DEFAULT_PATH)
    terminal.sees("Order Service is ready")
    terminal.succeeds()

    assert len(DEFAULT_PATH) <= 10
    assert answers_of(project)["triggers"] == ["api", "queue"]


def test_the_same_project_as_without_a_terminal(sit: Sit, project: Path, tmp_path: Path) -> None:
    terminal = sit()
    terminal.accepts(*DEFAULT_PATH)
    terminal.succeeds()

    sit("--defaults", project=tmp_path / "other").succeeds()

    assert answers_of(project) == answers_of(tmp_path / "other")


def test_triggers_are_chosen_with_keys(sit: Sit, project: Path) -> None:
    terminal = sit()

    terminal.accepts(*DEFAULT_PATH[:4])
    no_api, no_queue, stream, schedule = [SPACE], [DOWN, SPACE], [DOWN, SPACE], [DOWN, DOWN, SPACE]
    terminal.answers("triggers", *no_api, *no_queue, *stream, *schedule)
    terminal.answers("stream_source", DOWN)
    terminal.answers("schedule_expression", CLEAR, "rate(2 hours)")
    terminal.accepts("data_store", "advanced")
    terminal.succeeds()

    remembered = answers_of(project)
    assert remembered["triggers"] == ["stream", "schedule"]
    assert remembered["stream_source"] == "dynamodb"
    assert remembered["schedule_expression"] == "rate(2 hours)"
    assert "api_type" not in remembered
    assert "queue_type" not in remembered


def test_no_trigger_is_refused_until_there_is_one(sit: Sit, project: Path) -> None:
    terminal = sit()

    terminal.accepts(*DEFAULT_PATH[:4])
    terminal.answers("triggers", SPACE, DOWN, SPACE)
    terminal.sees("expected at least one of api, queue")
    terminal.presses(SPACE, ENTER)
    terminal.accepts("queue_type", "data_store", "advanced")
    terminal.succeeds()

    assert answers_of(project)["triggers"] == ["queue"]


def test_wrong_then_right(sit: Sit, project: Path) -> None:
    terminal = sit()

    terminal.answers("project_name", CLEAR, "a {{ brace }}")
    terminal.sees("expected letters of any language")
    terminal.presses(CLEAR, "Café & Co", ENTER)
    terminal.accepts("description", "owner")
    terminal.answers("aws_region", CLEAR, "europe")
    terminal.sees("expected the name of an AWS region")
    terminal.presses(CLEAR, "eu-central-1", ENTER)
    terminal.accepts(*DEFAULT_PATH[4:])
    terminal.succeeds()

    remembered = answers_of(project)
    assert remembered["project_name"] == "Café & Co"
    assert remembered["project_slug"] == "cafe-co"
    assert remembered["aws_region"] == "eu-central-1"


def test_a_choice_that_does_not_go_with_an_earlier_one_says_why(sit: Sit) -> None:
    terminal = sit()

    terminal.accepts(*DEFAULT_PATH[:6])
    terminal.meets("api_auth")
    terminal.sees("needs api_type rest")


def test_advanced_asks_the_rest(sit: Sit, project: Path) -> None:
    terminal = sit()

    terminal.accepts(*DEFAULT_PATH[:-1])
    terminal.meets("advanced")
    terminal.presses("y")
    terminal.accepts("project_slug", "package_name", "cors_origins", "feature_flags")
    terminal.answers("network", UP)
    terminal.accepts("vpc_endpoints", "encryption", "ci", "packaging", "startup")
    terminal.accepts("traffic_shifting", "budget", "python_version", "architecture", "license")
    terminal.succeeds()

    remembered = answers_of(project)
    assert remembered["network"] == "new"
    assert remembered["vpc_endpoints"] == ["sqs", "ssm", "secretsmanager"]


def test_a_name_without_latin_letters_asks_for_one(sit: Sit, project: Path) -> None:
    terminal = sit()

    terminal.answers("project_name", CLEAR, "注文サービス")
    terminal.accepts(*DEFAULT_PATH[1:])
    terminal.answers("project_slug", CLEAR, "orders")
    terminal.succeeds()

    remembered = answers_of(project)
    assert remembered["project_name"] == "注文サービス"
    assert remembered["package_name"] == "orders"


@pytest.mark.parametrize("answered", [0, 4, 9])
def test_backing_out_writes_nothing(sit: Sit, project: Path, answered: int) -> None:
    terminal = sit()

    terminal.accepts(*DEFAULT_PATH[:answered])
    terminal.meets(DEFAULT_PATH[answered])
    terminal.presses(CTRL_C)
    code, _ = terminal.ends()

    assert code == 1
    assert not project.exists()


def test_refused_data_ends_with_the_question_and_what_is_expected(sit: Sit, project: Path) -> None:
    code, seen = sit("--defaults", "--data", "aws_region=europe").ends()

    assert code != 0
    assert " ".join(seen.split()).endswith(
        "Validation error for question 'aws_region': expected the name of an AWS region, "
        'such as eu-west-1 or us-east-1; got "europe"'
    )
    assert not project.exists()
