"""What can be switched while the service runs."""

from typing import Protocol


class Switches(Protocol):
    """Switches by name."""

    def enabled(self, name: str, *, default: bool = False) -> bool:
        """Whether one is on; `default` while nothing is known of it."""
        ...
