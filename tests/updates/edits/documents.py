"""Documentation."""

from pathlib import Path

from . import append, delete, edit, replace, substitute, write


@edit
def rewrite_the_readme(project: Path) -> None:
    """Not a line is the template's."""
    write(project, "README.md", "# Orders\n\nAsk in #orders.\n")


@edit
def keep_a_changelog(project: Path) -> None:
    """What a team does with a changelog."""
    replace(
        project, "CHANGELOG.md", "- The service exists.", "- The service ships.\n- And returns."
    )


@edit
def delete_a_generated_page(project: Path) -> None:
    """The wiki has it."""
    delete(project, "docs/delivery.md")


@edit
def delete_a_decision(project: Path) -> None:
    """Not ours."""
    delete(project, "docs/decisions/0002-thin-runtime.md")


@edit
def add_to_the_runbook(project: Path) -> None:
    """A section in the middle of a managed page, and one at its end."""
    substitute(
        project, "docs/runbook.md", r"^## Alarms\n", "## On call\n\nAsk in #orders.\n\n## Alarms\n"
    )
    append(project, "docs/runbook.md", "\n## Carriers\n\nCall them.\n")


@edit
def own_page(project: Path) -> None:
    """Beside the template's, with a space in its name."""
    write(project, "docs/how we work.md", "# How we work\n")
    write(project, "docs/für alle.md", "# Für alle\n")


@edit
def another_licence(project: Path) -> None:
    """The company's own words."""
    write(project, "LICENSE", "All rights reserved by the orders team.\n")


@edit
def own_sample_event(project: Path) -> None:
    """The sample that came, changed, and one more."""
    substitute(project, "events/queue.json", r"cus-1", "cus-42")
    write(project, "events/queue with two.json", "{}\n")
