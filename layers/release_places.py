"""Released totals of cells and further zonings: rounded, and blind to what the tree withholds.

Rounding alone would give away withheld numbers: a tower may have a cell and a micro-grid for
itself. So persons of withheld units are first laid anew on the buildings of those units, using
nothing but what is published and how large the buildings are. Whatever the true persons there are,
these totals are the same; that is why they can tell nothing of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
from sqlalchemy import Connection, Double, Integer, Table, and_, any_, case, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from gis import bulk, locate
from gis.access.tables import release_cell, release_count, release_h3
from gis.tables import building, cell_count, feature_unit, h3_count, unit, unit_count, unit_version
from gis.tables import zoning as zoning_table
from layers.columns import Array, Ints, fetch
from layers.layer import Layer
from layers.release_numbers import NONE, Snapshot
from layers.tally import CELL_ZOOMS, H3_RESOLUTIONS, cells_of

# Homes first: an office is laid on only where a unit has nothing else.
HOMES = ("residential", "unknown")
_BUILDINGS = "buildings"


@dataclass(frozen=True)
class _Laid:
    """Persons at places."""

    # Longitude and latitude.
    points: Array
    n: Array
    # By zoning: the unit each is in, NONE outside.
    units: Mapping[int, Ints]


def write(db: Connection, release_id: int, layer: Layer, measure_id: int, made: Snapshot) -> None:
    """Write the rounded totals of a layer for a release.

    Parameters
    ----------
    made
        The release, with what it withholds.
    """
    if layer.id not in made.names:
        return
    is_further = zoning_table.c.is_main.is_(False)
    zonings = db.scalars(select(zoning_table.c.id).where(is_further)).all()
    closed, shares = lay_anew(made, made.names.index(layer.id))
    true = _true(db, layer, made.unit_ids[closed], zonings)
    anew = _on_buildings(db, made, shares, zonings)
    moved = _Laid(
        np.concatenate([true.points, anew.points]),
        np.concatenate([-true.n, anew.n]),
        {z: np.concatenate([true.units[z], anew.units[z]]) for z in zonings},
    )
    ids = {"release_id": release_id, "measure_id": measure_id}
    to = made.rules.rounded_to
    cells = _summed(db, cell_count, measure_id, _in_cells(moved), to)
    _copy(db, release_cell, cells[cells["n"] > 0], ids)
    hexagons = _summed(db, h3_count, measure_id, _in_h3(moved), to)
    _copy(db, release_h3, hexagons[hexagons["n"] > 0], ids)
    counted = _summed(db, unit_count, measure_id, _in_units(moved), to).set_index("unit_id")
    # Zeros too: here a number that is missing would be one that is not told.
    further = db.scalars(select(unit.c.id).where(unit.c.zoning_id.in_(zonings)).order_by(unit.c.id))
    numbers = counted.reindex(pd.Index(further.all(), name="unit_id", dtype=np.int64), fill_value=0)
    _copy(db, release_count, numbers.reset_index(), ids)


def rounded(n: Array, to: int) -> Ints:
    """Return numbers rounded to multiples of ``to``, halves upwards; never below zero."""
    return np.floor(np.maximum(n, 0) / to + 0.5).astype(np.int64) * to


def lay_anew(made: Snapshot, column: int) -> tuple[Array, dict[int, float]]:
    """Say whose persons are laid anew, and how many are, from nothing but what is published.

    A unit's persons that are in none of its published children are shared equally among the
    children that withhold theirs; where there is none, they are laid all over the unit.

    Returns
    -------
    array
        Which units' own rows are not to be used: of those that withhold their number, and of those
        above others, where a few may hang that no published number shows.
    dict
        How many persons are laid on a unit, by its place in the snapshot.
    """
    released = made.is_released[:, column]
    told = released & ~made.withheld[:, column]
    child = np.flatnonzero(released & (made.parents != NONE))
    parent = made.parents[child]
    number = len(told)
    is_above = np.bincount(parent, minlength=number) > 0
    least = np.where(told, made.n[:, column], 0).astype(float)
    levels = sorted(set(made.levels.tolist()))
    # From the finest up: what a unit that withholds its number has at least.
    for level in reversed(levels):
        there = child[made.levels[child] == level]
        below = np.bincount(made.parents[there], least[there], number)
        least += np.where(told, 0, below)
    inside = np.bincount(parent, least[child], number)
    silent = child[~told[child]]
    sharing = np.bincount(made.parents[silent], minlength=number)
    n = least.copy()
    for level in levels[:-1]:
        left = np.where(made.levels == level, np.maximum(n - inside, 0), 0)
        there = silent[made.levels[made.parents[silent]] == level]
        n[there] += (left / np.maximum(sharing, 1))[made.parents[there]]
    left = np.where(is_above, np.where(sharing > 0, 0, n - inside), np.where(told, 0, n))
    shares = {place: float(left[place]) for place in np.flatnonzero(released & (left > 0)).tolist()}
    return _with_all_below(made, released, ~told | is_above), shares


def _with_all_below(made: Snapshot, released: Array, chosen: Array) -> Array:
    """Return ``chosen`` for released units, and for those below what their unit has."""
    found = chosen.copy()
    for level in sorted(set(made.levels.tolist())):
        here = np.flatnonzero((made.levels == level) & ~released & (made.parents != NONE))
        found[here] = found[made.parents[here]]
    return found


def _true(db: Connection, layer: Layer, unit_ids: Ints, zonings: Sequence[int]) -> _Laid:
    """Return the rows of units, where they truly are."""
    c = layer.table.c
    rows = layer.table
    joined: Any = rows
    columns = []
    for number in zonings:
        joined, column = _unit_in(joined, rows, layer.id, number)
        columns.append(column)
    found = fetch(
        db,
        select(
            func.ST_X(c.geom, type_=Double).label("x"),
            func.ST_Y(c.geom, type_=Double).label("y"),
            c[layer.weight].label("n"),
            *columns,
        )
        .select_from(joined)
        .where(c.unit_id == any_(_list(unit_ids))),
    )
    return _laid(found, found["n"].astype(float), zonings)


def _on_buildings(
    db: Connection, made: Snapshot, shares: Mapping[int, float], zonings: Sequence[int]
) -> _Laid:
    """Lay persons on the buildings of units, by floor area."""
    c = building.c
    joined: Any = building
    columns = []
    for number in zonings:
        joined, column = _unit_in(joined, building, _BUILDINGS, number)
        columns.append(column)
    found = fetch(
        db,
        select(
            c.unit_id,
            func.ST_X(c.centre, type_=Double).label("x"),
            func.ST_Y(c.centre, type_=Double).label("y"),
            c.floor_area_m2.label("area"),
            case((c.use.in_(HOMES), 1), else_=0).label("is_home"),
            *columns,
        )
        .select_from(joined)
        .where(c.unit_id.is_not(None))
        .order_by(c.id),
    )
    place = np.searchsorted(made.unit_ids, found["unit_id"]).clip(max=len(made.unit_ids) - 1)
    which = np.arange(len(place))
    which = which[made.unit_ids[place] == found["unit_id"]]
    place = place[which]
    to_lay = np.zeros(len(made.unit_ids))
    to_lay[list(shares)] = list(shares.values())
    none = np.empty(0, np.int64)
    pieces = [pd.DataFrame({"row": none, "place": none})]
    # A building takes of its own unit's persons, and of those laid all over a unit above.
    while len(place):
        takes = to_lay[place] > 0
        pieces.append(pd.DataFrame({"row": which[takes], "place": place[takes]}))
        which, place = which[made.parents[place] != NONE], made.parents[place]
        place = place[place != NONE]
    pairs = pd.concat(pieces, ignore_index=True)
    area = found["area"][pairs["row"]] + 1.0
    pairs["weight"] = area * found["is_home"][pairs["row"]]
    without = pairs.groupby("place")["weight"].transform("sum") == 0
    pairs.loc[without, "weight"] = area[without.to_numpy()]
    of_all = pairs["weight"] / pairs.groupby("place")["weight"].transform("sum")
    rows = pairs["row"].to_numpy()
    laid = _laid(
        {name: values[rows] for name, values in found.items()},
        to_lay[pairs["place"].to_numpy(dtype=np.int64)] * of_all.to_numpy(),
        zonings,
    )
    bare = sorted(set(shares) - set(pairs["place"].tolist()))
    return _joined(laid, _at_centres(db, made, {p: shares[p] for p in bare}, zonings))


def _at_centres(
    db: Connection, made: Snapshot, shares: Mapping[int, float], zonings: Sequence[int]
) -> _Laid:
    """Put the persons of units without buildings at a point inside."""
    c = unit_version.c
    found = fetch(
        db,
        select(
            c.unit_id,
            func.ST_X(c.centre, type_=Double).label("x"),
            func.ST_Y(c.centre, type_=Double).label("y"),
        ).where(
            func.upper_inf(c.valid), c.centre.is_not(None),
            c.unit_id == any_(_list(made.unit_ids[list(shares)])),
        ),
    )  # fmt: skip
    points = list(zip(found["x"].tolist(), found["y"].tolist(), strict=True))
    for number in zonings:
        there = [locate.unit_at(db, number, x, y) for x, y in points]
        found[f"zoning {number}"] = np.array([NONE if u is None else u for u in there], np.int64)
    places = np.searchsorted(made.unit_ids, found["unit_id"])
    return _laid(found, np.array([shares[p] for p in places.tolist()]), zonings)


def _unit_in(joined: Any, rows: Table, layer_id: str, number: int) -> tuple[Any, Any]:  # noqa: ANN401
    """Return a join with the units of a further zoning that rows are in, and their column."""
    there = feature_unit.alias(f"in_{number}")
    is_there = and_(
        there.c.layer == layer_id, there.c.zoning_id == number, there.c.feature_id == rows.c.id
    )
    column = func.coalesce(there.c.unit_id, NONE, type_=Integer).label(f"zoning {number}")
    return joined.outerjoin(there, is_there), column


def _list(unit_ids: Ints) -> Any:  # noqa: ANN401
    return literal(unit_ids.tolist(), ARRAY(Integer))


def _laid(found: Mapping[str, Array], n: Array, zonings: Sequence[int]) -> _Laid:
    points = np.column_stack([found["x"], found["y"]])
    return _Laid(points, n, {z: found[f"zoning {z}"].astype(np.int64) for z in zonings})


def _joined(one: _Laid, other: _Laid) -> _Laid:
    return _Laid(
        np.concatenate([one.points, other.points]),
        np.concatenate([one.n, other.n]),
        {z: np.concatenate([one.units[z], other.units[z]]) for z in one.units},
    )


def _in_cells(laid: _Laid) -> pd.DataFrame:
    pieces = []
    for zoom in CELL_ZOOMS:
        x, y = cells_of(laid.points, zoom)
        pieces.append(pd.DataFrame({"zoom": zoom, "x": x, "y": y, "n": laid.n}))
    return pd.concat(pieces, ignore_index=True)


def _in_h3(laid: _Laid) -> pd.DataFrame:
    lons, lats = laid.points[:, 0].tolist(), laid.points[:, 1].tolist()
    pieces = []
    for resolution in H3_RESOLUTIONS:
        cells = [h3.latlng_to_cell(y, x, resolution) for x, y in zip(lons, lats, strict=True)]
        cell = np.array(cells, np.int64)
        pieces.append(pd.DataFrame({"resolution": resolution, "cell": cell, "n": laid.n}))
    return pd.concat(pieces, ignore_index=True)


def _in_units(laid: _Laid) -> pd.DataFrame:
    pieces = [pd.DataFrame({"unit_id": there, "n": laid.n}) for there in laid.units.values()]
    empty = pd.DataFrame({"unit_id": np.empty(0, np.int64), "n": np.empty(0)})
    return pd.concat([empty, *pieces], ignore_index=True)


def _summed(
    db: Connection, stored: Table, measure_id: int, change: pd.DataFrame, to: int
) -> pd.DataFrame:
    """Return what is stored of a measure, changed and rounded."""
    key = [str(column) for column in change if column != "n"]
    columns = [stored.c[name] for name in (*key, "n")]
    query = select(*columns).where(stored.c.measure_id == measure_id)
    there = pd.DataFrame(fetch(db, query)).astype({"n": float})
    both = pd.concat([there, change], ignore_index=True)
    sums = both.groupby(key)["n"].sum().reset_index()
    # Whole again where shares add up to whole persons.
    return sums.assign(n=rounded(sums["n"].to_numpy().round(6), to))


def _copy(db: Connection, table: Table, frame: pd.DataFrame, ids: Mapping[str, int]) -> None:
    if len(frame):
        columns = {name: frame[name].to_numpy() for name in map(str, frame)}
        bulk.copy(db, table, columns | {k: np.full(len(frame), v) for k, v in ids.items()})
