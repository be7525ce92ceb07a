"""One district's rows: everything that lies on its ground, table by table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from importers.demo import ground
from importers.demo.addresses import Addresses, make_addresses
from importers.demo.barriers import Ways, make_barriers
from importers.demo.buildings import (
    Buildings,
    Entrances,
    entrance_columns,
    make_buildings,
    make_entrances,
)  # fmt: skip
from importers.demo.by_day import by_day
from importers.demo.estates import make_estates
from importers.demo.fabrics import build
from importers.demo.family import Fabric
from importers.demo.gates import with_gates
from importers.demo.happenings import happen
from importers.demo.identities import identities
from importers.demo.landuse import near
from importers.demo.parkland import make_parkland
from importers.demo.places import BuiltUp, make_places, make_sites
from importers.demo.plane import Geometries
from importers.demo.plots import MISSED, plots
from importers.demo.residents import Dwellings, settle
from importers.demo.services import place
from importers.demo.site import Site
from importers.demo.sketch import Sketch
from importers.demo.streetscape import make_streetscape
from importers.demo.texts import Columns, numbered
from importers.demo.town import Town

CHUNK_ROWS = 200_000
TABLES = (
    "estate", "building", "entrance", "household", "people", "person_private", "facility",
    "incident", "road", "barrier", "land", "water", "green",
)  # fmt: skip

# Square metres of floor for a dwelling, stairs and walls included, before all are scaled alike.
_FLAT_M2 = {"tower": 112.0, "garden": 112.0, "old": 74.0, "village": 58.0}
_FABRIC = {
    "tower": Fabric.TOWER, "garden": Fabric.GARDEN, "old": Fabric.OLD, "village": Fabric.VILLAGE,
}  # fmt: skip
_OCCUPIED = 0.93

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Quarter:
    """A district before anything is built on it: ground, seed, code."""

    sketch: Sketch
    town: Town
    site: Site
    seed: np.random.SeedSequence
    code: str


class Numbers:
    """The last id given out for each table, over all districts."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def first(self, table: str) -> int:
        """Return the next id of a table."""
        return self._last.get(table, 0) + 1

    def numbered(self, table: str, prefix: str, columns: Columns, digits: int) -> Columns:
        """Return columns with ids and keys that go on where the table's last rows ended."""
        count = len(next(iter(columns.values())))
        ids = np.arange(self.first(table), self.first(table) + count, dtype=np.int32)
        return {"id": ids, "key": numbered(prefix, ids, digits), **columns}

    def passed(self, table: str, rows: int) -> None:
        """Remember that rows were given out."""
        self._last[table] = self._last.get(table, 0) + rows


def tables_of(
    quarter: Quarter, as_of: datetime, numbers: Numbers, progress: Progress | None
) -> Iterator[tuple[str, Columns]]:
    """Yield a district's tables in pieces; ids go on from ``numbers``, which is moved along."""
    for step, (table, columns) in enumerate(_tables(quarter, as_of, numbers)):
        rows = len(next(iter(columns.values())))
        numbers.passed(table, rows)
        for low in range(0, rows, CHUNK_ROWS):
            yield table, _piece(columns, low)
        if progress:
            progress(table, step + 1, len(TABLES))


def _piece(columns: Columns, low: int) -> Columns:
    high = low + CHUNK_ROWS
    return {
        name: values.iloc[low:high] if isinstance(values, pd.Series) else values[low:high]
        for name, values in columns.items()
    }


