# Managed by the template: see docs/updating.md.
"""Handlers call the domain, and adapters serve it."""
