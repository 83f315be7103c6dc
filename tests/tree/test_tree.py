"""Rules for every file of this repository."""

import json
import re
import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

import jinja2
import pytest

from tests.support import ROOT, TRIGGERS, copier_yml

FILES = sorted(
    name
    for name in subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
)
TEMPLATE_FILES = [name for name in FILES if name.startswith(("template/", "includes/"))]


def text_of(name: str) -> str | None:
    data = (ROOT / name).read_bytes()
    return None if b"\0" in data else data.decode()


# A home or scratch folder of some machine. `/root` and `/tmp` alone may mean a container's.
MACHINE_PATHS = re.compile(
    r"(?:/home|/Users)/(?!<|\$|runner\b|vscode\b|you\b|me\b)\w+/"
    r"|/root/\.\w+|/opt/(?:pypi|wheels)|/work/(?:main|shared)|/tmp/bash_jobs|C:\\Users\\",
)
PRIVATE_HOSTS = re.compile(
    r"https?://(?:[\w.-]*\b(?:artifactory|nexus|devpi|jfrog)\b[\w.-]*"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:internal|corp|lan)\b"
    r"|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+)"
    r"|file:///",
)


def test_no_file_names_a_machine_or_a_private_registry() -> None:
    found = [
        f"{name}:{number}: {match.group()}"
        for name in FILES
        if name != "tests/tree/test_tree.py"
        for number, line in enumerate((text_of(name) or "").splitlines(), start=1)
        for match in chain(MACHINE_PATHS.finditer(line), PRIVATE_HOSTS.finditer(line))
    ]
    assert not found, "\n".join(found)


def test_a_lock_file_names_the_public_index_only() -> None:
    lock = ROOT / "uv.lock"
    if not lock.exists():
        pytest.skip("no lock file is kept")
    hosts = set(re.findall(r"https?://([^/\"]+)", lock.read_text()))
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}


def test_nothing_asks_for_trust() -> None:
    assert not {"_tasks", "_jinja_extensions"} & set(copier_yml())


RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}


@pytest.mark.parametrize("name", FILES)
def test_the_name_is_valid_on_windows(name: str) -> None:
    for part in PurePosixPath(name).parts:
        assert not re.search(r'[<>:"\\|?*\x00-\x1f]', part)
        assert not part.endswith((".", " "))
        assert part.split(".")[0].lower() not in RESERVED
    assert len(name) < 180


def test_no_two_names_differ_by_case_only() -> None:
    lowered = [name.lower() for name in FILES]
    assert len(lowered) == len(set(lowered))


# The only files with a statement in their name, and the only ones that are nothing but an include.
# One stands for the files of its kind, a file for each trigger, whose text is in the folder of the
# trigger: what would otherwise be four files for each, of one line.
DISPATCHING = [
    f"template/{folder}/{{% yield trigger from triggers %}}{name}{{% endyield %}}.{ending}.jinja"
    for folder, name, ending in (
        ("events", "{{ trigger }}", "json"),
        ("src/{{ package_name }}/handlers", "{{ trigger }}", "py"),
        ("tests/e2e", "test_{{ trigger }}", "py"),
        ("tests/unit/handlers", "test_{{ trigger }}", "py"),
    )
]
# Texts of others, one of which is copied as it is.
CHOSEN_WHOLE = ["template/LICENSE.jinja"]


def test_a_name_in_the_template_holds_no_statement() -> None:
    assert [name for name in FILES if "{%" in name] == DISPATCHING
    found = [
        name
        for name in TEMPLATE_FILES
        if set(re.findall(r"{{.*?}}", name))
        - {"{{ package_name }}", "{{ _copier_conf.answers_file }}"}
    ]
    assert found == DISPATCHING


def test_a_file_of_the_template_is_more_than_an_include() -> None:
    """Or a reader would look for its text elsewhere, one file after another."""
    found = [
        name
        for name in FILES
        if name.startswith("template/")
        and all(
            re.match(r"{%-?\s*(?:include|set)\b|{#|.*#}$", line)
            for line in (text_of(name) or "text").splitlines()
        )
    ]
    assert sorted(found) == sorted(DISPATCHING + CHOSEN_WHOLE)


HAS_JINJA = re.compile(r"{%|{#|(?<!\$){{")


def test_a_file_with_jinja_says_so_in_its_name() -> None:
    found = [
        name
        for name in TEMPLATE_FILES
        if not name.endswith(".jinja") and HAS_JINJA.search(text_of(name) or "")
    ]
    assert not found


def test_a_file_without_jinja_is_copied_as_it_is() -> None:
    found = [
        name
        for name in FILES
        if name.startswith("template/")
        and name.endswith(".jinja")
        and not HAS_JINJA.search(text_of(name) or "")
    ]
    assert not found


def test_lines_end_the_same_way() -> None:
    found = [name for name in FILES if "\r" in (text_of(name) or "")]
    assert not found
    found = [name for name in FILES if (text := text_of(name)) and not text.endswith("\n")]
    assert not found


# Facts, lists of parts, and lists worked out from the answers, which are logic alone.
LOGIC = re.compile(r"(?:/(?:facts|parts|widgets)|^includes/(?:exclude|left|history))\.jinja$")


def makes_text(name: str) -> bool:
    """Unlike macros and other logic."""
    return not LOGIC.search(name) and "{% macro" not in (text_of(name) or "")


