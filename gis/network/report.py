"""What is odd about a network and about what hangs on it, for whoever looks after the files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from gis.arrangement import Floats
from gis.network.network import Ints, Joint, Network
from gis.network.snapping import Snapped, is_usable


class Reason(StrEnum):
    """Why a place hangs on no street."""

    # No street is near enough.
    FAR = "far"
    # One is, but it hangs together with too few others for anybody to be sent along it.
    ISLAND = "island"
    # One is that does, but a barrier stands before it, and before every other.
    WALLED = "walled"


@dataclass(frozen=True)
class Left:
    """A place that hangs on no street."""

    # Its place among those that were to be hung.
    number: int
    reason: Reason
    # Metres to the nearest street, whatever that is.
    street_m: float


@dataclass(frozen=True)
class Report:
    """A network in numbers."""

    nodes: int
    edges: int
    length_m: float
    # Lots of streets that hang together, and how much of the length nobody is sent along.
    lots: int
    island_m: float
    joints: tuple[Joint, ...]


def report(network: Network) -> Report:
    """Return what a network is made of, and what was done to it."""
    return Report(
        len(network.nodes_m),
        len(network.start),
        float(network.length_m.sum()),
        len(np.unique(network.component)),
        float(network.length_m[~is_usable(network)].sum()),
        network.joints,
    )


def left(network: Network, points_m: Floats, hung: Snapped, *, within_m: float) -> list[Left]:
    """Return the points that hang on no street, and why.

    Parameters
    ----------
    points_m
        (k, 2), those that were hung.
    within_m
        How far a street might have been.
    """
    number: Ints = np.flatnonzero(~hung.is_on)
    points = shapely.points(points_m[number])
    (at, _), metres = shapely.STRtree(network.lines_m).query_nearest(
        points, return_distance=True, all_matches=False
    )
    is_walled = hung.is_walled[number]

    def why(k: int, away_m: float) -> Reason:
        if is_walled[k]:
            return Reason.WALLED
        return Reason.ISLAND if away_m <= within_m else Reason.FAR

    return [
        Left(int(number[k]), why(k, away), float(away))
        for k, away in sorted(zip(at.tolist(), metres.tolist(), strict=True))
    ]
