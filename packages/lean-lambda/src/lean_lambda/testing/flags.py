"""Flags that a test sets."""


class FakeFlags:
    """On or off as told; the default for all others."""

    def __init__(self, **flags: bool) -> None:
        self.flags = {name.replace("_", "-"): on for name, on in flags.items()}

    def enabled(self, name: str, *, default: bool = False) -> bool:
        return self.flags.get(name, default)
