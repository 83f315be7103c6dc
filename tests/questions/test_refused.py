"""Bad answers are refused before anything is written, by the name of the question."""

from typing import Any

import copier
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Questionnaire

API: dict[str, Any] = {"triggers": ["api"]}
REST: dict[str, Any] = {"triggers": ["api"], "api_type": "rest"}
OPEN: dict[str, Any] = {"triggers": ["api"], "api_auth": "none"}
SCHEDULE: dict[str, Any] = {"triggers": ["schedule"]}


def cron(fields: str) -> str:
    return f"cron({fields})"


# question, its answer, words of the message, and the other answers
REFUSED: list[tuple[str, Any, str, dict[str, Any]]] = [
    # Names that are empty or too long.
    ("project_name", "", "1 to 60 characters", {}),
    ("project_name", "x" * 61, "1 to 60 characters", {}),
    ("description", "", "1 to 120 characters", {}),
    ("description", "x" * 121, "1 to 120 characters", {}),
    ("owner", "", "1 to 60 characters", {}),
    ("owner", "x" * 61, "1 to 60 characters", {}),
    ("project_slug", "", "1 to 40 lowercase", {}),
    ("project_slug", "x" * 41, "1 to 40 lowercase", {}),
    ("package_name", "", "1 to 40 lowercase", {}),
    ("package_name", "x" * 41, "1 to 40 lowercase", {}),
    # Text that begins or ends in a way that is easily lost.
    ("description", " leading", "no spaces at the beginning", {}),
    ("description", "trailing ", "no spaces at the beginning", {}),
    ("description", "# heading", "a letter or a digit first", {}),
    ("owner", "- item", "a letter or a digit first", {}),
    ("owner", "@team", "a letter or a digit first", {}),
    # A name that has no Latin letter gives no slug, and nobody is there to be asked.
    ("project_slug", None, "1 to 40 lowercase", {"project_name": "注文サービス"}),
    # Slugs.
    *[
        ("project_slug", slug, "1 to 40 lowercase", {})
        for slug in [
            "Orders", "orders_2", "2-orders", "-orders", "orders-", "or--ders", "..", "../orders",
            "a/b", "/etc", "órders", "orders\n", "a b", "a.b", "$(id)", "`id`", "{{ 7 }}",
        ]
    ],
    ("project_slug", "aws-orders", "which AWS keeps for itself", {}),
    ("project_slug", "ssm", "which AWS keeps for itself", {}),
    # Names begin with <slug>-<stage>-, so that of "shop-dev" in prod would be one of "shop" in dev.
    ("project_slug", "shop-dev", "without a stage in it", {}),
    ("project_slug", "shop-prod-orders", "without a stage in it", {}),
    # Packages.
    *[
        ("package_name", package, "1 to 40 lowercase", {})
        for package in [
            "Orders", "or-ders", "2orders", "_orders", "orders_", "or__ders", "..", "a/b", "a.b",
            "órders", "ﬁle", "orders\n", "a b", "x;y", "{{ 7 }}",
        ]
    ],
    ("package_name", "class", "word of Python's own", {}),
    ("package_name", "lambda", "word of Python's own", {}),
    ("package_name", "match", "word of Python's own", {}),
    ("package_name", "json", "Python's standard library", {}),
    ("package_name", "tests", "nothing else in the project", {}),
    ("package_name", "boto3", "nothing else in the project", {}),
    ("package_name", "con", "nothing else in the project", {}),
    # Regions.
    *[
        ("aws_region", region, "the name of an AWS region", {})
        for region in ["", "eu", "eu-wset-1", "eu_west_1", "EU-WEST-1", "eu-west-1a", "eu-west-1\n"]
    ],
    # Triggers.
    ("triggers", [], "at least one of api", {}),
    ("triggers", "[]", "at least one of api", {}),
    ("triggers", ["api", "web"], "'web' is not in", {}),
    ("triggers", "[web]", "'web' is not in", {}),
    ("triggers", "api", "a list such as [api, queue]", {}),
    ("triggers", "api, queue", "a list such as [api, queue]", {}),
    ("triggers", {"api": True}, "a list such as [api, queue]", {}),
    ("triggers", [1], "a list such as [api, queue]", {}),
    ("triggers", ["api", "api"], "every value once", {}),
    ("triggers", "[api, api]", "every value once", {}),
    # Values that a question does not offer.
    ("api_type", "graphql", "not in ['http', 'rest']", API),
    ("api_auth", "basic", "not in ['iam', 'jwt'", API),
    ("queue_type", "lifo", "not in ['standard', 'fifo']", {}),
    ("stream_source", "kafka", "not in ['kinesis', 'dynamodb']", {"triggers": ["stream"]}),
    ("data_store", "mysql", "not in ['dynamodb', 'none']", {}),
    ("network", "old", "not in ['none', 'existing', 'new']", {}),
    ("vpc_endpoints", ["lambda"], "'lambda' is not in", {"network": "new"}),
    ("vpc_endpoints", "sqs", "a list such as [sqs, ssm]", {"network": "new"}),
    ("encryption", "own", "not in ['aws', 'customer_key']", {}),
    ("iac", "cdk", "not in ['sam']", {}),
    ("ci", "gitlab", "not in ['github', 'none']", {}),
    ("packaging", "tar", "not in ['zip', 'layer', 'image']", {}),
    ("startup", "snapstart", "needs packaging zip or layer", {"packaging": "image"}),
    ("startup", "snapstart", "needs another region", {"aws_region": "cn-north-1"}),
    ("startup", "warm", "not in ['on_demand', 'provisioned', 'snapstart']", {}),
    ("traffic_shifting", "blue_green", "not in ['canary', 'linear', 'all_at_once']", {}),
    ("budget", 50, "expected true or false", {}),
    ("python_version", "3.11", "not in ['3.12', '3.13', '3.14']", {}),
    ("architecture", "riscv", "not in ['arm64', 'x86_64']", {}),
    ("license", "GPL", "not in ['proprietary', 'MIT', 'Apache-2.0']", {}),
    ("advanced", "perhaps", "true or false", {}),
    # Values of another kind than the question takes.
    ("description", ["a"], "expected text", {}),
    ("project_slug", 7, "expected text", {}),
    ("owner", None, "expected text", {"owner": None}),
    # Pairs that cannot be.
    ("api_auth", "api_key", "needs api_type rest", API),
    ("api_cache", True, "needs api_type rest", {**API, "api_auth": "none"}),
    ("api_cache", True, "needs api_auth none", REST),
    ("api_cache", True, "needs api_auth none", {**REST, "api_auth": "api_key"}),
    ("api_cache", True, "needs a single origin", {
        **REST, "api_auth": "none", "cors_origins": "https://a.example,https://b.example",
    }),
    ("api_cache", "yes", "needs data_store dynamodb", {
        **REST, "api_auth": "none", "data_store": "none",
    }),
    ("api_cache", "sometimes", "true or false", REST),
    ("api_firewall", True, "needs api_type rest", API),
    ("budget", True, "GovCloud has no budgets", {"aws_region": "us-gov-west-1"}),
    ("data_store", "none", "stream_source dynamodb", {
        "triggers": ["stream"], "stream_source": "dynamodb",
    }),
    # Origins.
    ("cors_origins", "*", "only goes with api_auth none", API),
    ("cors_origins", "*,https://a.example", "* alone", OPEN),
    *[
        ("cors_origins", origins, "expected origins such as", API)
        for origins in [
            "shop.example.com", "http://shop.example.com", "https://shop.example.com/",
            "https://shop.example.com/path", "https://*.example.com", "https://Shop.example.com",
            "https://a.example, https://b.example", "https://a.example,", "https://a..example",
            "https://a.example:0", "https://user@a.example", "null", "javascript:alert(1)",
            "https://a.example\n",
        ]
    ],
    ("cors_origins", "https://a.example:443", "no port where it is the usual one", API),
    ("cors_origins", "http://localhost:80", "no port where it is the usual one", API),
    ("cors_origins", "https://a.example:70000", "a port up to 65535", API),
    ("cors_origins", "https://a.example,https://a.example", "every origin once", API),
    # Schedules.
    *[
        ("schedule_expression", rate, "expected rate(1 minute)", SCHEDULE)
        for rate in [
            "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "rate(5 seconds)",
            "rate(1.5 hours)", "rate(-1 days)", "rate(5  minutes)", "rate()", "rate(1 day )",
        ]
    ],
    *[
        ("schedule_expression", text, "expected rate(5 minutes)", SCHEDULE)
        for text in [
            "", "5 minutes", "0 6 * * ? *", "at(2030-01-01T00:00:00)", "rate(1 day)\n",
            "RATE(1 day)",
        ]
    ],
    *[
        ("schedule_expression", cron(fields), "six fields", SCHEDULE)
        for fields in ["0 6 * * ?", "0 6 * * ? * *", "", "0  6 * ? * *"]
    ],
    *[
        ("schedule_expression", cron(fields), "exactly one of day of month and day of", SCHEDULE)
        for fields in ["0 6 * * * *", "0 6 ? * ? *", "0 6 1 * MON *"]
    ],
    ("schedule_expression", cron("60 6 * * ? *"), "minutes from 0 to 59", SCHEDULE),
    ("schedule_expression", cron("0 24 * * ? *"), "hours from 0 to 23", SCHEDULE),
    ("schedule_expression", cron("0 6 0 * ? *"), "day of month from 1 to 31", SCHEDULE),
    ("schedule_expression", cron("0 6 32W * ? *"), "day of month from 1 to 31", SCHEDULE),
    ("schedule_expression", cron("0 6 * 13 ? *"), "month from 1 to 12 or JAN to DEC", SCHEDULE),
    ("schedule_expression", cron("0 6 * JUX ? *"), "month from 1 to 12 or JAN to DEC", SCHEDULE),
    ("schedule_expression", cron("0 6 ? * 8 *"), "day of week from 1 to 7 or SUN to SAT", SCHEDULE),
    ("schedule_expression", cron("0 6 ? * MON#6 *"), "day of week from 1 to 7", SCHEDULE),
    ("schedule_expression", cron("0 6 * * ? 1969"), "year from 1970 to 2199", SCHEDULE),
    ("schedule_expression", cron("0/0 6 * * ? *"), "minutes from 0 to 59", SCHEDULE),
    ("schedule_expression", cron("30-10 6 * * ? *"), "minutes from 0 to 59", SCHEDULE),
    ("schedule_expression", cron("1-2-3 6 * * ? *"), "minutes from 0 to 59", SCHEDULE),
    ("schedule_expression", cron("1,,2 6 * * ? *"), "minutes from 0 to 59", SCHEDULE),
    ("schedule_expression", cron("*,5 6 * * ? *"), "minutes from 0 to 59", SCHEDULE),
    # A name that no question has.
    ("trigger", ["api"], "no question has this name", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "value", "expected", "others"),
    REFUSED,
    ids=[f"{question}={value!r:.40}" for question, value, _, _ in REFUSED],
)
def test_refused(
    questionnaire: Questionnaire,
    question: str,
    value: Any,
    expected: str,
    others: dict[str, Any],
) -> None:
    given_answers = {**others, question: value} if value is not None else others

    message = questionnaire.refusal(given_answers)

    assert question in message
    assert expected in message


