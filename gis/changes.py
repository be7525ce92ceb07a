"""A change of units about to take effect: judged against today's units, with all it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import shapely
from sqlalchemy import Connection, any_, func, insert, select

from gis import places
from gis.city import City
from gis.division import stored
from gis.division.delta import Delta, Unit
from gis.division.derived import derived
from gis.division.division import Division
from gis.division.rings import Rings, refuse_unsound, shape
from gis.errors import BoundaryError, NotFoundError
from gis.locate import change_faces
from gis.tables import unit as unit_table
from gis.tables import unit_version, zoning_level

_c = unit_version.c
# Less than this part of the smaller of two units is the rounding of a line to the grid.
LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class Change:
    """A delta as it is about to take effect, and all units it reaches."""

    zoning_id: int
    # With the numbers of new units.
    delta: Delta
    # Every unit whose version changes, those above that get another outline included; as it
    # becomes. Retired ones are in the delta's ``old`` only.
    units: Mapping[int, Unit]
    # Of these, the outlines they get; those without an area are left out.
    outlines: Mapping[int, Rings]
    city: City

    @cached_property
    def shapes(self) -> dict[int, shapely.MultiPolygon]:
        """The outlines in degrees, as they are stored."""
        return stored.shapes_4326(self.outlines)

    @property
    def moved(self) -> frozenset[int]:
        """The units that get another parent; what lies in them lies elsewhere too."""
        return self.delta.moved


def prepare(db: Connection, delta: Delta) -> Change:
    """Lock the faces, judge a change against the units of today, and work out all it reaches.

    Parameters
    ----------
    db
        Its transaction holds the lock until it ends: nobody places anything meanwhile.
    delta
        Negative ids get their real ones here.

    Raises
    ------
    BoundaryError
        If a unit is not any more what the change began with, or the change breaks a rule that no
        setting can lift.
    """
    change_faces(db)
    city = places.city(db)
    if city is None:
        raise NotFoundError("No city is loaded, so no unit can change.")
    zoning_id = _zoning(db, delta)
    known = stored.units_above(db, _needed(delta))
    today = {n: known[n] for n in _needed(delta) if n in known}
    stale = sorted(unit.code for n, unit in delta.old.items() if today.get(n) != unit)
    if stale:
        raise BoundaryError(
            f"Changed by others meanwhile: {', '.join(stale[:5])}. Begin again from today's units."
        )
    Division(today, stored.children(db, today)).apply(delta)
    _refuse_levels(db, zoning_id, delta)
    _refuse_codes(db, zoning_id, delta)
    delta = _numbered(db, zoning_id, delta)
    above = {n: unit for n, unit in known.items() if n not in delta.old}
    outlines = derived(delta, above, lambda numbers: stored.outlines(db, numbers))
    refuse_derived(outlines, {**above, **delta.new})
    units = {**{n: above[n] for n in outlines if n in above}, **delta.new}
    return Change(zoning_id, delta, units, outlines, city)


def refuse_derived(outlines: Mapping[int, Rings], units: Mapping[int, Unit]) -> None:
    """Raise BoundaryError where a derived outline makes no sense: it was wrong before."""
    for number, rings in outlines.items():
        if units[number].rings is None:
            try:
                refuse_unsound(rings)
            except BoundaryError as error:
                raise BoundaryError(
                    f"The stored outline of {units[number].code} is not the union of its parts, "
                    "so it cannot follow them. Run `citygrid check` and load the units again."
                ) from error


def _needed(delta: Delta) -> set[int]:
    """Return the units that must be known to judge a change."""
    parents = {u.parent for u in (*delta.old.values(), *delta.new.values()) if u.parent is not None}
    return {n for n in {*delta.old, *parents} if n > 0}


def _zoning(db: Connection, delta: Delta) -> int:
    """Return the zoning that all units of a change belong to."""
    query = select(unit_table.c.zoning_id).where(unit_table.c.id == any_(sorted(_needed(delta))))  # type: ignore[arg-type]
    found = set(db.scalars(query))
    if len(found) != 1:
        raise BoundaryError("A change must name units of one zoning.")
    return int(found.pop())


def _refuse_levels(db: Connection, zoning_id: int, delta: Delta) -> None:
    """Raise BoundaryError for units of a level that the city does not have."""
    c = zoning_level.c
    known = set(db.scalars(select(c.level).where(c.zoning_id == zoning_id)))
    for number, unit in delta.new.items():
        if unit.level not in known:
            raise BoundaryError(
                f"{unit.code or number} would be of level {unit.level}. "
                f"The city has levels {min(known)} to {max(known)}."
            )


def _refuse_codes(db: Connection, zoning_id: int, delta: Delta) -> None:
    owners: dict[str, int] = {}
    for number, unit in delta.new.items():
        if not unit.code:
            raise BoundaryError("A new unit has no code yet. Give it one.")
        if owners.setdefault(unit.code, number) != number:
            raise BoundaryError(f"{unit.code} would be the code of two units. Give each its own.")
    query = select(_c.code, _c.unit_id).where(
        _c.zoning_id == zoning_id,
        _c.code == any_(sorted(owners)),  # type: ignore[arg-type]
    )
    taken = sorted(code for code, owner in db.execute(query) if owners[code] != owner)
    if taken:
        raise BoundaryError(
            f"{taken[0]} is or was the code of another unit. A code is never given twice."
        )


def _numbered(db: Connection, zoning_id: int, delta: Delta) -> Delta:
    """Give new units their numbers; those that come back have theirs."""
    drafts = sorted((n for n in delta.new if n < 0), reverse=True)
    if not drafts:
        return delta
    first = int(db.scalar(select(func.max(unit_table.c.id))) or 0) + 1
    ids = {draft: first + k for k, draft in enumerate(drafts)}
    db.execute(insert(unit_table), [{"id": n, "zoning_id": zoning_id} for n in ids.values()])
    return delta.renumbered(ids)


def ancestry(delta: Delta) -> set[tuple[int, int]]:
    """Return which units came from which: where one begins or ends and they share ground."""
    old, new = delta.old, delta.new
    pairs = set()
    for before in delta.redrawn & old.keys():
        for after in delta.redrawn & new.keys():
            if before == after or (before in new and after in old):
                continue
            one, other = old[before].rings, new[after].rings
            if one and other and _share_ground(one, other):
                pairs.add((before, after))
    for number in old.keys() & new.keys():
        above, now = old[number].parent, new[number].parent
        if above is not None and now is not None and above != now:
            is_new = now in new and now not in old
            is_gone = above in old and above not in new
            if is_new or is_gone:
                pairs.add((above, now))
    return pairs


def heirs(delta: Delta) -> dict[int, int]:
    """Return for each unit that ends the one that gets rows known to it only."""
    heirs: dict[int, int] = {}
    for number in sorted(delta.old.keys() - delta.new.keys()):
        above = delta.old[number].parent
        children = [n for n in delta.old if delta.old[n].parent == number and n in delta.new]
        if children:
            above = delta.new[min(children)].parent
        if above is not None:
            heirs[number] = above
    for number, heir in heirs.items():
        while heir in heirs:
            heir = heirs[heir]
        heirs[number] = heir
    return heirs


def _share_ground(one: Rings, other: Rings) -> bool:
    areas = shape(one), shape(other)
    common = shapely.intersection(*areas).area
    return bool(common > LEAST_SHARE * min(areas[0].area, areas[1].area))