def _tables(quarter: Quarter, as_of: datetime, numbers: Numbers) -> Iterator[tuple[str, Columns]]:
    site, sketch, town = quarter.site, quarter.sketch, quarter.town
    rngs = [np.random.default_rng(s) for s in quarter.seed.spawn(8)]
    ways = site.plane.geometries_to_metres(np.asarray(town.ways["geometry"].array, dtype=object))
    addresses = make_addresses(town, site, ways)
    estates = make_estates(site, addresses, rngs[0])
    first_estate = numbers.first("estate")
    yield "estate", numbers.numbered("estate", "X", estates.columns(), 5)
    xy = shapely.get_coordinates(shapely.centroid(site.faces))
    built = build(site, near(sketch, "cbd", xy), rngs[1])
    buildings = make_buildings(site, built, estates, addresses, rngs[1])
    first_building = numbers.first("building")
    columns = {
        **buildings.columns(first_estate),
        "day_people": by_day(buildings, sketch.people),
    }
    yield "building", numbers.numbered("building", "B", columns, 6)
    entrances = make_entrances(site, buildings)
    columns = entrance_columns(entrances, first_building)
    dwellings = _dwellings(sketch, buildings, entrances, numbers, first_building)
    yield "entrance", numbers.numbered("entrance", "D", columns, 6)
    household, people = settle(rngs[2], dwellings, sketch.households, sketch.people, as_of.date())
    yield "household", household
    yield "people", people
    yield "person_private", identities(rngs[7], people, quarter.code, as_of.date())
    outline = shapely.coverage_union_all(site.faces)
    streets = make_streetscape(town, ways, outline)
    built_up = BuiltUp(
        site, buildings, entrances, streets, addresses, _community_names(town, site),
        dwellings.capacity.astype(np.int64),
    )  # fmt: skip
    sites, about = make_sites(built_up, sketch.people)
    houses = site.plane.geometries_to_metres(buildings.shape_4326)
    parkland = make_parkland(site, ways, houses, rngs[6])
    roads = ground.roads(town, site, parkland, rngs[5])
    barriers = make_barriers(sketch, site, _roads(roads, site), estates, houses)
    roads["passes"][barriers.over] = True
    served = place(rngs[3], replace(sites, first_id=numbers.first("facility")), about)
    yield "facility", with_gates(served, barriers.gates, site.plane)
    places = replace(
        make_places(built_up),
        first_id=numbers.first("incident"),
        key_prefix=f"E{quarter.code[4:]}",
    )
    yield "incident", happen(rngs[4], places, sketch.incidents, as_of)
    yield "road", numbers.numbered("road", "R", roads, 6)
    yield "barrier", numbers.numbered("barrier", "Z", barriers.columns(site), 4)
    yield "land", numbers.numbered("land", "L", _land(built_up, addresses, houses, served), 4)
    yield "water", numbers.numbered("water", "W", ground.water(town, site, parkland), 4)
    yield "green", numbers.numbered("green", "G", ground.green(town, site, buildings, parkland), 6)


def _roads(roads: Columns, site: Site) -> Ways:
    return Ways(
        lines=site.plane.geometries_to_metres(np.asarray(roads["geom"], dtype=object)),
        kind=np.asarray(roads["kind"], dtype=object),
        name=np.asarray(roads["name"], dtype=object),
    )


def _land(built: BuiltUp, addresses: Addresses, houses: Geometries, served: Columns) -> Columns:
    plane = built.site.plane
    missed = np.isin(np.asarray(served["kind"], dtype=object), MISSED)
    doors = plane.to_metres(built.entrances.point)
    return plots(
        built.site, houses, (doors, built.capacity.astype(float)),
        plane.to_metres(np.asarray(served["geom"])[missed]), addresses, built.community_name,
    )  # fmt: skip


def _community_names(town: Town, site: Site) -> NDArray[np.object_]:
    """Return the name of each face's community without its ending."""
    rows = town.units[town.units["level"] == 3]
    name = dict(zip(rows["code"].str[6:], rows["name_zh"].str[:-2], strict=True))
    return np.array([name[code[6:12]] for code in site.code], dtype=object)


def _dwellings(
    sketch: Sketch, buildings: Buildings, entrances: Entrances, numbers: Numbers,
    first_building: int,
) -> Dwellings:  # fmt: skip
    """Return the dwellings behind each entrance, a few more than there are households."""
    is_home = (buildings.use == "residential") & np.isin(buildings.fabric, list(_FLAT_M2))
    flat_m2 = np.array([_FLAT_M2.get(str(f), 1.0) for f in buildings.fabric])
    doors = np.bincount(entrances.building, minlength=len(buildings))
    size = np.where(is_home, buildings.floor_area_m2 / flat_m2 / doors, 0.0)[entrances.building]
    # All flats are larger or smaller than usual together, so that nearly all are lived in.
    capacity = np.ceil(size * sketch.households / _OCCUPIED / size.sum())
    fabric = np.array([_FABRIC.get(str(f), Fabric.GARDEN) for f in buildings.fabric], dtype=np.int8)
    ids = np.arange(len(entrances.building), dtype=np.int32) + numbers.first("entrance")
    return Dwellings(
        entrance_id=ids.astype(np.int32),
        building_id=(entrances.building + first_building).astype(np.int32),
        xy=entrances.point,
        capacity=capacity.astype(np.int32),
        floors=buildings.floors[entrances.building].astype(np.int16),
        fabric=fabric[entrances.building],
        first_household=numbers.first("household"),
        first_person=numbers.first("people"),
    )
