"""Counting: from rows to the sums of every unit, cell and day that are stored. No database."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import h3.api.basic_int as h3
import numpy as np
import pandas as pd

from layers.columns import Array, Ints
from layers.layer import Layer
from layers.measures import TOTAL, name_of
from layers.rows import NO_PART, Rows
from layers.tree import Tree

# The zooms of counted cells. The finest, at 22.5° N, are 35 m wide: a building may have one for
# itself, a door never does.
CELL_ZOOMS = range(14, 21)
H3_RESOLUTIONS = range(7, 12)
# The web map ends here, north and south.
_LAST_LATITUDE = 85.05112877980659
# Units × parts summed at once: what fits into memory beside the rows.
_BLOCK = 1 << 24

Columns: TypeAlias = Mapping[str, Array]


@dataclass(frozen=True)
class Tally:
    """What is to be stored, piece by piece, as columns of the tables; nothing is zero."""

    unit_count: list[Columns] = field(default_factory=list)
    outside_count: list[Columns] = field(default_factory=list)
    unit_series: list[Columns] = field(default_factory=list)
    cell_count: list[Columns] = field(default_factory=list)
    h3_count: list[Columns] = field(default_factory=list)


@dataclass(frozen=True)
class _Split:
    """Rows divided among measures."""

    measures: Ints
    # For each row the index of its measure, NO_PART for none.
    codes: Array
    # What each row adds.
    weights: Ints


def tally(
    layer: Layer,
    rows: Rows,
    trees: Sequence[Tree],
    ids: Mapping[str, int],
    snapshots: Ints,
) -> Tally:
    """Count rows for all that is stored.

    Parameters
    ----------
    layer
        A counted layer.
    rows
        Its rows, or a change of them.
    trees
        The zonings' units, the main zoning first; at least those the rows lie in and all above.
    ids
        The measures' ids, by name.
    snapshots
        Of a stock: the days (since 1970) at whose ends it is counted, ascending.
    """
    result = tally_units(layer, rows, trees, ids, snapshots)
    _count_cells(result, layer, rows, ids)
    _count_h3(result, layer, rows, ids)
    return result


def tally_units(
    layer: Layer,
    rows: Rows,
    trees: Sequence[Tree],
    ids: Mapping[str, int],
    snapshots: Ints,
) -> Tally:
    """Count rows for units only: as `tally` does, but no cells."""
    result = Tally()
    main, *further = trees
    for tree, unit_ids in (
        (main, rows.unit_ids),
        *((t, rows.others[t.zoning_id]) for t in further),
    ):
        places = tree.places(unit_ids)
        for split in _splits(layer, rows, ids):
            _count_units(result, tree, places, split)
        for split in _splits(layer, rows, ids, only=layer.series):
            if layer.time:
                _count_days(result, tree, places, split, rows.days)
            else:
                _count_snapshots(result, tree, places, split, rows.days, snapshots)
    return result


def _splits(
    layer: Layer, rows: Rows, ids: Mapping[str, int], *, only: Sequence[str] | None = None
) -> Iterator[_Split]:
    """Yield the total and the dimensions, each with the layer's weight and with its sums.

    With ``only``: the total and those dimensions, with the layer's weight.
    """
    for weight in (layer.weight, *layer.sums) if only is None else (layer.weight,):
        adds = rows.weights[weight]
        total = np.array([ids[name_of(layer, TOTAL, "", weight)]])
        yield _Split(total, np.zeros(len(rows), np.int64), adds)
        for key in rows.parts if only is None else only:
            part = rows.parts[key]
            measures = np.array([ids[name_of(layer, key, k, weight)] for k in part.keys], np.int64)
            if part.is_partition:
                yield _Split(measures, part.codes, adds)
                continue
            for bit in range(len(part.keys)):
                has = np.where(part.codes >> bit & 1, 0, NO_PART)
                yield _Split(measures[bit : bit + 1], has, adds)


def _count_units(result: Tally, tree: Tree, places: Ints, split: _Split) -> None:
    counted = split.codes != NO_PART
    outside = counted & (places < 0)
    number = len(split.measures)
    n = np.bincount(split.codes[outside], split.weights[outside], number).astype(np.int64)
    found = np.nonzero(n)[0]
    result.outside_count.append(
        {
            "zoning_id": np.full(len(found), tree.zoning_id),
            "measure_id": split.measures[found],
            "n": n[found],
        }
    )
    inside = counted & (places >= 0)
    where, codes, adds = places[inside], split.codes[inside], split.weights[inside]
    width = max(1, _BLOCK // max(1, len(tree)))
    for first in range(0, number, width):
        block = split.measures[first : first + width]
        chosen = (codes >= first) & (codes < first + len(block))
        keys = where[chosen] * len(block) + codes[chosen] - first
        own = np.bincount(keys, adds[chosen], len(tree) * len(block))
        sums = tree.rolled_up(own.reshape(len(tree), len(block)))
        unit, measure = np.nonzero(sums)
        result.unit_count.append(
            {
                "unit_id": tree.ids[unit],
                "measure_id": block[measure],
                "n": sums[unit, measure].astype(np.int64),
            }
        )


def _count_days(result: Tally, tree: Tree, places: Ints, split: _Split, days: Array) -> None:
    """Count a flow for every unit and day."""
    kept = (split.codes != NO_PART) & (places >= 0)
    if not kept.any():
        return
    where, codes, adds = places[kept], split.codes[kept], split.weights[kept]
    first = int(days[kept].min())
    span, number = int(days[kept].max()) - first + 1, len(split.measures)
    part_day = codes.astype(np.int64) * span + (days[kept] - first)
    for level in np.unique(tree.levels):
        above = tree.at_level(int(level))[where]
        inside = above >= 0
        keys, n = _summed(above[inside] * number * span + part_day[inside], adds[inside])
        unit, rest = np.divmod(keys, number * span)
        measure, day = np.divmod(rest, span)
        result.unit_series.append(
            {
                "unit_id": tree.ids[unit],
                "measure_id": split.measures[measure],
                "day": (day + first).astype("datetime64[D]"),
                "n": n,
            }
        )


def _count_snapshots(  # noqa: PLR0913
    result: Tally, tree: Tree, places: Ints, split: _Split, days: Array, snapshots: Ints
) -> None:
    """Count a stock at the ends of some days, down to the level above the finest."""
    number = len(snapshots)
    first = np.searchsorted(snapshots, days)
    kept = (split.codes != NO_PART) & (places >= 0) & (first < number)
    for code, measure in enumerate(split.measures):
        mine = kept & (split.codes == code)
        began = np.bincount(
            places[mine] * number + first[mine], split.weights[mine], len(tree) * number
        )
        stock = np.cumsum(began.reshape(len(tree), number), axis=1)
        sums = tree.rolled_up(stock)
        if tree.depth > 1:
            sums[tree.levels == tree.depth] = 0
        unit, snapshot = np.nonzero(sums)
        result.unit_series.append(
            {
                "unit_id": tree.ids[unit],
                "measure_id": np.full(len(unit), measure),
                "day": snapshots[snapshot].astype("datetime64[D]"),
                "n": sums[unit, snapshot].astype(np.int64),
            }
        )


def _count_cells(result: Tally, layer: Layer, rows: Rows, ids: Mapping[str, int]) -> None:
    adds = rows.weights[layer.weight]
    chosen = {ids[layer.id]: np.ones(len(rows), bool)}
    for dimension, key in layer.cell_parts:
        part = rows.parts[dimension]
        measure = ids[name_of(layer, dimension, key, layer.weight)]
        chosen[measure] = part.codes == part.keys.index(key)
    finest = CELL_ZOOMS[-1]
    x, y = cells_of(rows.points, finest)
    for measure, mine in chosen.items():
        keys, n = _summed(x[mine] << finest | y[mine], adds[mine])
        for zoom in reversed(CELL_ZOOMS):
            up = finest - zoom
            found, sums = _summed(
                keys >> (finest + up) << zoom | (keys & (1 << finest) - 1) >> up, n
            )
            result.cell_count.append(
                {
                    "measure_id": np.full(len(found), measure),
                    "zoom": np.full(len(found), zoom),
                    "x": found >> zoom,
                    "y": found & (1 << zoom) - 1,
                    "n": sums,
                }
            )


def cells_of(points: Array, zoom: int) -> tuple[Ints, Ints]:
    """Return column and row of the web map's cell each point (longitude, latitude) lies in."""
    count = 1 << zoom
    latitude = np.radians(points[:, 1].clip(-_LAST_LATITUDE, _LAST_LATITUDE))
    x = (points[:, 0] + 180) / 360 * count
    y = (1 - np.arcsinh(np.tan(latitude)) / np.pi) / 2 * count
    last = count - 1
    return np.floor(x).astype(np.int64).clip(0, last), np.floor(y).astype(np.int64).clip(0, last)


