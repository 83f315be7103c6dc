"""Update from the template on a branch and open a pull request: `make template-pull-request`.

The workflow template-update.yml runs this once a week. It needs GitHub's `gh`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

import click

from lambda_workbench.errors import ToolError
from lambda_workbench.git import git
from lambda_workbench.project import ROOT
from lambda_workbench.update import apart
from lambda_workbench.update.origin import ANSWERS, cloned, origin
from lambda_workbench.update.template_update import Update, update

PREFIX = "template-update/"
BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
REFUSED = """\
GitHub refused the branch: this update changes workflows, which a workflow's own token may not do.
Store one that may as the secret TEMPLATE_UPDATE_TOKEN: docs/updating.md says which."""


@click.command()
def command() -> None:
    """Update, push, open the pull request; or say why there is nothing to do."""
    apart.enter()
    came_from = origin()
    with cloned(came_from) as template:
        newest = template.newest()
        if template.contains(came_from.commit, newest):
            print("Nothing to do: there is no newer version of the template.")
            return
    branch = PREFIX + newest
    if git(ROOT, "ls-remote", "--heads", "origin", branch):
        print(f"Nothing to do: the branch {branch} is there already.")
        return
    open_ones = _open_pull_requests()
    others = [one["url"] for one in open_ones if not one["headRefName"].startswith(PREFIX)]
    if others:
        print(f"Nothing to do: {others[0]} updates from the template.")
        return
    base = git(ROOT, "rev-parse", "--abbrev-ref", "HEAD").strip()
    done = update()
    if done is None:
        raise ToolError("the template has changed while this ran: run it again")
    _push(branch, done)
    url = _gh(
        [
            *("pr", "create", "--base", base, "--head", branch),
            *("--title", done.title, "--body-file", "-"),
        ],
        text=body(done),
    ).strip()
    print(f"{done.title}: {url}")
    for one in open_ones:
        _gh(["pr", "close", str(one["number"]), "--comment", f"{url} brings a newer version."])


def body(done: Update) -> str:
    """What the reviewer should know, conflicts first."""
    parts = []
    if done.conflicts:
        listed = "\n".join(f"- `{path}`" for path in done.conflicts)
        parts.append(
            "**This needs a person.** In these files a change of this project's own and one of the"
            " template's met in the same lines. Both are there, between the markers `<<<<<<<` and"
            f" `>>>>>>>`: check out the branch and keep what is right.\n\n{listed}"
        )
    if done.lock_failure:
        parts.append(f"`uv.lock` could not be renewed:\n\n```\n{done.lock_failure}\n```")
    parts.append(done.news or "The template's changelog tells of nothing new.")
    parts.append(f"From {done.before} to {done.after}. `docs/updating.md` tells more.")
    return "\n\n".join(parts) + "\n"


def _push(branch: str, done: Update) -> None:
    name, email = BOT
    identity = ["-c", f"user.name={name}", "-c", f"user.email={email}"]
    if os.environ.get("GITHUB_ACTIONS") != "true":
        identity = []
    git(ROOT, "switch", "--quiet", "--create", branch)
    git(ROOT, "add", "--all", "--", ".")
    git(ROOT, *identity, "commit", "--quiet", "--no-verify", "--message", done.title)
    try:
        git(ROOT, "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
    except ToolError as error:
        if "workflow" in str(error).partition("\n")[2]:
            raise ToolError(REFUSED) from error
        raise


def _open_pull_requests() -> list[dict[str, Any]]:
    """Those that touch the answers file: updates by this tool, by another bot, or by a person."""
    top = git(ROOT, "rev-parse", "--show-prefix").strip()
    asked = ["pr", "list", "--state", "open", "--limit", "100"]
    found: list[dict[str, Any]] = json.loads(
        _gh([*asked, "--json", "number,url,headRefName,files"]) or "[]"
    )
    answers = top + ANSWERS.name
    return [one for one in found if any(file["path"] == answers for file in one["files"])]


def _gh(arguments: Sequence[str], text: str = "") -> str:
    try:
        done = subprocess.run(
            ["gh", *arguments], cwd=ROOT, input=text, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise ToolError("GitHub's `gh` is missing: https://cli.github.com") from error
    if done.returncode != 0:
        raise ToolError(f"`gh {' '.join(arguments[:2])}` failed:\n{done.stderr.strip()}")
    return done.stdout
