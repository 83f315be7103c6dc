from . import Tree

VERSION = "0.2.2"
NEXT = "A question is renamed, on which files of the team's depend."


def undo(tree: Tree) -> None:
    """The question was called `storing`."""
    tree.replace("copier.yml", "\ndata_store:\n", "\nstoring:\n")
    tree.replace_all(
        r"\bdata_store\b",
        "storing",
        "copier.yml",
        "includes/**/*.*",
        "template/**/*.jinja",
    )


def carry(tree: Tree) -> None:
    tree.replace(
        "includes/history.jinja", "set renamed = {}", "set renamed = {'data_store': 'storing'}"
    )
    question = tree.cut("copier.yml", "\ndata_store:\n", "  choices:\n    DynamoDB tables")
    assert "  default: dynamodb\n" in question
    question = question.replace(
        "  default: dynamodb\n", "  default: \"{{ storing | default('dynamodb') }}\"\n"
    )
    tree.replace(
        "copier.yml",
        "  choices:\n    DynamoDB tables",
        f"{question}  choices:\n    DynamoDB tables",
    )
