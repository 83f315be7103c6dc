"""Handlers call the domain, adapters serve it, the runtime carries both."""
