"""The generated documentation: whole, true, and about nothing that was not chosen."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import load

from tests import support
from tests.conftest import Render
from tests.support import TRIGGERS

PROFILES: dict[str, dict[str, Any]] = {
    "default": {},
    "everything": {
        "triggers": TRIGGERS,
        "api_auth": "authorizer",
        "queue_type": "fifo",
        "network": "new",
        "license": "Apache-2.0",
    },
    "everything over REST": {
        "triggers": TRIGGERS,
        "api_type": "rest",
        "api_auth": "api_key",
        "stream_source": "dynamodb",
        "api_firewall": True,
        "startup": "snapstart",
        "traffic_shifting": "linear",
        "budget": True,
        "license": "MIT",
    },
    "open api that keeps answers": {
        "triggers": ["api"],
        "api_type": "rest",
        "api_auth": "none",
        "api_cache": True,
    },
    "api with a token, nothing kept": {
        "triggers": ["api"],
        "api_auth": "jwt",
        "data_store": "none",
        "packaging": "image",
        "traffic_shifting": "all_at_once",
        "ci": "none",
    },
    "queue and every option": {
        "triggers": ["queue"],
        "encryption": "customer_key",
        "feature_flags": "appconfig",
        "packaging": "layer",
        "startup": "provisioned",
        "budget": True,
    },
    **{f"{name} only": {"triggers": [name]} for name in TRIGGERS},
    **{
        f"{name} only, nothing kept": {"triggers": [name], "data_store": "none", "ci": "none"}
        for name in TRIGGERS
    },
}
# What a document may not mention unless the answer is there. Whole words, any case.
WORDS_OF = {
    "api": ["api gateway", "http api", "rest api", "openapi", "cors", "execute-api"],
    "queue": ["sqs queue", "fifo", "dead-letter", "warehouse", "visibility timeout"],
    "stream": ["kinesis", "shard", "iterator", "dynamodb stream"],
    "events": ["eventbridge event", "PaymentReceived", "put-events"],
    "schedule": ["schedule", "rate(1 day)", "cron"],
    "storage": ["s3 bucket", "incoming", "jsonl"],
    "topic": ["sns", "topic"],
}
TEXTS = {
    "project_name": "Ümlaut & Söhne's: 50% off (#1)",
    "description": 'It\'s 100% "plain" text'.replace('"', "") + ", isn't it? a/b + c@d_e!",
    "owner": "Team R&D, #7",
}


@pytest.fixture(scope="module", params=list(PROFILES.values()), ids=list(PROFILES))
def project(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    answers = request.param
    folder = tmp_path_factory.mktemp("project")
    return support.render(template, folder, answers)


@pytest.fixture
def answers(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.node.callspec.params["project"]
    return {"triggers": ["api", "queue"], "data_store": "dynamodb", **found}


def pages(project: Path) -> Iterator[Path]:
    yield from sorted(project.glob("*.md"))
    yield from sorted((project / "docs").rglob("*.md"))


def prose(path: Path) -> str:
    """A page without its blocks of code."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^    .*$", "", text, flags=re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere(project: Path) -> None:
    found = 0
    for page in pages(project):
        for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
            if target.startswith("https://"):
                continue
            name, _, anchor = target.partition("#")
            linked = (page.parent / name).resolve() if name else page
            assert linked.is_file(), f"{page.name}: {target}"
            assert not anchor or anchor in anchors(linked), f"{page.name}: {target}"
            found += 1
    assert found > 15


