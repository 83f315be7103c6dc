"""What every function of this service reads from its environment, beside its own settings.

A field's variable is its name in upper case: `page_limit: int` reads PAGE_LIMIT.
"""

from lean_lambda.settings import ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """The base of each function's settings, which stand at the top of its handler module."""
