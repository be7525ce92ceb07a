"""What is worth a remark about a draft: the engine's rules, with what lies on the ground."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from sqlalchemy import Connection, any_, func, select

from gis.city import City, Zoning
from gis.division.checks import Ground, Remark, Rules, check
from gis.division.delta import Delta
from gis.division.division import Division
from gis.division.rings import Rings, shape
from gis.division.surroundings import Stored
from gis.tables import staff_holding, unit_version
from layers.impact import Impact

# What `staff_holding` calls who heads a unit.
HEAD = "head"
LOCKED = "locked_"


def found(  # noqa: PLR0913 - what remarks are about
    db: Connection,
    division: Division,
    total: Delta,
    city: City,
    zoning: Zoning,
    impact: Impact,
    heads: frozenset[int] | None = None,
) -> tuple[Remark, ...]:
    """Return what is worth a remark about a draft, as its viewer may know it.

    Parameters
    ----------
    division
        After the change.
    total
        From today on.
    impact
        The draft's numbers: persons are remarked on as far as they are told.
    heads
        The levels whose units have heads: `headed_levels`, where that was asked already.
    """
    if not total:
        return ()
    rules = Rules(city, zoning, locked_levels(city, zoning))
    households: dict[int, float] = {}
    people: dict[int, float] = {}
    outlines: dict[int, Rings] = {}
    for level in _levels(division, total):
        numbers = impact.numbers(db, division, total, level=level)
        for row in numbers.rows:
            if row.unit not in division.units or row.side == "same":
                continue
            homes, living = row.values["households"], row.values["people"]
            if homes.after is not None:
                households[row.unit] = homes.after
            # Tens of people may be nobody for who is told tens.
            if living.is_exact and living.after is not None:
                people[row.unit] = living.after
            if division.units[row.unit].rings is None:
                outlines[row.unit] = impact.outline(row.unit)
    ground = Ground(
        households,
        people,
        _footprints(db, division, total, city),
        headless(db, division, total, headed_levels(db) if heads is None else heads),
        outlines,
    )
    return check(division, total, rules, ground)


def locked_levels(city: City, zoning: Zoning) -> frozenset[int]:
    """Return the levels whose borders may not change: `locked_<level> = 1` in `city.toml`."""
    return frozenset(
        level.number for level in zoning.levels if city.limits.get(f"{LOCKED}{level.key}")
    )


def _levels(division: Division, total: Delta) -> list[int]:
    """Return the levels of units that change, and that of what they lie in."""
    units = [*total.old.values(), *total.new.values()]
    levels = {unit.level for unit in units}
    for unit in units:
        above = division.units.get(unit.parent or 0)
        if above is not None and above.parent is not None:
            levels.add(above.level)
    return sorted(levels)


def _footprints(
    db: Connection, division: Division, total: Delta, city: City
) -> list[shapely.Geometry]:
    """Return the footprints near the outlines that change."""
    faces = [n for n in total.redrawn if n in division.units and division.units[n].rings]
    if not faces:
        return []
    here = Stored(db, city, 0)
    known: dict[int, shapely.Geometry] = {}
    for box in _boxes([shape(division.face(n)) for n in sorted(faces)]):
        known |= {one.id: one.footprint for one in here.buildings_near(box)}
    return [known[n] for n in sorted(known)]


def _boxes(shapes: list[shapely.Geometry]) -> Iterable[tuple[int, int, int, int]]:
    """Return boxes around shapes, those that meet made one: each is asked for once."""
    boxes = shapely.box(*np.array([shape.bounds for shape in shapes]).T)
    for part in shapely.get_parts(shapely.union_all(boxes)):
        west, south, east, north = part.bounds
        yield int(west) - 1, int(south) - 1, int(east) + 1, int(north) + 1


def headless(
    db: Connection, division: Division, total: Delta, levels: frozenset[int]
) -> tuple[int, ...]:
    """Return the changed units of some levels that nobody heads."""
    here = [n for n in total.new if n in division.units and division.units[n].level in levels]
    if not here:
        return ()
    s = staff_holding.c
    query = select(s.unit_id).where(
        s.unit_id == any_(here),  # type: ignore[arg-type]
        s.post == HEAD,
        s.valid.op("@>")(func.now()),
    )
    return tuple(sorted(set(here) - set(db.scalars(query))))


def headed_levels(db: Connection) -> frozenset[int]:
    """Return the levels whose units have heads: where nobody heads any, nobody is missed."""
    v, s = unit_version.c, staff_holding.c
    query = (
        select(v.level)
        .join(staff_holding, s.unit_id == v.unit_id)
        .where(s.post == HEAD, s.valid.op("@>")(func.now()), func.upper_inf(v.valid))
        .distinct()
    )
    return frozenset(db.scalars(query))
