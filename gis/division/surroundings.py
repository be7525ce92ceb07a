"""What lies around the units being edited: footprints, estates, roads, codes given before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import shapely
from sqlalchemy import Connection, Table, any_, func, select

from gis.arrangement import to_grid
from gis.city import City
from gis.errors import NotFoundError
from gis.tables import STORED_CRS, building, estate, road, water
from gis.unit_codes import next_codes

# In grid steps: west, south, east, north.
Box: TypeAlias = tuple[int, int, int, int]
STEP = 1e-7


@dataclass(frozen=True)
class Standing:
    """A building, in grid steps."""

    id: int
    footprint: shapely.Geometry
    # A point inside: where the building is placed and counted.
    centre: tuple[float, float]


@dataclass(frozen=True)
class Way:
    """A road, or the bank of a river, in grid steps."""

    kind: str
    id: int
    name: str
    line: shapely.LineString


class Surroundings(Protocol):
    """What commands ask about the place."""

    @property
    def codes_follow_parent(self) -> bool:
        """Whether a unit's code begins with its parent's."""

    def buildings(self, numbers: Collection[int]) -> list[Standing]:
        """Return buildings by number; NotFoundError for one that is not there."""

    def buildings_near(self, box: Box) -> list[Standing]:
        """Return the buildings whose footprints meet a box."""

    def of_estate(self, number: int) -> list[int]:
        """Return the numbers of an estate's buildings; NotFoundError for no such estate."""

    def ways_near(self, box: Box) -> list[Way]:
        """Return the roads and river banks that meet a box."""

    def way(self, kind: str, number: int) -> Way:
        """Return a road, or a river's bank, by number; NotFoundError if there is none."""

    def free_codes(self, prefix: str, digits: int, count: int) -> list[str]:
        """Return codes that no unit has or ever had."""


class Stored:
    """The surroundings as the database has them."""

    def __init__(self, db: Connection, city: City, zoning_id: int) -> None:
        self._db = db
        self._zoning_id = zoning_id
        self.codes_follow_parent = city.codes_follow_parent

    def buildings(self, numbers: Collection[int]) -> list[Standing]:
        """Return buildings by number; NotFoundError for one that is not there."""
        found = self._standing(building.c.id == any_(sorted(numbers)))  # type: ignore[arg-type]
        if missing := set(numbers) - {one.id for one in found}:
            raise NotFoundError(f"There is no building {min(missing)}.", key="border.no_building")
        return found

    def buildings_near(self, box: Box) -> list[Standing]:
        """Return the buildings whose footprints meet a box."""
        return self._standing(building.c.geom.bool_op("&&")(_envelope(box)))

    def of_estate(self, number: int) -> list[int]:
        """Return the numbers of an estate's buildings; NotFoundError for no such estate."""
        c = building.c
        query = select(c.id).where(c.estate_id == number).order_by(c.id)
        found = list(self._db.scalars(query))
        if not found and self._db.scalar(select(estate.c.id).where(estate.c.id == number)) is None:
            raise NotFoundError(f"There is no estate {number}.", key="border.no_estate")
        return found

    def ways_near(self, box: Box) -> list[Way]:
        """Return the roads and river banks that meet a box."""
        around = _envelope(box)
        return [
            way
            for kind, table in (("road", road), ("river", water))
            for way in self._ways(kind, table, table.c.geom.bool_op("&&")(around))
        ]

    def way(self, kind: str, number: int) -> Way:
        """Return a road, with all that goes on under its name, or a river's bank."""
        table = road if kind == "road" else water
        found = self._ways(kind, table, table.c.id == number)
        if not found:
            raise NotFoundError(f"There is no {kind} {number}.", key="border.no_way")
        longest = max(found, key=lambda way: float(way.line.length))
        return longest if kind != "road" else self._whole(longest)

    def free_codes(self, prefix: str, digits: int, count: int) -> list[str]:
        """Return codes that no unit has or ever had."""
        return next_codes(self._db, self._zoning_id, prefix, digits=digits, count=count)

    def _whole(self, piece: Way) -> Way:
        """Return a road from end to end: pieces of one name that hang together."""
        if not piece.name:
            return piece
        west, south, east, north = map(int, piece.line.bounds)
        around = (west - ROAD_REACH, south - ROAD_REACH, east + ROAD_REACH, north + ROAD_REACH)
        c = road.c
        same = (c.name == piece.name) & c.geom.bool_op("&&")(_envelope(around))
        lines = [way.line for way in self._ways("road", road, same)]
        merged = shapely.line_merge(shapely.MultiLineString(lines))
        here = piece.line.interpolate(0.5, normalized=True)
        runs = [run for run in shapely.get_parts(merged) if run.distance(here) < 1]
        longest = max(runs, key=lambda run: float(run.length), default=piece.line)
        return Way("road", piece.id, piece.name, longest)

    def _ways(self, kind: str, table: Table, condition: Any) -> list[Way]:  # noqa: ANN401 - SQL
        c = table.c
        query = select(c.id, c.name, func.ST_AsBinary(c.geom)).where(condition).order_by(c.id)
        rows = self._db.execute(query).all()
        shapes = _steps([wkb for *_, wkb in rows])
        return [
            Way(kind, number, name or "", line)
            for (number, name, _), shape in zip(rows, shapes, strict=True)
            for line in _lines(shape)
        ]

    def _standing(self, condition: Any) -> list[Standing]:  # noqa: ANN401 - SQL
        c = building.c
        query = select(
            c.id, func.ST_AsBinary(c.geom), func.ST_X(c.centre), func.ST_Y(c.centre)
        ).where(condition)
        rows = self._db.execute(query.order_by(c.id)).all()
        shapes = _steps([row[1] for row in rows])
        return [
            Standing(row[0], shape, (row[2] / STEP, row[3] / STEP))
            for row, shape in zip(rows, shapes, strict=True)
        ]


# How far from a piece of a road its other pieces are looked for: some two kilometres.
ROAD_REACH = 200_000


def _envelope(box: Box) -> Any:  # noqa: ANN401 - an expression of SQL
    return func.ST_MakeEnvelope(*(value * STEP for value in box), STORED_CRS)


def _steps(wkbs: Sequence[bytes]) -> list[shapely.Geometry]:
    """Return stored shapes in grid steps."""
    if not wkbs:
        return []
    shapes = np.empty(len(wkbs), dtype=object)
    shapes[:] = [shapely.from_wkb(bytes(wkb)) for wkb in wkbs]
    found: list[shapely.Geometry] = to_grid(shapes).tolist()
    return found


def _lines(shape: shapely.Geometry) -> Iterable[shapely.LineString]:
    """Return a line itself, or the outlines of an area."""
    for part in shapely.get_parts(shape):
        if part.geom_type == "LineString":
            yield part
        else:
            yield from (shapely.LineString(ring.coords) for ring in shapely.get_rings(part))
