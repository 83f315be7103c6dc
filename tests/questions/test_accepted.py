"""Good answers are remembered as given, and legal text means the same wherever it is written."""

import ast
import json
import keyword
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import TRIGGERS

from .conftest import Questionnaire, answers_of, questions_only

SPELLED = " .,'&()-:/+!?#@%_"
LETTERS = "AZaz09éßñøŁЖяΩשع中あ한ก"

slow_copy = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def words(longest: int, spelled: str = SPELLED) -> st.SearchStrategy[str]:
    first = st.sampled_from(LETTERS)
    rest = st.text(LETTERS + spelled, max_size=longest - 1).map(str.rstrip)
    return st.builds(str.__add__, first, rest)


slugs = st.from_regex(r"\A[b-r][a-z0-9]{0,8}(-[a-z0-9]{1,9}){0,3}\Z").filter(
    lambda slug: not {*slug.split("-")[1:]} & {"dev", "staging", "prod", "local"}
)


@st.composite
def answer_sets(draw: st.DrawFn) -> dict[str, Any]:
    """Any answers that fit together, as a script would give them."""
    triggers = draw(st.lists(st.sampled_from(TRIGGERS), min_size=1, unique=True))
    answers: dict[str, Any] = {
        "project_name": draw(words(60)),
        "description": draw(words(120)),
        "owner": draw(words(60, " .:/+-@_")),
        "project_slug": draw(slugs),
        "triggers": triggers,
        "data_store": "dynamodb",
        "network": draw(st.sampled_from(["none", "existing", "new"])),
        "encryption": draw(st.sampled_from(["aws", "customer_key"])),
        "ci": draw(st.sampled_from(["github", "none"])),
        "startup": draw(st.sampled_from(["on_demand", "provisioned", "snapstart"])),
        "traffic_shifting": draw(st.sampled_from(["all_at_once", "canary", "linear"])),
        "budget": draw(st.booleans()),
        "python_version": draw(st.sampled_from(["3.12", "3.13", "3.14"])),
        "architecture": draw(st.sampled_from(["arm64", "x86_64"])),
        "license": draw(st.sampled_from(["proprietary", "MIT", "Apache-2.0"])),
    }
    if "api" in triggers:
        answers["api_type"] = draw(st.sampled_from(["http", "rest"]))
        keys = ["api_key"] if answers["api_type"] == "rest" else []
        answers["api_auth"] = draw(st.sampled_from(["none", "iam", "jwt", "authorizer", *keys]))
        if answers["api_type"] == "rest":
            answers["api_firewall"] = draw(st.booleans())
        anyone = ["*"] if answers["api_auth"] == "none" else []
        answers["cors_origins"] = draw(
            st.sampled_from(
                ["", "https://a.example", "https://a.example:8443,http://localhost:3000"]
            )
            | st.sampled_from(["", *anyone])
        )
    if "queue" in triggers:
        answers["queue_type"] = draw(st.sampled_from(["standard", "fifo"]))
    if "stream" in triggers:
        answers["stream_source"] = draw(st.sampled_from(["kinesis", "dynamodb"]))
    if answers.get("stream_source") != "dynamodb":
        answers["data_store"] = draw(st.sampled_from(["dynamodb", "none"]))
    return answers


@slow_copy
@given(answers=answer_sets())
def test_answers_are_remembered_as_given_and_accepted_again(
    questionnaire: Questionnaire, answers: Mapping[str, Any]
) -> None:
    remembered = answers_of(questionnaire.answer(answers))

    in_order = [name for name in TRIGGERS if name in answers["triggers"]]
    assert remembered == remembered | dict(answers) | {"triggers": in_order}
    assert remembered["iac"] == "sam"
    assert remembered["packaging"] == "zip"
    assert answers_of(questionnaire.answer(remembered)) == remembered


@slow_copy
@given(name=words(60))
def test_derived_names_can_always_be_used(questionnaire: Questionnaire, name: str) -> None:
    latin = "a" + name

    remembered = answers_of(questionnaire.answer({"project_name": latin[:60].rstrip()}))

    package = remembered["package_name"]
    assert package.isidentifier()
    assert package.isascii()
    assert not keyword.iskeyword(package)
    assert not keyword.issoftkeyword(package)
    assert package not in sys.stdlib_module_names
    assert 1 <= len(remembered["project_slug"]) <= 40


