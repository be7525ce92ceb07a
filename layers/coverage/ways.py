"""The streets that a question goes along: the graph that is searched, and the audit's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.arrangement import Floats
from gis.network.given import Given
from gis.network.judge import Judge
from gis.network.network import Bools, Network
from gis.network.snapping import Snapped, snap
from layers.coverage.figures import table

# What lies further from any street hangs on none.
STREET_WITHIN_M: float = table("streets")["street_within_m"]


@dataclass(frozen=True, eq=False)
class Ways:
    """What one goes along, twice."""

    network: Network
    judge: Judge
    # Which edges are only supposed.
    is_new: Bools

    @classmethod
    def of(cls, given: Given) -> Ways:
        """Make both of the same streets.

        Raises
        ------
        CityGridError
            There is no street at all.
        """
        network = given.network()
        return cls(network, Judge(given), given.is_new[given.parted.origin[network.street]])

    def hung(self, points_m: Floats) -> Snapped:
        """Hang doors or facilities on the streets.

        A path that is supposed must not take anybody off his street: only who has none near hangs
        on it.
        """
        if not self.is_new.any():
            return snap(self.network, points_m, within_m=STREET_WITHIN_M)
        hung = snap(self.network, points_m, within_m=STREET_WITHIN_M, to=~self.is_new)
        left = np.flatnonzero(~hung.is_on)
        other = snap(self.network, points_m[left], within_m=STREET_WITHIN_M)
        for mine, others in zip(
            (hung.edge, hung.share, hung.off_m), (other.edge, other.share, other.off_m), strict=True
        ):
            mine[left] = others
        return hung
