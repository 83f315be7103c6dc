"""Rules for every file of this repository."""

import re
import subprocess
from itertools import chain
from pathlib import PurePosixPath

import pytest

from tests.support import ROOT, copier_yml

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


def test_a_name_in_the_template_holds_no_statement() -> None:
    found = [name for name in FILES if "{%" in name]
    found += [
        name
        for name in TEMPLATE_FILES
        if set(re.findall(r"{{.*?}}", name))
        - {"{{ package_name }}", "{{ _copier_conf.answers_file }}"}
    ]
    assert not found


def test_lines_end_the_same_way() -> None:
    found = [name for name in FILES if "\r" in (text_of(name) or "")]
    assert not found
    found = [name for name in FILES if (text := text_of(name)) and not text.endswith("\n")]
    assert not found


def makes_text(name: str) -> bool:
    """Macros, facts that pages share, and lists worked out from the answers are logic alone."""
    logic = ("/facts.jinja", "/widgets.jinja", "includes/exclude.jinja", "includes/left.jinja")
    return not name.endswith(logic) and "{% macro" not in (text_of(name) or "")


OPENING = re.compile(r"{%-?\s*(?:if|for|set\s+\w+\s*%)\b")
CLOSING = re.compile(r"{%-?\s*end(?:if|for|set)\b")
WHOLE_PART = re.compile(r"{%-?\s*(?:include|from|import|raw|endraw)\b|{#.*#}$")


def statements_within_text(text: str) -> int:
    """Statements, but for those that only choose between whole parts: a file that is an outline of
    its parts is easy to read."""
    counted = 0
    blocks = [{"statements": 0, "text": False}]
    for line in map(str.strip, text.splitlines()):
        if not line or WHOLE_PART.match(line):
            continue
        if OPENING.match(line):
            blocks.append({"statements": 1, "text": False})
        elif line.startswith("{%"):
            blocks[-1]["statements"] += 1
            if CLOSING.match(line) and len(blocks) > 1:
                block = blocks.pop()
                if block["text"]:
                    counted += block["statements"]
                    blocks[-1]["text"] = True
        else:
            blocks[-1]["text"] = True
    return counted + blocks[0]["statements"]


@pytest.mark.parametrize(
    "name", [name for name in TEMPLATE_FILES if name.endswith(".jinja") and makes_text(name)]
)
def test_a_template_file_reads_like_the_file_it_makes(name: str) -> None:
    """More than one line in six being a statement means that it should be two files."""
    text = text_of(name) or ""
    lines = len([line for line in text.splitlines() if line.strip()])
    statements = statements_within_text(text)
    is_small = lines <= 12 or statements <= 5
    assert is_small or statements * 6 <= lines, f"{statements} of {lines} lines are statements"


def test_statements_stand_on_lines_of_their_own() -> None:
    found = [
        f"{name}:{number}: {line.strip()}"
        for name in FILES
        if name.startswith("template/") and name.endswith(".jinja")
        for number, line in enumerate((text_of(name) or "").splitlines(), start=1)
        if re.search(r"{%-?\s*(?:if|for|else|elif)\b", line) and not line.lstrip().startswith("{%")
    ]
    assert not found, "\n".join(found)
