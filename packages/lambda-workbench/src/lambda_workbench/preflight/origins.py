"""From the translated template back to the lines that people wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lambda_workbench.cloudformation.documents import Place, Step, Template, locate, place_of

# Properties of a function that SAM spells in another way.
_RENAMED = {"Code": ("CodeUri", "ImageUri"), "TracingConfig": ("Tracing",)}


class Origins:
    """Where the parts of a translated template come from."""

    def __init__(self, source: Template) -> None:
        self._source = source
        self._names = sorted(source.get("Resources") or {}, key=len, reverse=True)

    def resource(self, name: str) -> str | None:
        """The resource that people wrote, of which SAM made the one called `name`."""
        return next((known for known in self._names if name.startswith(known)), None)

    def place(self, path: Sequence[Step]) -> Place:
        """The line that comes closest to a path of the translated template."""
        found = [
            (len(candidate) - taken, place)
            for candidate in self._candidates(path)
            for place, taken in [locate(self._source, candidate)]
            if place is not None
        ]
        if not found:
            return place_of(self._source, ["Resources"]) or Place("template.yaml", 1)
        return min(found, key=lambda pair: pair[0])[1]

    def _candidates(self, path: Sequence[Step]) -> Iterator[Sequence[Step]]:
        """Paths of the source where what stands at `path` may come from."""
        yield path
        if len(path) < 2 or path[0] != "Resources" or not isinstance(path[1], str):
            return
        known = self.resource(path[1])
        if known is None:
            return
        rest = path[2:]
        yield ("Resources", known, *rest)
        body: Any = self._source["Resources"][known]
        event = path[1].removeprefix(known)
        if event in ((body.get("Properties") or {}).get("Events") or {}):
            yield ("Resources", known, "Properties", "Events", event, *rest)
        if len(rest) > 1 and rest[0] == "Properties":
            for name in _RENAMED.get(str(rest[1]), ()):
                yield ("Resources", known, "Properties", name, *rest[2:])
            if body.get("Type") == "AWS::Serverless::Function":
                for name in (str(rest[1]), *_RENAMED.get(str(rest[1]), ())):
                    yield ("Globals", "Function", name, *rest[2:])