def _count_h3(result: Tally, layer: Layer, rows: Rows, ids: Mapping[str, int]) -> None:
    """Count in H3 cells; each place is looked up once, however many rows lie there."""
    x, lons = pd.factorize(rows.points[:, 0])
    y, lats = pd.factorize(rows.points[:, 1])
    width = max(1, len(lats))
    keys, n = _summed(x.astype(np.int64) * width + y, rows.weights[layer.weight])
    at_lat, at_lon = lats[keys % width].tolist(), lons[keys // width].tolist()
    for resolution in H3_RESOLUTIONS:
        # Not the parents of the finest cells: a cell sticks out of its parent.
        cells = map(h3.latlng_to_cell, at_lat, at_lon, itertools.repeat(resolution))
        found, sums = _summed(np.fromiter(cells, np.int64, len(keys)), n)
        result.h3_count.append(
            {
                "measure_id": np.full(len(found), ids[layer.id]),
                "resolution": np.full(len(found), resolution),
                "cell": found,
                "n": sums,
            }
        )


def _summed(keys: Ints, weights: Ints) -> tuple[Ints, Ints]:
    """Return each key once, ascending, with the sum of its weights; sums of zero are left out."""
    unique, place = np.unique(keys, return_inverse=True)
    sums = np.bincount(place, weights, len(unique)).astype(np.int64)
    return unique[sums != 0], sums[sums != 0]
