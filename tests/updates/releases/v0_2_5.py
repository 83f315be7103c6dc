from . import Tree

VERSION = "0.2.5"
NEXT = "A new practice, newer pins of an action and of the emulator, better words in starter files."


def undo(tree: Tree) -> None:
    tree.replace(
        "includes/sam/globals.yaml.jinja",
        "    # A function that calls itself in a circle is stopped after 16 rounds.\n"
        "    RecursiveLoop: Terminate\n",
        "",
    )
    tree.replace_all(
        r"astral-sh/setup-uv@\w{40} # v[\d.]+",
        "astral-sh/setup-uv@0123456789abcdef0123456789abcdef01234567 # v9.2.0",
        "template/.github/workflows/*",
    )
    tree.replace_all(r"ministack==[\d.]+", "ministack==1.5.20", "template/pyproject.toml.jinja")
    tree.replace(
        "includes/triggers/queue/handler-dynamodb.py.jinja",
        "Fulfils the orders that",
        "Handles what",
    )
    tree.replace("template/README.md.jinja", "## Start\n", "## Getting started\n")