# A list of parts, each of them whole.
PARTS = re.compile(r"^{% for part\b.*%}\n\s*{% include part %}\n\s*{% endfor %}$", re.MULTILINE)
# What stands for text, or for nothing.
WHOLE_PART = re.compile(r"\s*{%-?\s*(?:include|from|import|raw|endraw)\b|\s*{#.*#}$")


# The sample's code where its triggers meet: an API or a bucket that feeds the queue, and flags.
# Known to be hard to read. A file that no longer is must leave the list.
DENSE = {
    "includes/triggers/api/handler-dynamodb.py.jinja",
    "includes/triggers/api/handler-none.py.jinja",
    "includes/triggers/api/unit-none.py.jinja",
    "includes/triggers/queue/handler-dynamodb.py.jinja",
    "includes/triggers/queue/handler-none.py.jinja",
    "includes/triggers/storage/handler-dynamodb.py.jinja",
    "includes/triggers/storage/handler-none.py.jinja",
}


@pytest.mark.parametrize(
    "name",
    [name for name in TEMPLATE_FILES if name.endswith(".jinja") and makes_text(name)],
)
def test_a_template_file_reads_like_the_file_it_makes(name: str) -> None:
    """More than one line in six being a statement means that it should be two files, or a list of
    parts that includes/facts.jinja or a parts.jinja has. A dozen lines are seen at once."""
    lines = [line for line in PARTS.sub("part", text_of(name) or "").splitlines() if line.strip()]
    statements = [
        line for line in lines if line.lstrip().startswith("{%") and not WHOLE_PART.match(line)
    ]
    is_small = len(lines) <= 12 or len(statements) <= 5
    reads_well = is_small or len(statements) * 6 <= len(lines)
    assert reads_well == (name not in DENSE), (
        f"{len(statements)} of {len(lines)} lines are statements"
    )


def test_statements_stand_on_lines_of_their_own() -> None:
    found = [
        f"{name}:{number}: {line.strip()}"
        for name in FILES
        if name.startswith("template/") and name.endswith(".jinja")
        for number, line in enumerate((text_of(name) or "").splitlines(), start=1)
        if re.search(r"{%-?\s*(?:if|for|else|elif)\b", line) and not line.lstrip().startswith("{%")
    ]
    assert not found, "\n".join(found)


def facts(**answers: Any) -> dict[str, Any]:
    """The table of includes/facts.jinja for these answers, and which parts every trigger has."""
    environment = jinja2.Environment(  # noqa: S701 (none of it is a web page)
        loader=jinja2.FileSystemLoader(ROOT),
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
        trim_blocks=True,
    )
    template = environment.from_string(
        "{% import 'includes/facts.jinja' as facts with context %}"
        "{{ {'triggers': facts.triggers_by_name, 'required': facts.required} | to_json }}"
    )
    read: dict[str, Any] = json.loads(template.render({"triggers": TRIGGERS, **answers}))
    return read


def missing_parts(name: str, entry: dict[str, Any], required: list[str]) -> Iterator[str]:
    folder = ROOT / "includes/triggers" / name
    for part in [*required, *entry["parts"]]:
        if not list(folder.glob(part)):
            yield f"trigger '{name}' has no includes/triggers/{name}/{part}"
    for kind in ("handler", "unit"):
        variants = {path.name for path in folder.glob(f"{kind}*")}
        for store in ("dynamodb", "none"):
            if not variants & {f"{kind}.py.jinja", f"{kind}-{store}.py.jinja"}:
                yield f"trigger '{name}' has no includes/triggers/{name}/{kind}-{store}.py.jinja"


def test_every_trigger_has_its_parts() -> None:
    known = facts(data_store="dynamodb", stream_source="kinesis")
    missing = [
        problem
        for name, entry in known["triggers"].items()
        for problem in missing_parts(name, entry, known["required"])
    ]
    assert not missing, "\n".join(missing)


def test_a_trigger_without_its_parts_is_named() -> None:
    found = list(missing_parts("toy", {"parts": []}, ["sam/function.yaml.jinja"]))
    assert found[0] == "trigger 'toy' has no includes/triggers/toy/sam/function.yaml.jinja"
    assert found[-1] == "trigger 'toy' has no includes/triggers/toy/unit-none.py.jinja"


def test_a_trigger_is_in_the_question_the_table_and_a_folder() -> None:
    folders = {path.name for path in (ROOT / "includes/triggers").iterdir() if path.is_dir()}
    assert set(facts()["triggers"]) == set(TRIGGERS) == folders


def test_every_part_of_a_trigger_is_used() -> None:
    """The table names it, or another file does, maybe with an answer in its name."""
    known = facts(data_store="dynamodb", stream_source="kinesis")
    texts = "\n".join(text_of(name) or "" for name in TEMPLATE_FILES)
    unused = []
    for name, entry in known["triggers"].items():
        folder = ROOT / "includes/triggers" / name
        parts = [*known["required"], *entry["parts"]]
        named = {path for part in parts for path in folder.glob(part)}
        for path in {path for path in folder.rglob("*") if path.is_file()} - named:
            whole = path.relative_to(ROOT).as_posix()
            varying = whole.rpartition("-")[0] + "-"
            if f"'{whole}'" not in texts and f"'{varying}' ~" not in texts:
                unused.append(whole)
    assert not unused
