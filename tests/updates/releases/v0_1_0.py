from . import Tree

VERSION = "0.1.0"
NEXT = "A managed module has another name, which teams' own code imports: a migration moves it."

PACKAGE = "template/src/{{ package_name }}"
MIGRATION = """
_migrations:
  - version: 0.2.0
    command:
      - "{{ _copier_python }}"
      - "{{ _copier_conf.src_path }}/hooks/move.py"
      - --from
      - "{{ _version_from }}"
      - src/{{ package_name }}/runtime/journal.py=src/{{ package_name }}/runtime/log.py
      - tests/unit/runtime/test_journal.py=tests/unit/runtime/test_log.py
      - --python
      - runtime.journal=runtime.log
"""


def undo(tree: Tree) -> None:
    tree.move(f"{PACKAGE}/runtime/log.py", f"{PACKAGE}/runtime/journal.py")
    tree.move(
        "template/tests/unit/runtime/test_log.py.jinja",
        "template/tests/unit/runtime/test_journal.py.jinja",
    )
    code = ("template/src/**/*", "template/tests/**/*", "includes/**/*.py")
    tree.replace_all(r"(\bfrom .*runtime|\bfrom )\.log import", r"\1.journal import", *code)
    # As a sorter of imports has them, or else a team's formatter would change them.
    tree.replace_all(
        r"from \. import log, metrics\n",
        "from . import journal as log\nfrom . import metrics\n",
        *code,
    )
    tree.replace_all(r"(\bfrom .*runtime import )log\n", r"\1journal as log\n", *code)


def carry(tree: Tree) -> None:
    tree.replace("copier.yml", "\n_message_after_copy:", f"{MIGRATION}\n_message_after_copy:")
