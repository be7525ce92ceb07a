"""A change of boundaries takes effect on all that lies there: rows, counts, tiles.

Only rows that lie in another unit afterwards are written, and only counts of units whose rows
change. Everything happens in the caller's transaction, under the lock that keeps placing out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import ARRAY, Connection, Integer, func, update
from sqlalchemy import cast as sql_cast

from gis import changes, news, versions
from gis.city import City
from gis.division.delta import Delta
from gis.news import News, Topic
from layers import catalog, counts, redrawn_tiles, rows, tree
from layers.columns import Ints
from layers.counts import Shift
from layers.ground import Ground, ground, places
from layers.layer import Layer
from layers.rows import Rows
from layers.tree import Tree


@dataclass(frozen=True)
class _Moves:
    """A layer's rows that count elsewhere after a change."""

    shift: Shift
    # Those that get another unit, and which.
    changed: Ints
    units: Ints


@dataclass(frozen=True)
class Effect:
    """What a change did: with the numbers its new units got, and what counts elsewhere since."""

    delta: Delta
    shifts: tuple[Shift, ...]
    # The units that rows which count elsewhere lie in, and all above: before, and after.
    old_tree: Tree
    new_tree: Tree


def take_effect(db: Connection, delta: Delta, *, at: dt.datetime, reason: str = "") -> Delta:
    """Make a change the boundaries of today.

    Parameters
    ----------
    db
        The transaction is the caller's: it holds the lock on the faces until it ends.
    delta
        What `gis.division` made of somebody's edits, or the reverse of a change.
    at
        The moment from which it is valid.
    reason
        Kept with the lineage.

    Returns
    -------
    Delta
        The change with the numbers its new units got; ``~`` of it takes it back.

    Raises
    ------
    BoundaryError
        If units have changed since the change was drawn, or it breaks a rule. Nothing was done.
    """
    return effected(db, delta, at=at, reason=reason).delta


def effected(db: Connection, delta: Delta, *, at: dt.datetime, reason: str = "") -> Effect:
    """Make a change the boundaries of today, and say what it did: `take_effect`."""
    change = changes.prepare(db, delta)
    lies = ground(db, change.zoning_id, change.delta, change.shapes)
    found = [_moves(db, layer, lies, change.city) for layer in catalog.COUNTED]
    moves = [one for one in found if one is not None]
    shifts = [one.shift for one in moves]
    old_tree = tree.read(db, change.zoning_id, _units(one.before for one in shifts))
    touching = versions.beside(db, change)
    seen = {*change.units, *change.delta.old, *touching}
    drawn = redrawn_tiles.drawn(db, seen)
    versions.write(db, change, touching, at=at, reason=reason)
    for one in moves:
        _write_units(db, one)
    new_tree = tree.read(db, change.zoning_id, _units(one.after for one in shifts))
    counts.shift(db, shifts, old_tree, new_tree, city=change.city)
    redrawn_tiles.drop(db, change, drawn, redrawn_tiles.drawn(db, seen))
    news.tell(db, News(Topic.BOUNDARIES))
    return Effect(change.delta, tuple(shifts), old_tree, new_tree)


def _moves(db: Connection, layer: Layer, lies: Ground, city: City) -> _Moves | None:
    """Return the rows of a layer that count elsewhere after the change, if there are any."""
    found = places(db, layer, lies)
    changed = found.now != found.was
    counted = changed | np.isin(found.was, lies.moved)
    if not counted.any():
        return None
    # They stay where they are, and so in their units of further zonings.
    before = rows.read(db, layer, found.ids[counted], city=city, further=False)
    order = np.argsort(found.ids)
    at = order[np.searchsorted(found.ids[order], before.ids)]
    after = replace(before, unit_ids=found.now[at])
    return _Moves(Shift(layer, before, after), found.ids[changed], found.now[changed])


def _units(some: Iterable[Rows]) -> list[int]:
    listed = [one.unit_ids for one in some]
    units: list[int] = np.unique(np.concatenate(listed)).tolist() if listed else []
    return [n for n in units if n != rows.NO_UNIT]


def _write_units(db: Connection, one: _Moves) -> None:
    if not len(one.changed):
        return
    listed = [sql_cast(values.tolist(), ARRAY(Integer)) for values in (one.changed, one.units)]
    given = func.unnest(*listed).table_valued("id", "unit", name="given").render_derived()
    table = one.shift.layer.table
    db.execute(update(table).where(table.c.id == given.c.id).values(unit_id=given.c.unit))
