"""pyproject.toml, Makefile and the settings of tools."""

import tomllib
from pathlib import Path
from typing import Any

from . import alone, append, edit, replace, substitute, write


def _pyproject(project: Path) -> dict[str, Any]:
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))


@edit
def add_a_dependency(project: Path) -> None:
    """Below the line that is there for it."""
    replace(
        project,
        "pyproject.toml",
        "    # Dependencies of your own go below this line.\n",
        "    # Dependencies of your own go below this line.\n"
        '    "tenacity>=9.1",\n    "packaging>=25",\n',
    )


@add_a_dependency.survives
def _(project: Path) -> bool:
    return "tenacity>=9.1" in _pyproject(project)["project"]["dependencies"]


@edit
def add_a_dependency_as_uv_does(project: Path) -> None:
    """`uv add` sorts it in among the template's."""
    substitute(
        project, "pyproject.toml", r'^    "msgspec', '    "cachetools>=6.2.1",\n    "msgspec'
    )


@add_a_dependency_as_uv_does.survives
def _(project: Path) -> bool:
    return "cachetools>=6.2.1" in _pyproject(project)["project"]["dependencies"]


@edit
def own_group_of_dependencies(project: Path) -> None:
    """For documentation, say."""
    replace(
        project,
        "pyproject.toml",
        "\n[build-system]\n",
        '\ndocumentation = ["mkdocs>=1.6"]\n\n[build-system]\n',
    )


@own_group_of_dependencies.survives
def _(project: Path) -> bool:
    return "documentation" in _pyproject(project)["dependency-groups"]


@edit
def release_a_version(project: Path) -> None:
    """The service has versions of its own."""
    replace(project, "pyproject.toml", 'version = "0.1.0"', 'version = "3.7.1"')


@edit
def own_lint_rules(project: Path) -> None:
    """One rule more and one less, below the lines that are there for them, and a convention."""
    for place, rule in (("Rules", '"D417",'), ("Exceptions", '"D203", # ours')):
        line = f"    # {place} of your own go below this line.\n"
        replace(project, "pyproject.toml", line, f"{line}    {rule}\n")
    append(project, "pyproject.toml", '\n[tool.ruff.lint.pydocstyle]\nconvention = "google"\n')


@own_lint_rules.survives
def _(project: Path) -> bool:
    lint = _pyproject(project)["tool"]["ruff"]["lint"]
    return "D417" in lint["select"] and "D203" in lint["ignore"]


@edit
def lint_rules_by_hand(project: Path) -> None:
    """At the beginning of the template's list."""
    substitute(project, "pyproject.toml", r"^ignore = \[\n", 'ignore = [\n    "PLR0917", # ours\n')


@edit
def lower_the_coverage(project: Path) -> None:
    """For now."""
    substitute(project, "pyproject.toml", r"^fail_under = \d+", "fail_under = 80")


@edit
def own_budget(project: Path) -> None:
    """A larger package is worth it here."""
    substitute(project, "pyproject.toml", r"^kilobytes = 1000\b", "kilobytes = 1200")


@edit
def own_pytest_marker(project: Path) -> None:
    """A setting of pytest, in between the template's."""
    replace(
        project,
        "pyproject.toml",
        "xfail_strict = true\n",
        'xfail_strict = true\nmarkers = ["nightly: takes long"]\n',
    )


@alone
def reorder_pyproject(project: Path) -> None:
    """Sections in the order that the team is used to: tests first, then types, then lint."""
    path = project / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    head, *sections = text.split("\n[")
    tools = [section for section in sections if section.startswith(("tool.mypy", "[tool.mypy"))]
    rest = [section for section in sections if section not in tools]
    place = next(i for i, section in enumerate(rest) if section.startswith("tool.ruff"))
    ordered = [head, *rest[:place], *tools, *rest[place:]]
    write(project, "pyproject.toml", "\n[".join(part.rstrip("\n") + "\n" for part in ordered))


@edit
def add_to_a_group_as_uv_does(project: Path) -> None:
    """`uv add --group test` sorts it in among the template's."""
    substitute(project, "pyproject.toml", r'^    "pytest>', '    "moto>=5.1",\n    "pytest>')


@add_to_a_group_as_uv_does.survives
def _(project: Path) -> bool:
    return "moto>=5.1" in _pyproject(project)["dependency-groups"]["test"]


@alone
def compact_pyproject(project: Path) -> None:
    """Another formatter for TOML: short lists on one line, and no comments in them."""
    path = project / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    start, end = text.index("\ntest = [\n"), text.index("\ntools = [")
    items = ", ".join(line.strip(" ,") for line in text[start:end].split("\n")[2:-1])
    write(project, "pyproject.toml", f"{text[:start]}\ntest = [{items}]{text[end:]}")


@edit
def no_newline_at_the_end(project: Path) -> None:
    """An editor that does not care for the last newline of pyproject.toml."""
    path = project / "pyproject.toml"
    path.write_bytes(path.read_bytes().rstrip(b"\n"))


@edit
def own_make_target(project: Path) -> None:
    """In own.mk, which the Makefile reads: a target, and a step before one of the template's,
    which pipelines then run too."""
    write(
        project,
        "own.mk",
        ".PHONY: load seed\nload: ## load tests\n\t@echo loading\n\n"
        "test: seed\nseed: ## data for tests\n\t@echo seeding\n",
    )


@edit
def make_target_by_hand(project: Path) -> None:
    """At the end of the Makefile, although there is own.mk."""
    append(project, "Makefile", "\n.PHONY: hello\nhello: ## say hello\n\t@echo hello\n")


@edit
def change_a_make_target(project: Path) -> None:
    """Tests stop at the first failure."""
    replace(project, "Makefile", "-m pytest --cov", "-m pytest -x --cov")


@edit
def own_ignored_files(project: Path) -> None:
    """Below the line that is there for it."""
    append(project, ".gitignore", "/notes/\n*.sqlite\n")
    write(project, "notes/private.txt", "not for git\n")


@edit
def own_editor_settings(project: Path) -> None:
    """The team's settings among the template's."""
    replace(project, ".vscode/settings.json", "{\n", '{\n  "editor.rulers": [100],\n')


@edit
def own_hook(project: Path) -> None:
    """One more pre-commit hook."""
    append(
        project,
        ".pre-commit-config.yaml",
        "      - id: ours\n        name: ours\n"
        "        entry: make ours\n        language: system\n",
    )


@edit
def pin_the_python_patch(project: Path) -> None:
    """An exact version of Python."""
    write(project, ".python-version", "3.13.5\n")


@edit
def commit_a_lock_file(project: Path) -> None:
    """What `make setup` wrote."""
    write(project, "uv.lock", 'version = 1\nrequires-python = "==3.13.*"\n' + "# …\n" * 400)


@edit
def delete_the_dev_container(project: Path) -> None:
    """Nobody uses it."""
    path = project / ".devcontainer/devcontainer.json"
    path.unlink(missing_ok=True)
