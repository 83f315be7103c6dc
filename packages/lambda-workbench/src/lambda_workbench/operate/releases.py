"""What was deployed to a stage, newest first: kept beside its packages, for going back to."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lambda_workbench.errors import ToolError
from lambda_workbench.operate.depot import Depot

_KEY = "releases.json"
_KEPT = 30


@dataclass(frozen=True)
class Release:
    """One deployment that succeeded. `template` is its key in the depot."""

    version: str
    template: str
    parameters: dict[str, str]
    at: str = field(default_factory=lambda: time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))
    taken_back: bool = False

    def is_same(self, other: Release) -> bool:
        """Whether both would bring a stack to the same state."""
        return (self.template, self.parameters) == (other.template, other.parameters)

    @property
    def line(self) -> str:
        """The release in a line."""
        return f"{self.at}  {self.version}{'  (taken back)' if self.taken_back else ''}"


def history(depot: Depot) -> list[Release]:
    """What was deployed, newest first."""
    content = depot.get(depot.prefix + _KEY)
    entries: list[dict[str, Any]] = json.loads(content) if content else []
    return [Release(**entry) for entry in entries]


def record(depot: Depot, release: Release) -> None:
    """Note that a release is live now."""
    before = history(depot)
    if not before or not before[0].is_same(release):
        _write(depot, [release, *before])


def record_return(depot: Depot, target: Release) -> None:
    """Note that a release is live again, and that those after it were taken back."""
    before = history(depot)
    newer = before[: before.index(target)]
    taken_back = [dataclasses.replace(release, taken_back=True) for release in newer]
    again = Release(target.version, target.template, target.parameters)
    _write(depot, [again, *taken_back, *before[len(newer) :]])


def to_return_to(releases: list[Release], version: str = "") -> Release:
    """The release before the one that is live, or the newest one of a version."""
    if not releases:
        raise ToolError("nothing is on record that this stage could go back to")
    live, *earlier = releases
    for release in earlier:
        if version and release.version == version:
            return release
        if not version and not release.taken_back and not release.is_same(live):
            return release
    known = ", ".join(dict.fromkeys(release.version for release in earlier)) or "none"
    wanted = f"no release {version}" if version else "no earlier release"
    raise ToolError(f"{wanted} is on record; earlier ones: {known}")


def _write(depot: Depot, releases: Iterable[Release]) -> None:
    entries = [dataclasses.asdict(release) for release in releases][:_KEPT]
    depot.put(_KEY, json.dumps(entries, indent=1).encode())
