# Managed by the template: see docs/updating.md.
"""Handlers call the domain, adapters serve it, the runtime carries both."""
