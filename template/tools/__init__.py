# Managed by the template: see docs/updating.md.
"""Development tools of this project: `python -m tools.<name>`, or the Makefile's targets."""
