"""How many people are in invented buildings on a working day: 昼间人口.

Where work is done, taught, sold and healed by the floor space of each, as offices and schools are
planned; at home is who does not go out, shared out by floor space, too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from importers.demo.buildings import Buildings

# Square metres of floor for one who is there at mid-morning, visitors included.
_M2_EACH = {
    "office": 24.0, "commercial": 38.0, "industrial": 70.0, "public": 55.0, "school": 11.0,
    "hospital": 30.0, "transport": 90.0, "other": 200.0,
}  # fmt: skip
# Stores and tanks have few hands.
_EMPTY = {"warehouse": 450.0, "tank": 4_000.0, "pavilion": 400.0}
_AT_HOME = 0.34


def by_day(buildings: Buildings, residents: int) -> NDArray[np.int32]:
    """Return how many are in each building; of those who live here a third is at home."""
    each = np.array([_M2_EACH.get(str(use), np.inf) for use in buildings.use])
    each = np.array(
        [_EMPTY.get(str(fabric), m2) for fabric, m2 in zip(buildings.fabric, each, strict=True)]
    )
    floor_m2 = buildings.floor_area_m2
    homes = np.where(buildings.use == "residential", floor_m2, 0.0)
    at_home = _AT_HOME * residents * homes / max(homes.sum(), 1.0)
    there: NDArray[np.int32] = np.rint(floor_m2 / each + at_home).astype(np.int32)
    return there
