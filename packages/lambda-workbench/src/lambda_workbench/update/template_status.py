"""Which version of the template this project is on, and what a newer one would bring."""

from __future__ import annotations

import click

from lambda_workbench.update.origin import Template, cloned, news, origin


@click.command()
def command() -> None:
    """Look the template up and tell."""
    came_from = origin()
    with cloned(came_from) as template:
        print("\n".join(status(template, came_from.source, came_from.commit)))


def status(template: Template, source: str, commit: str) -> list[str]:
    """What there is to say, line by line."""
    newest = template.newest()
    said = [f"template  {source}", f"here      {commit}", f"newest    {newest}"]
    if template.contains(commit, newest):
        return [*said, "", "Up to date."]
    newer = template.newer(commit)
    if newer:
        said.append(f"newer     {', '.join(newer)}")
    told = news(template.text(commit, "CHANGELOG.md"), template.text(newest, "CHANGELOG.md"))
    said += ["", "An update brings:", "", told or "Nothing that the template's changelog tells."]
    return [*said, "", "`make template-update` takes it; docs/updating.md tells more."]
