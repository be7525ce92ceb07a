"""The units as a change order would have them: whose they would be, what would lie where.

A door goes over to another unit where the ground under it does. Persons are told as elsewhere:
exactly of a unit all of whose ground comes from units one sees, by the latest release otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from sqlalchemy import Connection

from gis.arrangement import Floats
from gis.city import City
from gis.division import stored
from gis.division.delta import Delta, Unit
from gis.errors import CityGridError
from gis.network.network import Bools
from gis.orders import orders, rebasing
from gis.orders.merging import ConflictError, is_stale, rebase
from gis.orders.order import Order, load, query
from gis.orders.status import OVER
from gis.orders.tables import change_order
from gis.projecting import between
from gis.raster_index import NOWHERE, RasterIndex
from gis.tables import STORED_CRS
from layers import ground as grounds
from layers.catalog import get
from layers.columns import Ints
from layers.coverage.doors import Doors
from layers.coverage.homes import Homes
from layers.coverage.released import Laid, parents
from layers.ground import Ground
from layers.release_numbers import NONE
from layers.rows import NO_UNIT
from layers.tree import Tree


@dataclass(frozen=True, eq=False)
class Moved(Doors):
    """Doors with the units they would be in, and those they are in today."""

    was: Ints


@dataclass(frozen=True, eq=False)
class Redrawn:
    """Today's units, and those of a change that is supposed."""

    before: Tree
    after: Tree
    # Names of the units that are new, by the number they have here.
    names: Mapping[int, Mapping[str, str]]
    _ground: Ground
    # Outlines that change, as they are.
    _was: RasterIndex
    # Today's faces that give ground to each face that is redrawn.
    _givers: Mapping[int, tuple[int, ...]]

    def homes(self, db: Connection, homes: Homes) -> Homes:
        """Return buildings with the units that they would be in."""
        found = grounds.places(db, get("buildings"), self._ground)
        unit_ids = homes.unit_ids.astype(np.int64)
        at = np.searchsorted(homes.ids, found.ids).clip(max=max(len(homes.ids) - 1, 0))
        known = homes.ids[at] == found.ids if len(homes.ids) else np.zeros(0, np.bool_)
        unit_ids[at[known]] = found.now[known]
        return replace(homes, unit_ids=unit_ids)

    def doors(self, doors: Doors, city: City) -> Moved:
        """Return persons' doors with the units that they would be in."""
        was = doors.unit_ids.astype(np.int64)
        now = was.copy()
        for unit, heir in self._ground.heirs.items():
            now[was == unit] = heir
        touched = np.flatnonzero(np.isin(was, [*self._ground.redrawn, *self._ground.beside]))
        way = between(city.metric_crs, STORED_CRS)
        points = np.column_stack(way.transform(*doors.points_m[touched].T))
        one, other = (
            np.asarray(index.locate(points), np.int64) for index in (self._was, self._ground.index)
        )
        # Who is entered in another unit than the ground under the door stays where nothing moves.
        beside = (one == NOWHERE) & np.isin(other, self._ground.beside)
        goes = (one != other) & (other != NOWHERE) & ~beside
        now[touched[goes]] = other[goes]
        return Moved(doors.points_m, now, doors.people, was)

    def laid(self, laid: Laid, one: Homes, other: Homes, rounded_to: int) -> Laid:
        """Return released numbers for the units as they would be; what stays is as published."""
        was, now = (
            tree.rolled_up(np.bincount(place[place >= 0], laid.doors[place >= 0], len(tree)))
            for tree, place in (
                (self.before, self.before.places(one.unit_ids)[one.building]),
                (self.after, self.after.places(other.unit_ids)[other.building]),
            )
        )
        at = self.before.places(self.after.ids)
        stays = at != NO_UNIT
        before = np.where(stays, was[at], 0.0)
        differs = ~np.isclose(before, now, rtol=0, atol=1e-6) | ~stays
        is_told, is_withheld = (
            np.where(stays, each[at], other_) for each, other_ in
            ((laid.is_told, False), (laid.is_withheld, False))
        )  # fmt: skip
        # Of what is no unit of the release, what is laid on its buildings: as a forecast does.
        levels = np.unique(self.before.levels[laid.is_told | laid.is_withheld])
        new = differs & np.isin(self.after.levels, levels)
        start = np.where(is_told, np.where(stays, laid.published[at], 0), 0)
        base = np.where(is_told, before, 0.0)
        written = start + np.round((now - base) / rounded_to) * rounded_to
        published = np.where(
            differs, np.maximum(written, 0), np.where(stays, laid.published[at], 0)
        )
        return Laid(
            laid.doors, published.astype(np.int64), is_told | new, is_withheld & ~new
        )  # fmt: skip

    def held(self, held: Bools) -> Bools:
        """Return of which units somebody sees all, who sees all of some of today's."""
        seen = dict(zip(self.before.ids.tolist(), held.tolist(), strict=True))

        def is_own(unit: int) -> bool:
            # A new unit that is no face is seen as far as all that lies in it.
            givers = self._givers.get(unit, ())
            return seen.get(unit, True) and all(seen.get(giver, False) for giver in givers)

        foreign = np.array([not is_own(unit) for unit in self.after.ids.tolist()], np.int64)
        found: Bools = self.after.rolled_up(foreign) == 0
        return found

    def aligned(self, numbers: Floats) -> Floats:
        """Return numbers of the units as they would be in the order of today's; 0: it is gone."""
        at = self.after.places(self.before.ids)
        found: Floats = np.where(at == NO_UNIT, 0.0, numbers[at])
        return found

    @property
    def new(self) -> Ints:
        """The places of the units that are none of today's."""
        return np.flatnonzero(self.before.places(self.after.ids) == NO_UNIT)


