"""The unit tree as arrays: what is counted at a unit counts in everything it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import (
    ARRAY,
    Connection,
    Integer,
    Select,
    SmallInteger,
    any_,
    bindparam,
    func,
    select,
)

from gis.tables import unit_version, zoning_level
from layers.columns import Array, Ints, fetch
from layers.rows import NO_UNIT

_c = unit_version.c


@dataclass(frozen=True)
class Tree:
    """Units of one zoning in preorder: all of them, or some and everything they lie in.

    A unit's place is its index here; places ``[i, ends[i])`` are unit ``i`` and all below it.
    """

    zoning_id: int
    ids: Array
    levels: Array
    ends: Ints
    # How many levels the zoning has.
    depth: int

    def __len__(self) -> int:
        return len(self.ids)

    def places(self, unit_ids: Array) -> Ints:
        """Return each unit's place, NO_UNIT for what is not in this tree."""
        if len(self) == 0:
            return np.full(len(unit_ids), NO_UNIT)
        order = np.argsort(self.ids, kind="stable")
        found = order[np.searchsorted(self.ids[order], unit_ids).clip(max=len(self) - 1)]
        return np.where(self.ids[found] == unit_ids, found, NO_UNIT)

    def rolled_up(self, own: Array) -> Array:
        """Return sums over each unit's subtree; ``own`` has one row for each place."""
        running = np.concatenate([np.zeros_like(own[:1]), np.cumsum(own, axis=0)])
        sums: Array = running[self.ends] - running[:-1]
        return sums

    def at_level(self, level: int) -> Ints:
        """Return for each place that of the unit of ``level`` it lies in; NO_UNIT where none."""
        starts = np.nonzero(self.levels == level)[0]
        if not len(starts):
            return np.full(len(self), NO_UNIT)
        everywhere = np.arange(len(self))
        nearest = starts[np.searchsorted(starts, everywhere, side="right").clip(1) - 1]
        inside = (nearest <= everywhere) & (everywhere < self.ends[nearest])
        return np.where(inside, nearest, NO_UNIT)


def read(db: Connection, zoning_id: int, above: Sequence[int] | None = None) -> Tree:
    """Read a zoning's units of today; with ``above`` only those and the units they lie in."""
    if above is None:
        found = fetch(db, _today().order_by(_c.lft), {"zoning_id": zoning_id})
    else:
        found = fetch(db, _upward(), {"zoning_id": zoning_id, "some": list(above)}, few=True)
    depth = db.scalar(
        select(func.max(zoning_level.c.level)).where(zoning_level.c.zoning_id == zoning_id)
    )
    return Tree(
        zoning_id,
        found["unit_id"],
        found["level"],
        np.searchsorted(found["lft"], found["rgt"], side="right"),
        depth or 0,
    )


@cache
def _today() -> Select[Any]:
    zoning_id = bindparam("zoning_id", type_=SmallInteger)
    columns = (_c.unit_id, _c.level, _c.lft, _c.rgt)
    return select(*columns).where(_c.zoning_id == zoning_id, func.upper_inf(_c.valid))


@cache
def _upward() -> Select[Any]:
    """Return the query of some units and all they lie in; made once, because that takes long."""
    start = (
        select(_c.unit_id, _c.parent_id)
        .where(
            func.upper_inf(_c.valid), _c.unit_id == any_(bindparam("some", type_=ARRAY(Integer)))
        )
        .cte("above", recursive=True)
    )
    # UNION, not UNION ALL: siblings share what is above them.
    upward = start.union(
        select(_c.unit_id, _c.parent_id)
        .join(start, _c.unit_id == start.c.parent_id)
        .where(func.upper_inf(_c.valid))
    )
    return _today().where(_c.unit_id.in_(select(upward.c.unit_id))).order_by(_c.lft)
