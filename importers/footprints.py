"""Footprints of one building that several files drew, or one file drew in parts, made one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from importers.fill import known_floors
from importers.sources import Footprints

Indices = NDArray[np.int64]
# What a building takes over from a footprint that is dropped, where it does not know better.
_TAKEN_OVER = ("name", "address", "floors", "year", "height_m", "day_people")


@dataclass(frozen=True)
class Merged:
    """Which footprints stay.

    Attributes
    ----------
    owner
        For each footprint the one that stands for it: itself when it stays.
    reasons
        Dropped footprint → why, as a half sentence.
    """

    owner: Indices
    reasons: dict[int, str]


def same_buildings(
    metric: NDArray[Any], file: NDArray[np.int64], keys: Sequence[str], covered: float
) -> Merged:
    """Find the footprints that show one building.

    Within a file a footprint goes when a larger one covers more than ``covered`` of it (a part
    of a building, or a doubled one). Between files the earlier wins: a footprint goes when those
    of earlier files cover more than that share of it; an earlier one goes when a single later
    footprint covers more than that share of it and stays (a detail of a larger outline).

    Parameters
    ----------
    metric
        Footprints in the city's metric CRS.
    file
        Number of the file of each, in order of trust, from 0.
    keys
        For the reasons.
    covered
        Share of area, between 0 and 1.
    """
    count = len(metric)
    owner = np.arange(count)
    area = shapely.area(metric)
    reasons: dict[int, str] = {}

    def give(dropped: Indices, to: Indices, why: str) -> None:
        owner[dropped] = to
        reasons.update({int(d): f"{why} {keys[t]!r}" for d, t in zip(dropped, to, strict=True)})

    for number in range(int(file.max(initial=0)) + 1):
        mine = np.flatnonzero(file == number)
        small, large, shared = _overlaps(metric, mine, mine)
        larger = (area[large] > area[small]) | ((area[large] == area[small]) & (large < small))
        part = larger & (shared > covered * area[small])
        give(*_largest(small[part], large[part], shared[part]), "it is a part of the building")
        earlier = np.flatnonzero((file < number) & (owner == np.arange(count)))
        mine = mine[owner[mine] == mine]
        later, first, shared = _overlaps(metric, mine, earlier)
        total = np.bincount(later, shared, count)
        doubled = total[later] > covered * area[later]
        give(
            *_largest(later[doubled], first[doubled], shared[doubled]),
            "another file has the same building",
        )
        stays = (owner[later] == later) & (shared > covered * area[first])
        give(
            *_largest(first[stays], later[stays], shared[stays]),
            "it is a detail of the larger building",
        )
    while (owner[owner] != owner).any():
        owner = owner[owner]
    return Merged(owner, reasons)


def _overlaps(
    metric: NDArray[Any], some: Indices, others: Indices
) -> tuple[Indices, Indices, NDArray[np.float64]]:
    """Return pairs of footprints and the area they share."""
    tree = shapely.STRtree(metric[others])
    a, b = tree.query(metric[some], predicate="intersects")
    left, right = some[a], others[b]
    distinct = left != right
    left, right = left[distinct], right[distinct]
    return left, right, shapely.area(shapely.intersection(metric[left], metric[right]))


def _largest(
    dropped: Indices, kept: Indices, shared: NDArray[np.float64]
) -> tuple[Indices, Indices]:
    """Return each dropped footprint once, with the kept one it shares most area with."""
    order = np.lexsort((kept, -shared, dropped))
    _, first = np.unique(dropped[order], return_index=True)
    return dropped[order][first], kept[order][first]


def take_over(
    frame: pd.DataFrame, metric: NDArray[Any], merged: Merged, footprints: Footprints
) -> pd.DataFrame:
    """Return the buildings that stay, with what dropped footprints knew better.

    Names, addresses, use, floors and years fill gaps; the height is the greatest. A dropped part
    that is higher than the building adds the floor area of the storeys above it.
    """
    frame = frame.reset_index(drop=True)
    owner = merged.owner
    dropped = np.flatnonzero(owner != np.arange(len(frame)))
    floors = known_floors(frame, footprints)
    # What is not known to be higher adds nothing.
    high = floors.fillna(0).to_numpy()[dropped]
    low = floors.fillna(footprints.floors_when_unknown).to_numpy()[owner[dropped]]
    above = shapely.area(metric[dropped]) * np.clip(high - low, 0, None)
    extra = np.bincount(owner[dropped], above, len(frame))
    result = frame.copy()
    result["floor_area_m2"] = frame["floor_area_m2"] + np.rint(extra).astype(np.int64)
    # The larger footprint speaks first.
    dropped = dropped[np.argsort(-shapely.area(metric[dropped]), kind="stable")]
    donors = frame.iloc[dropped].assign(owner=owner[dropped])
    for name in [n for n in _TAKEN_OVER if n in frame]:
        first = donors.dropna(subset=[name]).groupby("owner")[name].first()
        gaps = result[name].isna() & result.index.isin(first.index)
        result.loc[gaps, name] = first
    if "height_m" in frame:
        highest = pd.to_numeric(donors["height_m"]).groupby(donors["owner"]).max()
        height = pd.to_numeric(result["height_m"])
        result["height_m"] = np.fmax(height, highest.reindex(result.index))
    known = donors[donors["use"] != "unknown"].groupby("owner")["use"].first()
    unknown = (result["use"] == "unknown") & result.index.isin(known.index)
    result.loc[unknown, "use"] = known
    stays: pd.DataFrame = result[owner == np.arange(len(frame))]
    return stays
