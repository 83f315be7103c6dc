"""AWS as a table of answers."""

from typing import Any


class FakeAws:
    """Answers each operation as told, and remembers what it was asked.

    An answer that is an exception is raised; a list is used up one answer at a time.
    """

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls: list[tuple[str, str, dict[str, Any]]] = []

    def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((service, operation, payload))
        answer = self.answers[operation]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """The payloads of every call of one operation."""
        return [payload for _, name, payload in self.calls if name == operation]
