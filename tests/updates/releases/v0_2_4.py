from . import Tree

VERSION = "0.2.4"
NEXT = (
    "template.yaml is restructured: a log group stands with its function, the runtime in Globals."
)

PARTS = "includes/sam/parts.jinja"
LOG_GROUP = "[shared ~ 'log-group.yaml.jinja', name]"


def undo(tree: Tree) -> None:
    """Log groups stood together after the functions; each function named its runtime."""
    tree.replace(PARTS, f"  {LOG_GROUP},\n", "")
    tree.replace(PARTS, "resources=[], ", "resources=[], logs=[], ")
    tree.replace(
        PARTS,
        "{% set own.alarms = own.alarms + [\n",
        f"{{% set own.logs = own.logs + [{LOG_GROUP}] %}}\n{{% set own.alarms = own.alarms + [\n",
    )
    tree.replace(PARTS, "  + own.resources\n", "  + own.resources\n  + own.logs\n")
    tree.replace("includes/sam/globals.yaml.jinja", "    Runtime: python{{ python_version }}\n", "")
    tree.replace_all(
        r"(    Type: AWS::Serverless::Function\n    Properties:\n)",
        r"\1      Runtime: python{{ python_version }}\n",
        "includes/*/*/sam/function.yaml.jinja",
    )