# What ends or alters a string somewhere, or cannot be seen.
HARMFUL = '"\\`${}<>|;*~^=[]😀'
HARMFUL += "\n\r\t\0\x07\x1b\x7f\x85\xa0\xad\u200b\u200e\u2028\u2029\u202e\ufeff\ue000"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    question=st.sampled_from(["project_name", "description", "owner"]),
    before=st.text("Aé注 .'", max_size=5),
    harm=st.sampled_from(HARMFUL),
    after=st.text("Aé注 .'", max_size=5),
)
def test_text_with_a_harmful_character_is_refused(
    questionnaire: Questionnaire, question: str, before: str, harm: str, after: str
) -> None:
    message = questionnaire.refusal({question: f"a{before}{harm}{after}z"})

    assert f"'{question}'" in message
    assert "letters of any language, digits, spaces and" in message


def test_a_folder_that_exists_is_left_as_it_was(questionnaire: Questionnaire) -> None:
    project = questionnaire.new_project()
    project.mkdir(parents=True)
    (project / "README.md").write_text("here first\n")

    with pytest.raises(ValueError, match="'owner'"):
        copier.run_copy(
            str(questionnaire.template),
            project,
            data={"owner": "a\nb"},
            defaults=True,
            overwrite=True,
            quiet=True,
            unsafe=False,
        )

    assert [path.name for path in project.iterdir()] == ["README.md"]
    assert (project / "README.md").read_text() == "here first\n"
