# Managed by the template: see docs/updating.md.
"""The AWS SAM CLI, in the one version this project was tried with."""

from __future__ import annotations

from tools.project import find_uv, project

VERSION = "1.170.0"


def sam(*arguments: str) -> list[str]:
    """The command line of `sam`; uv installs it outside of this project's environment."""
    source = ["--from", f"aws-sam-cli=={VERSION}", "--python", project().python]
    return [find_uv(), "tool", "run", "--quiet", *source, "sam", *arguments]
