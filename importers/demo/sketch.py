"""What a planner would draw first: coast, rivers, hills and main roads, by hand, in kilometres."""

from __future__ import annotations

from dataclasses import dataclass

from importers.demo.curves import Points


@dataclass(frozen=True)
class Way:
    """A main road: ``kind`` as in the road table, ``name`` a key of the names' list."""

    kind: str
    points: Points
    # Where it may not run: "hill" ends it at the foot of the hills, "" lets it through.
    ends_at: str = "hill"


@dataclass(frozen=True)
class River:
    """A river along its middle; the width grows from the first point to the last."""

    name: str
    points: Points
    width_m: tuple[float, float]
    # A road on each bank at this distance from the water, with a park between; 0 = none.
    bank_road_m: float = 0.0


@dataclass(frozen=True)
class Railway:
    """A railway beside a main road, on the ground: what crosses it needs a bridge or a crossing."""

    name: str
    # About where the road runs, from one end to the other.
    points: Points
    # Kinds of way it may run beside.
    beside: tuple[str, ...]
    # From the middle of the road, to the right as the points run; houses stand further off.
    off_m: float
    # Kinds of way that a bridge leads over it, and that cross it on the level; others end at it.
    bridged: tuple[str, ...]
    level: tuple[str, ...] = ()


@dataclass(frozen=True)
class Patch:
    """A closed outline: hill, lake, border."""

    name: str
    outline: Points


@dataclass(frozen=True)
class Spot:
    """A place that draws a use of land around it."""

    use: str
    at: tuple[float, float]
    radius_km: float


@dataclass(frozen=True)
class Sketch:
    """A town before its streets. Coordinates in kilometres east and north of the middle."""

    # West to east; land is north of it. Runs far past the border: the sea must not end.
    coast: Points
    rivers: tuple[River, ...]
    hills: tuple[Patch, ...]
    lakes: tuple[Patch, ...]
    # Blocks that lie in one of these are parks.
    parks: tuple[Patch, ...]
    ways: tuple[Way, ...]
    # The district is what the streets close off and lies mostly inside here.
    border: Points
    # West, south, east, north: what is drawn at all.
    frame: tuple[float, float, float, float]
    # Main roads and hills go on this far past the border.
    margin_km: float
    # Quays and piers: rectangles by middle, length, width, direction in degrees.
    piers: tuple[tuple[float, float, float, float, float], ...]
    # No beach and no promenade here: west to east.
    harbour: tuple[float, float]
    spots: tuple[Spot, ...]
    # People, households, subdistricts, communities, grids.
    people: int
    households: int
    subdistricts: int
    communities: int
    grids: int
    beats: int
    incidents: int
    railway: Railway
    # How many estates have a wall with one gate.
    walled: int
    # Metres for a kilometre of the drawing: sets the district's area.
    scale: float = 1000.0
    # Scale of roughness: 1 for a whole district.
    roughness: float = 1.0

    def metres(self, points: Points) -> list[tuple[float, float]]:
        """Return points of the drawing in metres."""
        return [(x * self.scale, y * self.scale) for x, y in points]
