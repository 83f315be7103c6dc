"""What is missing on this machine and how to get it.

`doctor.py` beside this needs the standard library alone and can also be run by its path, before
anything is installed.
"""

from __future__ import annotations

import sys

import click

from lambda_workbench.local import doctor


@click.command()
def command() -> None:
    """Look around, and end with 1 when something is missing that is needed."""
    sys.exit(1 if doctor.main() else 0)
