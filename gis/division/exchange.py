"""Ground that changes hands: which pieces of today's faces lie in which faces now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from cachetools import LRUCache

from gis.division.delta import Delta
from gis.division.rings import Rings, shape

MOST_KEPT = 4_000


@dataclass(frozen=True)
class Piece:
    """Ground of one face of today that lies in another face now, in grid steps."""

    giver: int
    taker: int
    area: shapely.Geometry


class Exchange:
    """Finds the pieces of a change; what was found is kept while its faces stay as they are."""

    def __init__(self) -> None:
        # Rings are kept beside the pieces, so that their identity stays theirs.
        self._shapes: LRUCache[int, tuple[Rings, shapely.Geometry]] = LRUCache(MOST_KEPT)
        self._common: LRUCache[tuple[int, int], tuple[Rings, Rings, shapely.Geometry]] = LRUCache(
            MOST_KEPT
        )

    def pieces(self, delta: Delta) -> list[Piece]:
        """Return the pieces of faces that are redrawn, each with a giver and another taker."""
        was, now = (dict(_faces(units, delta)) for units in (delta.old, delta.new))
        if not was or not now:
            return []
        takers = list(now)
        tree = shapely.STRtree([self._shape(now[n]) for n in takers])
        givers = list(was)
        pairs = tree.query(np.array([self._shape(was[n]) for n in givers], dtype=object))
        found = []
        for k, j in pairs.T.tolist():
            giver, taker = givers[k], takers[j]
            if giver == taker:
                continue
            area = self._intersection(was[giver], now[taker])
            if not area.is_empty:
                found.append(Piece(giver, taker, area))
        return sorted(found, key=lambda piece: (piece.giver, piece.taker))

    def _shape(self, rings: Rings) -> shapely.Geometry:
        kept = self._shapes.get(id(rings))
        if kept is None:
            kept = self._shapes[id(rings)] = rings, shape(rings)
        return kept[1]

    def _intersection(self, one: Rings, other: Rings) -> shapely.Geometry:
        key = id(one), id(other)
        kept = self._common.get(key)
        if kept is None:
            common = shapely.intersection(self._shape(one), self._shape(other))
            parts = [p for p in shapely.get_parts(common) if p.geom_type == "Polygon"]
            # Two outlines drawn anew along one line leave crumbs less than a step wide.
            parts = [p for p in parts if p.area > p.length]
            kept = self._common[key] = one, other, shapely.MultiPolygon(parts)
        return kept[2]


def _faces(units: Mapping[int, object], delta: Delta) -> Iterator[tuple[int, Rings]]:
    for number in sorted(delta.redrawn):
        unit = units.get(number)
        rings: Rings | None = getattr(unit, "rings", None)
        if rings:
            yield number, rings
