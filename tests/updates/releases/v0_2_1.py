from . import Tree

VERSION = "0.2.1"
NEXT = "A choice is retired, because Python 3.11 has no runtime on Lambda any more."


def undo(tree: Tree) -> None:
    tree.replace(
        "copier.yml", 'choices: ["3.12", "3.13", "3.14"]', 'choices: ["3.11", "3.12", "3.13"]'
    )


def carry(tree: Tree) -> None:
    """An answer that is no choice any more falls back to the default, which can look at it."""
    start = "  help: >-\n    Which Python?"
    question = tree.cut("copier.yml", start, "\narchitecture:\n")
    default = '  default: "3.13"\n'
    assert default in question
    mapped = "  default: \"{{ '3.12' if python_version | default('') == '3.11' else '3.13' }}\"\n"
    question = question.replace(default, mapped)
    tree.replace("copier.yml", "\narchitecture:\n", f"{question}\narchitecture:\n")
