"""Who serves a unit serves what becomes of it: posts move to the heirs of units that end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, any_, func, insert, select, update
from sqlalchemy.dialects.postgresql import Range

from gis.access.tables import post_holding
from gis.changes import ancestry
from gis.division.delta import Delta
from gis.tables import staff_holding, unit_version

# What tells two holdings of one post by one person from each other.
_SAME = {"post_holding": ("account_id", "post"), "staff_holding": ("post", "person", "phone")}


@dataclass(frozen=True)
class Moved:
    """How many holdings ended with their units, and how many began on others."""

    ended: int = 0
    begun: int = 0


def move(db: Connection, delta: Delta, at: dt.datetime) -> Moved:
    """Give the posts of units that end or are cut to what they became; after the units changed.

    Whoever holds a post on a unit that ends holds it on its heirs; on a unit that is cut, on the
    new ones as well. A unit that comes back has its own people back, as far as they still serve
    what it had become. Nothing is deleted: who held what when is asked for years later.

    Parameters
    ----------
    delta
        The change as it took effect.
    at
        From when it is in force.
    """
    gone = delta.old.keys() - delta.new.keys()
    heirs = _heirs(delta)
    back = _ends(db, delta.new.keys() - delta.old.keys(), at)
    ended = begun = 0
    for table in (post_holding, staff_holding):
        held = _held(db, table, heirs, at)
        for row in held:
            for heir in sorted(heirs[row.unit_id]):
                own = back.get(heir)
                if own is not None and _had_people(db, table, heir, own):
                    continue
                begun += _begin(db, table, row, heir, at)
        for heir, ended_at in sorted(back.items()):
            begun += _bring_back(db, table, heir, ended_at, at)
        ended += _end(db, table, gone, at)
    return Moved(ended, begun)


def _heirs(delta: Delta) -> dict[int, set[int]]:
    """Return what units that end or are cut become: others on their ground, or what they lay in."""
    gone = delta.old.keys() - delta.new.keys()
    made = delta.new.keys() - delta.old.keys()
    heirs: dict[int, set[int]] = {}
    for before, after in ancestry(delta):
        if before in gone or after in made:
            heirs.setdefault(before, set()).add(after)
    for number in gone - heirs.keys():
        parent = delta.old[number].parent
        while parent in gone:
            parent = delta.old[parent].parent
        if parent is not None:
            heirs[number] = {parent}
    return heirs


def _held(db: Connection, table: Table, units: Iterable[int], at: dt.datetime) -> list[Any]:
    """Return who holds something on units now, or will."""
    c = table.c
    query = select(table).where(
        c.unit_id == any_(sorted(units)),  # type: ignore[arg-type]
        ~func.isempty(c.valid),
        func.coalesce(func.upper(c.valid) > at, True),
    )
    return list(db.execute(query.order_by(c.id)))


def _begin(db: Connection, table: Table, row: Any, unit_id: int, at: dt.datetime) -> int:  # noqa: ANN401 - a row
    """Give who holds something the same on another unit, unless he holds it there or above."""
    since = max(at, row.valid.lower or at)
    valid = Range(since, row.valid.upper, bounds="[)")
    c, here, above = table.c, unit_version.alias("here"), unit_version.alias("above")
    there = (
        select(c.id)
        .join(above, above.c.unit_id == c.unit_id)
        .join(
            here,
            (here.c.zoning_id == above.c.zoning_id) & here.c.lft.between(above.c.lft, above.c.rgt),
        )
        .where(
            here.c.unit_id == unit_id,
            func.upper_inf(here.c.valid),
            func.upper_inf(above.c.valid),
            *(c[name].is_not_distinct_from(row._mapping[name]) for name in _SAME[table.name]),
            c.valid.op("@>")(since),
        )
    )
    if db.scalar(there.limit(1)) is not None:
        return 0
    values = {
        name: value
        for name, value in row._mapping.items()
        if name not in ("id", "unit_id", "valid")
    }
    db.execute(insert(table).values(**values, unit_id=unit_id, valid=valid))
    return 1


def _end(db: Connection, table: Table, units: Iterable[int], at: dt.datetime) -> int:
    c = table.c
    lower = func.lower(c.valid)
    ended = db.execute(
        update(table)
        .where(
            c.unit_id == any_(sorted(units)),  # type: ignore[arg-type]
            ~func.isempty(c.valid),
            func.coalesce(func.upper(c.valid) > at, True),
        )
        .values(valid=func.tstzrange(lower, func.greatest(lower, at)))
    )
    return ended.rowcount


def _ends(db: Connection, units: Iterable[int], at: dt.datetime) -> dict[int, dt.datetime]:
    """Return when units that come back had ended."""
    c = unit_version.c
    query = (
        select(c.unit_id, func.max(func.upper(c.valid)))
        .where(c.unit_id == any_(sorted(units)), func.upper(c.valid) <= at)  # type: ignore[arg-type]
        .group_by(c.unit_id)
    )
    return {unit: ended for unit, ended in db.execute(query) if ended is not None}


def _had_people(db: Connection, table: Table, unit_id: int, ended_at: dt.datetime) -> bool:
    c = table.c
    query = select(c.id).where(c.unit_id == unit_id, func.upper(c.valid) == ended_at).limit(1)
    return db.scalar(query) is not None


def _bring_back(
    db: Connection, table: Table, unit_id: int, ended_at: dt.datetime, at: dt.datetime
) -> int:
    """Give a unit that comes back the people who served it, from where they were moved to."""
    c, begun = table.c, 0
    query = select(table).where(c.unit_id == unit_id, func.upper(c.valid) == ended_at)
    for row in db.execute(query).all():
        same = [c[name].is_not_distinct_from(row._mapping[name]) for name in _SAME[table.name]]
        moved = select(table).where(
            *same,
            c.unit_id != unit_id,
            func.lower(c.valid) == ended_at,
            func.coalesce(func.upper(c.valid) > at, True),
        )
        for there in db.execute(moved).all():
            begun += _begin(db, table, there, unit_id, at)
            if there.valid.lower < at:
                valid = func.tstzrange(func.lower(c.valid), at)
                db.execute(update(table).where(c.id == there.id).values(valid=valid))
    return begun
