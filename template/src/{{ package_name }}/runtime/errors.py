# Managed by the template: see docs/updating.md.
"""The two kinds of failure a handler tells apart."""


class PermanentError(Exception):
    """Trying again cannot help: the input is wrong, or it conflicts with what is stored."""


class TransientError(Exception):
    """Trying again later may help: something needed is busy, throttled or away."""
