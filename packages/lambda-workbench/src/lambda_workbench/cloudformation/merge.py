"""Lay one template over another.

Mappings merge, lists append, scalars and intrinsic functions replace, `null` removes.
"""

from __future__ import annotations

from typing import Any

from lambda_workbench.cloudformation.documents import LocatedDict, LocatedList, Place
from lambda_workbench.errors import ToolError

_NOWHERE = Place("", 0)


def merge(base: Any, override: Any) -> Any:
    """`override` over `base`; neither is changed, and what is located stays so.

    Raises `ToolError`, with the place in `override`, where something else than a mapping is laid
    over a mapping, or something else than a list over a list.
    """
    return _merge(base, override, "", None)


def is_intrinsic(node: Any) -> bool:
    """Whether a node is a call such as `!Ref x`, which has no parts to merge."""
    if not isinstance(node, dict) or len(node) != 1:
        return False
    key = str(next(iter(node)))
    return key == "Ref" or key.startswith("Fn::")


def _merge(base: Any, override: Any, path: str, place: Place | None) -> Any:
    if is_intrinsic(base) or is_intrinsic(override):
        return override
    if isinstance(base, dict) and isinstance(override, dict):
        return _merge_mappings(base, override, path)
    if isinstance(base, list) and isinstance(override, list):
        return LocatedList([*base, *override], [*_places_in(base), *_places_in(override)])
    if isinstance(base, (dict, list)):
        kind = "a mapping" if isinstance(base, dict) else "a list"
        where = f"{place}: " if place else ""
        raise ToolError(f"{where}{path} must be {kind}, as in what it is merged over")
    return override


def _merge_mappings(base: Any, override: Any, path: str) -> LocatedDict:
    merged = LocatedDict(base, dict(_places_of(base)))
    for key, value in override.items():
        place = _places_of(override).get(key)
        if value is None:
            merged.pop(key, None)
            continue
        merged[key] = _merge(merged.get(key), value, f"{path}/{key}", place)
        if place:  # also of what is joined: whatever is wrong with it came with the override
            merged.places[key] = place
    return merged


def _places_of(mapping: dict[str, Any]) -> dict[str, Place]:
    return mapping.places if isinstance(mapping, LocatedDict) else {}


def _places_in(items: list[Any]) -> list[Place]:
    return items.places if isinstance(items, LocatedList) else [_NOWHERE] * len(items)
