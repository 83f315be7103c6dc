"""Runs a function's package on this machine the way Lambda does: see host.py."""
