"""Rebasing: a change drawn on units that others have changed since, carried over to today's.

A field of a unit, and an edge of an outline, that only one side changed is taken from that side;
what both changed is a conflict, and stands as such. So nobody's work is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from gis.arrangement import from_grid
from gis.division.delta import Delta, Unit
from gis.division.rings import Edge, Rings, edges, refuse_unsound, shape, traced
from gis.errors import BoundaryError, CityGridError

FIELDS = ("level", "parent", "code", "names", "kind")
OUTLINE, GONE, THERE = "outline", "gone", "there"


@dataclass(frozen=True)
class Clash:
    """A unit that both sides changed, and how."""

    unit_id: int
    code: str
    # Fields of a unit, or "outline"; "gone": others retired it, "there": it is back already.
    about: tuple[str, ...]
    # As it was drawn on, as this change makes it, as it is today; None where it is not.
    base: Unit | None
    mine: Unit | None
    theirs: Unit | None
    # Of its outline, what both sides changed.
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """All units that stand against carrying a change over."""

    clashes: tuple[Clash, ...]

    @property
    def units(self) -> tuple[int, ...]:
        """The numbers of the units, in order."""
        return tuple(clash.unit_id for clash in self.clashes)

    def to_json(self) -> dict[str, Any]:
        """Return itself for the map: both versions and the edges as GeoJSON, EPSG:4326."""
        return {
            "units": [
                {
                    "unit": clash.unit_id,
                    "code": clash.code,
                    "about": list(clash.about),
                    "base": _drawn(clash.base),
                    "mine": _drawn(clash.mine),
                    "theirs": _drawn(clash.theirs),
                    "titles": {
                        side: unit and {"code": unit.code, "names": dict(unit.names)}
                        for side, unit in (("mine", clash.mine), ("theirs", clash.theirs))
                    },
                    "parents": {
                        side: unit and unit.parent
                        for side, unit in (("mine", clash.mine), ("theirs", clash.theirs))
                    },
                    "edges": _lines(clash.edges),
                }
                for clash in self.clashes
            ]
        }


class ConflictError(CityGridError):
    """Others changed what a change changes; with what exactly, for the map."""

    def __init__(self, conflict: Conflict, *, by: Sequence[str] = ()) -> None:
        codes = tuple(sorted(clash.code or str(clash.unit_id) for clash in conflict.clashes))
        shown = ", ".join(codes[:5]) + (f" and {len(codes) - 5} more" if len(codes) > 5 else "")
        others = f" by {', '.join(by)}" if by else " by others"
        super().__init__(
            f"Changed{others} meanwhile, where this order changes it too: {shown}. "
            "Nothing was overwritten; look at both on the map.",
            key="error.conflict_by" if by else "error.conflict",
            codes=shown,
            by=", ".join(by),
        )
        self.conflict = conflict
        self.by = tuple(by)


def stands_against(effect: Delta, conflict: Conflict) -> bool:
    """Return whether a change that took effect made one of the differences of a conflict."""
    return any(_made(effect, clash) for clash in conflict.clashes)


def _made(effect: Delta, clash: Clash) -> bool:
    old, new = effect.old.get(clash.unit_id), effect.new.get(clash.unit_id)
    if old is None or new is None:
        return old is not new
    if OUTLINE in clash.about:
        drawn_over = set(edges(old.rings or ())) - set(edges(new.rings or ()))
        if drawn_over & set(clash.edges) or (not clash.edges and old.rings != new.rings):
            return True
    return any(getattr(old, name) != getattr(new, name) for name in clash.about if name in FIELDS)


def rebase(delta: Delta, today: Mapping[int, Unit]) -> Delta:
    """Return a change carried over to the units of today.

    Parameters
    ----------
    today
        At least the units of the change, and those they are to lie in, that are there today.

    Raises
    ------
    ConflictError
        If others changed the same fields or edges.
    """
    old: dict[int, Unit] = {}
    new: dict[int, Unit] = {}
    clashes = []
    for number in sorted(delta.units):
        merged = _merge(
            number, delta.old.get(number), delta.new.get(number), today.get(number)
        )  # fmt: skip
        if isinstance(merged, Clash):
            clashes.append(merged)
            continue
        if number in today:
            old[number] = today[number]
        if merged is not None:
            new[number] = merged
    there = {**today, **delta.new}
    for number, unit in new.items():
        parent = unit.parent
        if parent is not None and (parent not in there or (parent in old and parent not in new)):
            base, mine = delta.old.get(number), delta.new.get(number)
            clashes.append(
                Clash(number, unit.code, ("parent",), base, mine, today.get(number))
            )  # fmt: skip
    if clashes:
        raise ConflictError(Conflict(tuple(clashes)))
    same = {n for n in old.keys() & new.keys() if old[n] == new[n]}
    return Delta(
        {n: unit for n, unit in old.items() if n not in same},
        {n: unit for n, unit in new.items() if n not in same},
    )


def rebase_steps(steps: Iterable[Delta], today: Mapping[int, Unit]) -> tuple[Delta, ...]:
    """Return steps carried over to the units of today, one on top of the other.

    Raises
    ------
    ConflictError
        If one of them cannot be; nothing is said of those after it.
    """
    now = dict(today)
    found = []
    for step in steps:
        moved = rebase(step, now)
        for number in moved.old:
            del now[number]
        now.update(moved.new)
        found.append(moved)
    return tuple(found)


def is_stale(delta: Delta, today: Mapping[int, Unit]) -> bool:
    """Return whether units are not any more what a change was drawn on."""
    return any(today.get(number) != unit for number, unit in delta.old.items()) or any(
        number in today for number in delta.new.keys() - delta.old.keys()
    )


def _merge(
    number: int, base: Unit | None, mine: Unit | None, theirs: Unit | None
) -> Unit | Clash | None:
    code = next((u.code for u in (theirs, base, mine) if u is not None and u.code), "")
    if base == theirs or mine == theirs:
        return mine
    if base is None:
        # It came back, or its number was given to another.
        return Clash(number, code, (THERE,), base, mine, theirs)
    if theirs is None:
        return Clash(number, code, (GONE,), base, mine, theirs)
    if mine is None:
        about = _moved(base, theirs)
        return (
            Clash(number, code, about, base, mine, theirs, _gone(base, theirs)) if about else None
        )
    values: dict[str, Any] = {}
    about = ()
    for name in FIELDS:
        was, here, there = (getattr(unit, name) for unit in (base, mine, theirs))
        values[name] = there if was == here else here
        if there not in (was, here) and was != here:
            about += (name,)
    rings, contested = _outline(base.rings, mine.rings, theirs.rings)
    about += () if contested is None else (OUTLINE,)
    if about:
        return Clash(number, code, about, base, mine, theirs, contested or ())
    return replace(mine, **values, rings=rings)


def _moved(base: Unit, theirs: Unit) -> tuple[str, ...]:
    """Return what others did to a unit that keeps this change from retiring it."""
    fields = ("level", "parent", "rings")
    changed = [name for name in fields if getattr(base, name) != getattr(theirs, name)]
    return tuple(OUTLINE if name == "rings" else name for name in changed)


def _outline(
    base: Rings | None, mine: Rings | None, theirs: Rings | None
) -> tuple[Rings | None, tuple[Edge, ...] | None]:
    """Return an outline with both sides' edges, or the edges that both changed."""
    if base == theirs or mine == theirs:
        return mine, None
    if base == mine:
        return theirs, None
    if base is None or mine is None or theirs is None:
        # One side divided it, or made it one, and the other moved its border.
        return None, ()
    was, here, there = set(edges(base)), set(edges(mine)), set(edges(theirs))
    contested = (was - here) - there
    if contested == was - here and here - was <= there:
        # Both did the same.
        return theirs, None
    if contested:
        return None, tuple(sorted(contested))
    try:
        rings = traced(there - (was - here) | (here - was))
        refuse_unsound(rings)
    except BoundaryError:
        # Each side's line is sound, but not both.
        return None, tuple(sorted((here - was) | (there - was)))
    return rings, None


def _gone(one: Unit, other: Unit) -> tuple[Edge, ...]:
    return tuple(sorted(set(edges(one.rings or ())) - set(edges(other.rings or ()))))


def _drawn(unit: Unit | None) -> dict[str, Any] | None:
    if unit is None or unit.rings is None:
        return None
    found = from_grid(np.array([shape(unit.rings)], dtype=object))[0]
    return dict(shapely.geometry.mapping(found))


def _lines(some: Sequence[Edge]) -> dict[str, Any] | None:
    if not some:
        return None
    return {
        "type": "MultiLineString",
        "coordinates": [[[x / 1e7, y / 1e7] for x, y in edge] for edge in some],
    }
