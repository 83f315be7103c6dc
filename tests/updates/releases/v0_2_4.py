from . import Tree

VERSION = "0.2.4"
NEXT = (
    "template.yaml is restructured: a log group stands with its function, the runtime in Globals."
)

NAME = "template/template.yaml.jinja"
LOG_GROUP = "{% include 'includes/sam/log-group.yaml' %}\n\n"


def undo(tree: Tree) -> None:
    """Log groups stood together after the functions; each function named its runtime."""
    tree.replace(NAME, LOG_GROUP, "")
    tree.replace(
        NAME,
        "{% for part in facts.sources %}\n",
        "{% for name in facts.functions %}\n"
        f"{LOG_GROUP}{{% endfor %}}\n{{% for part in facts.sources %}}\n",
    )
    tree.replace("includes/sam/globals.yaml", "    Runtime: python{{ python_version }}\n", "")
    tree.replace_all(
        r"(    Type: AWS::Serverless::Function\n    Properties:\n)",
        r"\1      Runtime: python{{ python_version }}\n",
        "includes/sam/functions/*.yaml",
    )
