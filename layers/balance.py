"""Reading a scope for balancing: its units, loads, shared borders, and what runs along them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, func, select

from gis.arrangement import Shapes, to_grid
from gis.city import City
from gis.division.balance.borders import Shared, shared
from gis.division.balance.problem import (
    ROUNDS,
    TIME_LIMIT_S,
    TOLERANCE,
    Adjacency,
    Bools,
    Floats,
    Problem,
    Weights,
)
from gis.errors import BalanceError, ForbiddenError
from gis.ruler import Ruler
from gis.tables import road, water
from layers import statistics
from layers.balance_tree import Tree, read_tree

LOADS = {
    "households": "households",
    "people": "people",
    "floor_area": "buildings.floor_area_m2",
    "buildings": "buildings",
    "open_incidents": "incidents.status.open",
}
"""What can be evened out, and the measure that says how much of it lies on a unit."""

MAIN_ROADS = ("motorway", "trunk", "primary")
RIVERS = ("river", "canal")
# A border that keeps within so many metres of a barrier for half its length or more crosses it.
BARRIER_M = 15.0
BARRIER_SHARE = 0.5
DEAR = 2.0
# Of several measures the weighed shares are added, and the sum told as so much a unit.
MIXED = 1_000.0


class Barriers(StrEnum):
    """What rivers and main roads are to a suggestion."""

    FORBIDDEN = "forbidden"
    DEAR = "dear"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Asked:
    """What is to be evened out where, by which rules."""

    scope: int
    # What is weighed (`LOADS`), and how much each counts.
    loads: Mapping[str, float] = field(default_factory=lambda: {"households": 1.0})
    # The level of the units whose load is evened out; the lowest divided one if left out.
    level: int | None = None
    # The level of the units that nothing leaves; the one directly above if left out.
    within: int | None = None
    # Units that stay where they are; of the level itself: that neither give nor take.
    locked: frozenset[int] = frozenset()
    barriers: Barriers = Barriers.FORBIDDEN
    tolerance: float = TOLERANCE
    seed: int = 0
    seconds: float = TIME_LIMIT_S
    rounds: int = ROUNDS


def problem(
    db: Connection, city: City, asked: Asked, tree: Tree | None = None,
    drawn: Mapping[str, Mapping[int, float]] | None = None,
) -> Problem:  # fmt: skip
    """Read what balancing needs of a scope.

    Units of another kind than ``basic`` (exclusive grids: a mall, a park) neither give nor take.

    Parameters
    ----------
    tree
        The units of the scope as a draft has them; today's if left out.
    drawn
        By load and unit, what lies on units that a draft has redrawn.

    Raises
    ------
    NotFoundError, BalanceError, ForbiddenError
        If there is no such unit or nothing to balance in it, or the viewer is not told a load.
    """
    _check(asked)
    tree = tree or read_tree(db, asked.scope)
    parents = tree.groups(asked.level, asked.within, asked.locked)
    units = tree.units(parents)
    loads = _loads(db, tree, units, asked, drawn or {})
    areas = tree.areas(units)
    ruler = Ruler(city.metric_crs, city.tolerance_m)
    metric = ruler.metric(areas)
    edges = shared(areas)
    numbers = np.array(units, np.int64)
    return Problem(
        units=tuple(units),
        loads=loads,
        groups=tuple(tree.parent[unit] for unit in units),
        parents=parents,
        adjacency=_adjacency(db, ruler, edges, is_barred=asked.barriers is not Barriers.IGNORED),
        # A unit in several pieces might not hang together elsewhere.
        locked=np.isin(numbers, sorted(asked.locked)) | (shapely.get_num_geometries(areas) > 1),
        is_outer=edges.is_outer,
        areas_m2=shapely.area(metric),
        outlines_m=shapely.length(metric),
        tolerance=asked.tolerance,
        seed=asked.seed,
        time_limit_s=asked.seconds,
        rounds=asked.rounds,
        weights=Weights(barrier=None if asked.barriers is Barriers.FORBIDDEN else DEAR),
    )


def _check(asked: Asked) -> None:
    if unknown := asked.loads.keys() - LOADS.keys():
        known = ", ".join(LOADS)
        raise BalanceError(
            f"{min(unknown)!r} cannot be balanced. There are: {known}.", key="balance.no_load"
        )
    if not asked.loads or min(asked.loads.values()) < 0 or not sum(asked.loads.values()) > 0:
        raise BalanceError(
            "Say what is to be balanced; weights must not be negative.", key="balance.no_weight"
        )


def _loads(
    db: Connection,
    tree: Tree,
    units: Sequence[int],
    asked: Asked,
    drawn: Mapping[str, Mapping[int, float]],
) -> Floats:
    """Return the load of each unit."""
    total = sum(asked.loads.values())
    found = np.zeros(len(units))
    level = max(tree.level[unit] for unit in units)
    for name, weight in asked.loads.items():
        known = drawn.get(name, {})
        values = statistics.values(db, tree.zoning_id, level, LOADS[name], asked.scope)
        here = values.reindex([unit for unit in units if unit not in known])
        if (here["is_withheld"] == True).any():  # noqa: E712 - NaN where a unit has no row
            raise ForbiddenError(
                f"You are not told the {name} of some of these units; balancing needs them of all.",
                key="balance.withheld",
            )
        by_unit = here["value"].fillna(0.0).to_dict() | dict(known)
        loads = np.array([by_unit[unit] for unit in units], np.float64)
        if len(asked.loads) == 1:
            found = loads
        elif loads.sum() > 0:
            found += np.rint(loads / loads.sum() * len(units) * MIXED * weight / total)
    if not found.sum() > 0:
        raise BalanceError(
            "Nothing of what is to be balanced lies on these units.", key="balance.empty"
        )
    return found


def _adjacency(db: Connection, ruler: Ruler, edges: Shared, *, is_barred: bool) -> Adjacency:
    if not len(edges.pairs):
        return Adjacency(np.empty((0, 2), np.int64), np.empty(0), np.empty(0, bool))
    lines = shapely.linestrings(edges.ends.astype(float))
    metric = ruler.metric(lines)
    length = shapely.length(metric)
    pairs, of_edge = np.unique(edges.pairs, axis=0, return_inverse=True)
    border_m = np.bincount(of_edge, length, len(pairs)).astype(float)
    is_barrier = np.zeros(len(pairs), bool)
    if is_barred:
        barriers = ruler.metric(_barriers(db, shapely.total_bounds(lines)))
        along = np.bincount(of_edge, length * _is_along(barriers, metric), len(pairs))
        is_barrier = along >= BARRIER_SHARE * border_m
    return Adjacency(pairs.astype(np.int64), border_m, is_barrier)


def _barriers(db: Connection, bounds: Floats) -> Shapes:
    """Return main roads and rivers in a box, all in grid steps."""
    west, south, east, north = (bounds / 1e7).tolist()
    box = func.ST_MakeEnvelope(west, south, east, north, 4326)
    found: list[bytes] = []
    for table, kinds in ((road, MAIN_ROADS), (water, RIVERS)):
        query = select(func.ST_AsBinary(table.c.geom)).where(
            table.c.geom.bool_op("&&")(box), table.c.kind.in_(kinds)
        )
        found += [bytes(wkb) for wkb in db.scalars(query)]
    return to_grid(shapely.from_wkb(np.array(found, dtype=object)))


def _is_along(barriers: Shapes, edges: Shapes) -> Bools:
    """Tell of each edge whether its middle lies at a barrier; all in metres."""
    is_along = np.zeros(len(edges), bool)
    middles: Any = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    tree = shapely.STRtree(barriers)
    near, _ = tree.query(middles, predicate="dwithin", distance=BARRIER_M)
    is_along[near] = True
    return is_along