def proposed(db: Connection, order_id: int, tree: Tree) -> Redrawn:
    """Return the units as a change order would have them if it were in force.

    Raises
    ------
    NotFoundError
        There is no such order.
    CityGridError
        It changes nothing, is settled already, is about other boundaries than those of duty, or
        stands against today's units.
    """
    order = orders.read(db, order_id)
    delta = _delta(db, order)
    first = int(tree.ids.max()) + 1
    fresh = sorted(n for n in delta.new if n < 0)
    delta = delta.renumbered({n: first + k for k, n in enumerate(fresh)})
    names = {
        n: unit.names or {"zh": unit.code, "en": unit.code}
        for n, unit in delta.new.items() if n not in delta.old
    }  # fmt: skip
    return Redrawn(
        tree, _tree(tree, delta), names, grounds.ground(db, tree.zoning_id, delta),
        _index({n: delta.old[n] for n in sorted(delta.redrawn & delta.old.keys())}), _givers(delta),
    )  # fmt: skip


def marks(db: Connection, order_ids: Sequence[int]) -> tuple[tuple[int, int, str], ...]:
    """Return what tells whether orders are still what they were, or are gone."""
    found = load(db, query().where(change_order.c.id.in_(order_ids))) if order_ids else ()
    return tuple(sorted((order.id, order.revision, order.status.value) for order in found))


def _delta(db: Connection, order: Order) -> Delta:
    if order.zoning != "main":
        raise CityGridError(
            f"{order.number} is about other boundaries than those that coverage is told of.",
            key="scenario.order_zoning", order=order.number,
        )  # fmt: skip
    if order.status in OVER:
        raise CityGridError(
            f"{order.number} is settled: nothing of it is left to suppose.",
            key="scenario.order_over", order=order.number,
        )  # fmt: skip
    delta = orders.delta(db, order.id)
    there = rebasing.today(db, delta)
    if is_stale(delta, there):
        try:
            delta = rebase(delta, there)
        except ConflictError as error:
            raise CityGridError(
                f"{order.number} stands against the boundaries of today: bring it up to date.",
                key="scenario.order_stale", order=order.number,
            ) from error  # fmt: skip
    if not delta:
        raise CityGridError(
            f"{order.number} changes nothing yet: draw something first.",
            key="error.order_empty", number=order.number,
        )  # fmt: skip
    return delta


def _tree(tree: Tree, delta: Delta) -> Tree:
    """Return a tree after a change, in preorder: siblings as they were, new ones last."""
    up = parents(tree)
    ids = tree.ids.tolist()
    parent = {n: ids[up[k]] if up[k] != NONE else None for k, n in enumerate(ids)}
    level = dict(zip(ids, tree.levels.tolist(), strict=True))
    for n in delta.old.keys() - delta.new.keys():
        parent.pop(n, None)
        level.pop(n, None)
    for n, unit in sorted(delta.new.items()):
        parent[n], level[n] = unit.parent, unit.level
    below: dict[int | None, list[int]] = {}
    for n, above in parent.items():
        below.setdefault(above, []).append(n)
    order: list[int] = []
    ends: dict[int, int] = {}
    waiting: list[tuple[int, bool]] = [(n, False) for n in reversed(below.get(None, []))]
    while waiting:
        n, is_done = waiting.pop()
        if is_done:
            ends[n] = len(order)
            continue
        order.append(n)
        waiting.append((n, True))
        waiting += [(child, False) for child in reversed(below.get(n, []))]
    return Tree(
        tree.zoning_id, np.array(order, np.int64), np.array([level[n] for n in order]),
        np.array([ends[n] for n in order], np.int64), tree.depth,
    )  # fmt: skip


def _shapes(units: Mapping[int, Unit]) -> dict[int, shapely.Geometry]:
    return dict(stored.shapes_4326({n: unit.rings for n, unit in units.items() if unit.rings}))


def _index(units: Mapping[int, Unit]) -> RasterIndex:
    found = _shapes(units)
    shapes = np.empty(len(found), dtype=object)
    shapes[:] = list(found.values())
    return RasterIndex(shapes, list(found))


def _givers(delta: Delta) -> dict[int, tuple[int, ...]]:
    old = _shapes({n: delta.old[n] for n in sorted(delta.redrawn & delta.old.keys())})
    new = _shapes({n: delta.new[n] for n in sorted(delta.redrawn & delta.new.keys())})
    numbers, shapes = list(old), list(old.values())
    tree = shapely.STRtree(shapes)
    return {
        n: tuple(
            numbers[at]
            for at in sorted(tree.query(shape, predicate="intersects").tolist())
            if shape.intersection(shapes[at]).area > 0
        )
        for n, shape in new.items()
    }
