from . import Tree

VERSION = "0.2.3"
NEXT = "A question is added. Until then every project was deployed the way that is its default now."


def undo(tree: Tree) -> None:
    """Not asked, and so not among the answers either."""
    start = "\ntraffic_shifting:\n"
    tree.cut("copier.yml", start, "\npython_version:\n")
    tree.replace(
        "copier.yml",
        "\npython_version:\n",
        f"{start}  type: str\n  default: canary\n  when: false\n\npython_version:\n",
    )
    tree.replace("includes/given.jinja", "'traffic_shifting', ", "")
