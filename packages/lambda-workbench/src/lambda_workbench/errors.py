"""Errors that a person can put right."""

from __future__ import annotations


class ToolError(Exception):
    """Something the person at the keyboard can put right; its text says how."""