def test_every_page_can_be_reached_from_the_readme(project: Path) -> None:
    seen: set[Path] = set()
    waiting = [project / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = re.findall(r"\]\(([^)#]+)[^)]*\)", prose(page))
        waiting += [(page.parent / link).resolve() for link in links if "://" not in link]
    assert seen == {page.resolve() for page in pages(project)}


def test_commands_exist(project: Path) -> None:
    makefiles = [project / "Makefile"]
    text = "\n".join(path.read_text() for path in makefiles)
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", text, re.MULTILINE))
    for page in pages(project):
        for words in re.findall(r"(?:`|^ +)make ([a-z0-9 -]+)", page.read_text(), re.MULTILINE):
            named = set(words.split())
            assert named <= targets, f"{page.name}: make {words}"


def test_the_readme_lists_the_daily_commands(project: Path) -> None:
    listed = set(re.findall(r"`make ([a-z0-9-]+)", (project / "README.md").read_text()))
    assert listed >= {
        *("setup", "check", "format", "test", "run", "invoke", "package", "deploy", "e2e"),
        *("audit", "policies", "secrets", "doctor", "clean", "help"),
    }


def test_files_that_are_named_exist(project: Path) -> None:
    own = {"own.mk", "uv.lock", "dist/sbom.cdx.json", ".local/verify-dev.md"}
    for page in pages(project):
        text = page.read_text()
        for name in re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|yml|yaml|toml|md|json))`", text):
            inside = [project, project / ".github/workflows", *project.glob("src/*")]
            assert name in own or any((base / name).exists() for base in inside), (page.name, name)


def test_nothing_is_mentioned_that_was_not_chosen(project: Path, answers: dict[str, Any]) -> None:
    unwanted = [
        w for name, words in WORDS_OF.items() if name not in answers["triggers"] for w in words
    ]
    if answers["data_store"] == "none":
        unwanted += ["dynamodb", "idempotency", "orders_table", "table of"]
    if answers.get("api_auth") != "authorizer":
        unwanted += ["authorizer"]
    if answers.get("ci") == "none":
        unwanted += ["github", "dependabot", "workflow"]
    if answers.get("queue_type") != "fifo":
        unwanted += ["fifo"]
    if answers.get("traffic_shifting", "canary") != "canary":
        unwanted += ["canary"]
    unwanted += ["terraform", "cdk", "cookiecutter", "powertools"]
    # The titles of practices name everything that a practice is about.
    practices = project / "docs/practices.md"
    for page in set(pages(project)) - {practices}:
        if page.name in ("practices.md", "0006-callers-see-their-own.md"):
            continue  # told as a whole, also the part about what was not chosen
        text = page.read_text().lower()
        for word in unwanted:
            assert not re.search(rf"(?<![\w-]){re.escape(word.lower())}(?![\w-])", text), (
                f"{page.relative_to(project)} mentions {word}"
            )


def test_every_trigger_has_its_part(project: Path, answers: dict[str, Any]) -> None:
    onboarding = (project / "docs/onboarding.md").read_text()
    runbook = (project / "docs/runbook.md").read_text()
    for name in answers["triggers"]:
        assert f"### `{name}`: " in onboarding
        assert f"## `{name}`: " in runbook
        assert f"| `{name}` |" in (project / "README.md").read_text()


def test_the_runbook_knows_every_alarm(project: Path) -> None:
    runbook = (project / "docs/runbook.md").read_text()
    names = re.findall(
        r"AlarmName: !Sub order-service-\$\{Stage\}-(\S+)", (project / "template.yaml").read_text()
    )
    assert names
    names = [re.sub(r"\$\{\w+\.Version\.Version\}", "<number>", name) for name in names]
    functions = "|".join([*TRIGGERS, "authorizer"])
    for name in names:
        general = re.sub(rf"^({functions})-", "<function>-", name)
        assert f"`{name}`" in runbook or f"`{general}`" in runbook, name
    section = runbook.split("## Alarms")[1].split("\n## ")[0]
    described = set(re.findall(r"^\| `(\S+)` \|", section, re.MULTILINE))
    meant = {*names, *(re.sub(rf"^({functions})-", "<function>-", name) for name in names)}
    assert described <= meant


def test_the_configuration_page_is_what_the_template_sets(project: Path) -> None:
    template = load(str(project / "template.yaml"))
    page = (project / "docs/configuration.md").read_text()

    def rows(section: str) -> set[str]:
        _, found, text = page.partition(f"\n### {section}\n")
        text = re.split(r"\n##", text)[0] if found else ""
        return set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))

    def variables(properties: dict[str, Any]) -> set[str]:
        return set(properties.get("Environment", {}).get("Variables", {}))

    optional = {"LOG_SAMPLE_RATE", "AWS_CLIENT", "FLAGS_TTL"}
    assert rows("Every function") - optional == variables(template["Globals"]["Function"])
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            short = name.removesuffix("Function").lower()
            assert rows(f"`{short}`") - optional == variables(resource["Properties"]), short
    parameters = set(
        re.findall(r"^\| (.*?) \|", page.split("## Stages")[1].split("\n## ")[0], re.MULTILINE)
    )
    named = {word for row in parameters for word in re.findall(r"`([A-Z]\w+)`", row)}
    assert named <= set(template["Parameters"])


def test_timeouts_and_memory_are_the_ones_of_the_template(project: Path) -> None:
    parameters = load(str(project / "template.yaml"))["Parameters"]
    runbook = (project / "docs/runbook.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\d+) s \| (\d+) MB \|$", runbook, re.MULTILINE)
    assert rows
    for name, timeout, memory in rows:
        assert parameters[f"{name.capitalize()}Timeout"]["Default"] == int(timeout)
        assert parameters[f"{name.capitalize()}Memory"]["Default"] == int(memory)


def test_only_pages_about_updates_name_the_template(project: Path) -> None:
    naming = [page.name for page in pages(project) if "copier" in page.read_text().lower()]
    assert naming == ["updating.md"]


def test_text_is_tidy(project: Path) -> None:
    for page in pages(project):
        text = page.read_text()
        assert "{{" not in re.sub(r"```mermaid.*?```", "", text, flags=re.DOTALL), page
        assert "{%" not in text, page
        assert "\n\n\n" not in text, page
        assert not re.search(r"[ \t]$", text, re.MULTILINE), page
        assert text.endswith("\n"), page
        assert not text.endswith("\n\n"), page
        assert "\r" not in text, page
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            columns = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
            assert len(columns) == 1, f"{page.name}: {table}"


NODE = r"""(?x) (?P<id>[a-z]\w*) (?: (?: \[\[ [^\[\]]+ \]\] | \[\( [^()]+ \)\] | \(\[ [^\[\]]+ \]\)
    | \[/ [^/]+ /\] | \[ [^\[\]()]+ \] | \{\{ [^{}]+ \}\} | \{ [^{}]+ \} | > [^\[\]]+ \] ) )?"""
ARROW = re.compile(r"""\s*(?:-->|-\.->)(?:\|("[^"|]+"|[^"|*()\[\]{}]+)\|)?\s*""")
RESERVED = {"end", "graph", "subgraph", "flowchart", "click", "style", "class"}


def test_diagrams_are_flowcharts_of_nodes_and_arrows(project: Path) -> None:
    for page in pages(project):
        for diagram in re.findall(r"```mermaid\n(.*?)```", page.read_text(), re.DOTALL):
            first, *lines = diagram.splitlines()
            assert first == "flowchart LR"
            assert lines
            labelled, used = set(), set()
            for line in lines:
                rest = line.strip()
                while rest:
                    node = re.match(NODE, rest)
                    assert node, line
                    used.add(node["id"])
                    if len(node[0]) > len(node["id"]):
                        labelled.add(node["id"])
                    rest = rest[node.end() :]
                    arrow = ARROW.match(rest)
                    assert arrow or not rest, line
                    rest = rest[arrow.end() :] if arrow else ""
            assert used == labelled, f"without a label: {used - labelled}"
            assert not used & RESERVED


def test_the_picture_of_an_orders_states_shows_every_move_and_no_other(project: Path) -> None:
    code = next(project.glob("src/*/domain/orders.py")).read_text()
    moves = re.findall(r"\(Status\.(\w+), Step\.(\w+)\): Status\.(\w+)", code)
    page = (project / "docs/decisions/0004-order-states.md").read_text()
    (picture,) = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    plain = re.sub(r"\[\w+\]", "", picture)
    arrows = re.findall(r"(?=\b(\w+) -->\|(\w+)\| (\w+))", plain)
    assert moves
    assert sorted(arrows) == sorted((a.lower(), b.lower(), c.lower()) for a, b, c in moves)


def test_the_diagram_shows_every_function(project: Path, answers: dict[str, Any]) -> None:
    (diagram,) = re.findall(
        r"```mermaid\n(.*?)```", (project / "docs/onboarding.md").read_text(), re.DOTALL
    )
    functions = set(re.findall(r"(\w+)\[\[\1\]\]", diagram))
    expected = set(answers["triggers"])
    if answers.get("api_auth") == "authorizer" and "api" in expected:
        expected.add("authorizer")
    assert functions == expected


def test_free_text_arrives_as_it_was_given(template: Path, tmp_path: Path) -> None:
    project = support.render(template, tmp_path / "project", {**TEXTS, "project_slug": "umlaut"})
    readme = (project / "README.md").read_text()
    assert readme.startswith(f"# {TEXTS['project_name']}\n\n{TEXTS['description']}\n")
    assert f"Owner: {TEXTS['owner']}." in readme
    assert f"Copyright (c) {TEXTS['owner']}." in (project / "LICENSE").read_text()


def test_licenses_are_whole(template: Path, tmp_path: Path) -> None:
    first_lines = {
        "Apache-2.0": "Apache License",
        "MIT": "MIT License",
        "proprietary": "Copyright (c) Orders team. All rights reserved.",
    }
    for license_name, first_line in first_lines.items():
        project = support.render(template, tmp_path / license_name, {"license": license_name})
        text = (project / "LICENSE").read_text()
        assert text.strip().splitlines()[0].strip() == first_line
        assert "{{" not in text
        if license_name == "Apache-2.0":
            assert text.count("\n") == 202
            assert "END OF TERMS AND CONDITIONS" in text
        if license_name == "MIT":
            assert "Copyright (c) Orders team" in text
            assert "OTHER DEALINGS IN THE" in text


@pytest.mark.parametrize("trigger", ["queue", "stream"])
def test_a_key_is_said_to_encrypt_queues_where_there_are_some(render: Render, trigger: str) -> None:
    project = render(triggers=[trigger], encryption="customer_key")
    page = " ".join((project / "docs/configuration.md").read_text().split())
    said = page.partition("`alias/order-service-<stage>`:")[2].partition(". ")[0]
    has_queues = "Type: AWS::SQS::Queue\n" in (project / "template.yaml").read_text()
    assert "tables" in said
    assert ("queues" in said) == has_queues
