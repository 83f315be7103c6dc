from . import Tree

VERSION = "0.1.0"
NEXT = "A managed module has another name, which teams' own code imports: a migration moves it."

LIBRARY = "packages/lean-lambda/src/lean_lambda"
MIGRATION = """
_migrations:
  - version: 0.2.0
    command:
      - "{{ _copier_python }}"
      - "{{ _copier_conf.src_path }}/hooks/move.py"
      - --from
      - "{{ _version_from }}"
      - vendor/lean-lambda/src/lean_lambda/journal.py=vendor/lean-lambda/src/lean_lambda/log.py
      - docs/welcome.md=docs/onboarding.md
      - --python
      - lean_lambda.journal=lean_lambda.log
"""


def undo(tree: Tree) -> None:
    tree.move(f"{LIBRARY}/log.py", f"{LIBRARY}/journal.py")
    tree.move("template/docs/onboarding.md.jinja", "template/docs/welcome.md.jinja")
    code = (
        "template/src/**/*",
        "template/tests/**/*",
        "includes/**/*.py.jinja",
        f"{LIBRARY}/**/*.py",
    )
    tree.replace_all(r"(\bfrom (?:lean_lambda)?)\.log import", r"\1.journal import", *code)
    # As a sorter of imports has them, or else a team's formatter would change them.
    tree.replace_all(
        r"from \. import log, metrics\n",
        "from . import journal as log\nfrom . import metrics\n",
        *code,
    )
    tree.replace_all(r"(\bfrom lean_lambda import )log\n", r"\1journal as log\n", *code)


def carry(tree: Tree) -> None:
    tree.replace("copier.yml", "\n_message_after_copy:", f"{MIGRATION}\n_message_after_copy:")
