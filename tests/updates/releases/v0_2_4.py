from . import Tree

VERSION = "0.2.4"
NEXT = "template.yaml is restructured: alarms stand last, and what functions share is said once."

NAME = "template/template.yaml.jinja"


def undo(tree: Tree) -> None:
    """Alarms stood in front of the functions; the version of a function's runtime in each of them."""
    start, end = "{% for name in facts.functions %}\n{% include 'includes/sam/alarms/", "Outputs:"
    alarms = tree.cut(NAME, start, end)
    tree.replace(NAME, "Resources:\n", f"Resources:\n{alarms}")
    tree.replace("includes/sam/globals.yaml", "    Runtime: python{{ python_version }}\n", "")
    tree.replace_all(
        r"(    Type: AWS::Serverless::Function\n    Properties:\n)",
        r"\1      Runtime: python{{ python_version }}\n",
        "includes/sam/functions/*.yaml",
    )
