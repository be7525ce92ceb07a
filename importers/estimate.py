"""Counts of an area laid on its buildings: nobody is lost, and every row says it is an estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Buildings:
    """What estimates need to know of buildings; arrays of one length, ``homes`` may be empty."""

    ids: Ints
    keys: NDArray[np.object_]
    # The unit each stands in.
    units: Ints
    floor_area_m2: NDArray[np.float64]
    is_home: NDArray[np.bool_]
    # (n, 2): longitude, latitude of the point inside.
    points: NDArray[np.float64]


def apportion(totals: Ints, group: Ints, weight: NDArray[np.float64]) -> Ints:
    """Divide the total of each group among its members by weight, in whole numbers.

    Largest remainder (Hamilton): everybody gets the whole part of the exact share, and what is
    left goes to the largest remainders, the earlier member first. Sums stay exact.

    Parameters
    ----------
    totals
        Of each group; a group without members keeps its total to itself.
    group
        Of each member.
    weight
        Of each member, not negative. Where all of a group weigh nothing, they weigh the same.
    """
    size = len(totals)
    weight = np.where(np.bincount(group, weight, size)[group] > 0, weight, 1.0)
    exact = totals[group] * (weight / np.bincount(group, weight, size)[group])
    # The last digit of a quotient must not cost a whole person.
    share = np.floor(exact + 1e-9).astype(np.int64)
    left = totals - np.bincount(group, share, size).astype(np.int64)
    order = np.lexsort((np.arange(len(group)), -(exact - share), group))
    first = np.searchsorted(group[order], np.arange(size))
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - first[group[order]]
    return share + (rank < left[group])


def on_buildings(
    counts: Mapping[str, Ints],
    codes: NDArray[np.object_],
    units: Ints,
    centres: NDArray[np.float64],
    buildings: Buildings,
) -> pd.DataFrame:
    """Lay counts of units on the homes in them, by floor area.

    Where a unit has no homes its other buildings take their place, where it has no building at
    all a point inside it.

    Parameters
    ----------
    counts
        Kind ("male", "female") → the number in each unit.
    codes, units, centres
        Code, number and inner point (longitude, latitude) of each unit.
    buildings
        All of the city's.

    Returns
    -------
    DataFrame
        A row for each place and kind somebody was put to: key, kind, count, building_id (missing
        where there is no building), unit_id, lon, lat.
    """
    place_of = pd.Series(np.arange(len(units)), index=units)
    group = place_of.reindex(buildings.units).to_numpy(dtype=float, na_value=np.nan)
    inside = np.flatnonzero(~np.isnan(group))
    group = group[inside].astype(np.int64)
    weight = np.where(buildings.is_home[inside], buildings.floor_area_m2[inside], 0.0)
    homeless = np.bincount(group, weight, len(units)) == 0
    weight = np.where(homeless[group], buildings.floor_area_m2[inside], weight)
    empty = np.flatnonzero(np.bincount(group, minlength=len(units)) == 0)
    frames = []
    for kind, totals in counts.items():
        share = apportion(totals, group, weight)
        taken = np.flatnonzero(share)
        bare = empty[totals[empty] > 0]
        built = inside[taken]
        frames.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    "count": np.concatenate((share[taken], totals[bare])),
                    "code": np.concatenate((codes[group[taken]], codes[bare])),
                    "building": np.concatenate((buildings.keys[built], np.full(len(bare), ""))),
                    "building_id": pd.array(
                        np.concatenate((buildings.ids[built], np.zeros(len(bare), np.int64))),
                        dtype="Int64",
                    ),
                    "unit_id": np.concatenate((units[group[taken]], units[bare])),
                    "lon": np.concatenate((buildings.points[built, 0], centres[bare, 0])),
                    "lat": np.concatenate((buildings.points[built, 1], centres[bare, 1])),
                }
            )
        )
    rows = pd.concat(frames, ignore_index=True)
    rows.loc[rows["building"] == "", "building_id"] = pd.NA
    parts = rows["code"] + ":" + rows["building"] + ":" + rows["kind"]
    return rows.assign(key="census:" + parts).drop(columns=["code", "building"])
