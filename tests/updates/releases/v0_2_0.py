from . import Tree

VERSION = "0.2.0"
NEXT = (
    "More of the managed and shared files: a make target, a development tool, lines of a package."
)

LIBRARY = "packages/lean-lambda/src/lean_lambda"


def undo(tree: Tree) -> None:
    tree.cut("template/Makefile.jinja", "audit: $(synced)", "secrets: $(synced)")
    tree.replace("template/Makefile.jinja", " audit secrets", " secrets")
    tree.cut("template/.github/workflows/ci.yml", "  audit:\n", "  secrets:\n")
    tree.replace("template/pyproject.toml.jinja", '    "pip-audit>=2.9",\n', "")
    tree.replace("template/pyproject.toml.jinja", '"pre-commit>=4.3"', '"pre-commit>=4.2"')
    tree.replace("template/.gitignore", ".import_linter_cache/\n", "")
    tree.replace(f"{LIBRARY}/log.py", '        "iban",\n', "")
    tree.replace(f"{LIBRARY}/log.py", '"[redacted]"', '"***"')
    tree.replace("template/docs/runbook.md.jinja", "## Any function\n", "## All functions\n")
