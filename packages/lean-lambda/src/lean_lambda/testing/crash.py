"""A function that Lambda ends in the middle of its work."""

from collections.abc import Callable
from typing import Any


class Ended(BaseException):
    """Lambda ends the function here: no handler of exceptions gets to do anything."""


class Life:
    """So many calls, shared by all that takes part in it; every later one ends the function."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def of(self, target: Any) -> Any:
        """The same object, as long as there is life."""
        return _Mortal(self, target)

    def spend(self) -> None:
        if not self.calls:
            raise Ended
        self.calls -= 1


class _Mortal:
    def __init__(self, life: Life, target: Any) -> None:
        self._life = life
        self._target = target

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._target, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self._life.spend()
            return method(*arguments, **named)

        return call
