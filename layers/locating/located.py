"""A place that was found for what somebody typed: where, how, how surely."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from layers.layer import Names
from layers.locating.notation import ReadAs


class How(StrEnum):
    """How a place was found."""

    COORDINATES = "coordinates"
    # By its code or its name.
    UNIT = "unit"
    # By the code of a building.
    CODE = "code"
    ENTRANCE = "entrance"
    BUILDING = "building"
    # Several buildings have one house number, or only a facility is known to have it.
    ADDRESS = "address"
    # Between the known house numbers beside it.
    BETWEEN = "between"
    ESTATE = "estate"
    FACILITY = "facility"
    CROSSING = "crossing"
    # So far along a road from somewhere.
    ALONG = "along"
    # Somewhere on a road.
    ROAD = "road"


@dataclass(frozen=True)
class Located:
    """One place that a text may mean."""

    how: How
    titles: Names
    lon: float
    lat: float
    # How well the text fits, 1 the best; it is no probability.
    score: float
    # The place is hardly farther from the point than this; None: as exact as the map.
    within_m: float | None
    # What it is: unit, estate, building, entrance or facility; "" for a place without a thing.
    kind: str = ""
    id: int | None = None
    # Of an entrance.
    building_id: int | None = None
    # Today's face of the main tree; None: outside the city.
    unit_id: int | None = None
    # How coordinates were understood.
    read_as: ReadAs | None = None
    # Of the first place: others fit as well.
    is_doubtful: bool = False

    @property
    def is_outside(self) -> bool:
        """Whether the place lies in no unit of the city."""
        return self.unit_id is None