@pytest.mark.parametrize(
    ("name", "slug", "package"),
    [
        ("Order Service", "order-service", "order_service"),
        ("Größe & Café", "groesse-cafe", "groesse_cafe"),
        ("3D printing", "my-3d-printing", "my_3d_printing"),
        ("AWS costs", "my-aws-costs", "my_aws_costs"),
        ("JSON", "json", "json_service"),
        ("Class", "class", "class_service"),
        ("order_service", "order-service", "order_service"),
        ("Shop Dev Prod", "shopdevprod", "shopdevprod"),
        ("A " + "very " * 11 + "long name"[:3], "a-very-very-very-very-very-very-very-ver", None),
    ],
)  # fmt: skip
def test_derived_names(
    questionnaire: Questionnaire, name: str, slug: str, package: str | None
) -> None:
    remembered = answers_of(questionnaire.answer({"project_name": name}))

    assert remembered["project_slug"] == slug
    assert remembered["package_name"] == (package or slug.replace("-", "_"))


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(1 hour)",
        "rate(7 days)",
        "cron(0 6 * * ? *)",
        "cron(0,30 8,20 1,15 * ? *)",
        "cron(*/5 * ? * * *)",
        "cron(0/15 6-18 ? JAN-MAR,DEC MON-FRI *)",
        "cron(0 0 L * ? *)",
        "cron(0 0 LW * ? *)",
        "cron(0 0 15W 1/3 ? 2030-2040)",
        "cron(0 0 ? * 6L *)",
        "cron(0 0 ? * MON#2 *)",
    ],
)
def test_schedules_that_eventbridge_takes(questionnaire: Questionnaire, expression: str) -> None:
    answers = {"triggers": ["schedule"], "schedule_expression": expression}

    assert answers_of(questionnaire.answer(answers))["schedule_expression"] == expression


@pytest.mark.parametrize(
    "region",
    ["us-east-1", "eu-west-1", "ap-southeast-7", "us-gov-west-1", "cn-northwest-1", "il-central-1",
     "mx-central-1", "eusc-de-east-1", "us-iso-east-1"],
)  # fmt: skip
def test_regions(questionnaire: Questionnaire, region: str) -> None:
    assert answers_of(questionnaire.answer({"aws_region": region}))["aws_region"] == region


WRITTEN = {
    "text.yml": 'text: "{{ description }}"\n',
    "text.toml": 'text = "{{ description }}"\n',
    "text.json": '{"text": "{{ description }}"}\n',
    "text.py": 'TEXT = "{{ description }}"\n',
    "filtered.yml": "text: {{ description | tojson }}\n",
    "filtered.toml": "text = {{ description | tojson }}\n",
    "filtered.json": '{"text": {{ description | tojson }}}\n',
    "filtered.py": "TEXT = {{ description | tojson }}\n",
    "Makefile": 'text:\n\t@printf "%s" "{{ description }}"\n',
    "text.md": "{{ description }}\n",
}


def read_back(project: Path) -> dict[str, str]:
    """The text as each format's own parser finds it."""

    def source(name: str) -> str:
        return (project / name).read_text(encoding="utf-8")

    found = {"text.md": source("text.md").removesuffix("\n")}
    for stem in ("text", "filtered"):
        found[f"{stem}.yml"] = yaml.safe_load(source(f"{stem}.yml"))["text"]
        found[f"{stem}.toml"] = tomllib.loads(source(f"{stem}.toml"))["text"]
        found[f"{stem}.json"] = json.loads(source(f"{stem}.json"))["text"]
        found[f"{stem}.py"] = ast.literal_eval(source(f"{stem}.py").removeprefix("TEXT = ").strip())
    made = subprocess.run(
        ["make", "--silent", "--no-print-directory", "text"],
        cwd=project,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    found["Makefile"] = made.stdout
    found["shell"] = shlex.split(f'"{found["text.md"]}"')[0]
    return found


@pytest.fixture(scope="session")
def writing_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = questions_only(tmp_path_factory.mktemp("writing") / "template")
    for name, content in WRITTEN.items():
        (folder / "template" / f"{name}.jinja").write_text(content)
    return folder


@slow_copy
@given(text=words(120))
def test_text_means_the_same_wherever_it_is_written(
    writing_template: Path, tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    writing = Questionnaire(writing_template, tmp_path_factory.mktemp("written"))

    found = read_back(writing.answer({"description": text}))

    assert found == dict.fromkeys(found, text)
