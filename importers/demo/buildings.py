"""Buildings with floors, year and address, and the entrances to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from importers.demo.addresses import Addresses
from importers.demo.columns import hilbert_order, repeated
from importers.demo.estates import Estates
from importers.demo.fabrics import Built
from importers.demo.mesh import Ints
from importers.demo.plane import Coordinates, Geometries
from importers.demo.site import Site
from importers.demo.texts import Columns, words

_FLOOR_M = {
    "office": 4.1, "podium": 4.8, "mall": 5.2, "factory": 5.0, "warehouse": 9.5, "tank": 14.0,
    "school": 3.9,
    "hospital": 4.2, "public": 4.4,
}  # fmt: skip
# First and last year of building.
_YEARS = {
    "tower": (2002, 2025), "garden": (1996, 2020), "old": (1979, 1999), "village": (1986, 2012),
    "office": (1998, 2026), "podium": (1998, 2025), "mall": (1998, 2024), "factory": (1984, 2012),
    "warehouse": (1986, 2018), "tank": (1988, 2019),
    "school": (1985, 2024), "hospital": (1988, 2023),
    "public": (1988, 2024), "club": (1998, 2020), "pavilion": (1995, 2022),
}  # fmt: skip


_DOORS = {"village": "入户门", "podium": "商铺入口"}


@dataclass(frozen=True)
class Buildings:
    """One row a building, in Hilbert order; shapes and points in metres and in degrees."""

    face: Ints
    estate: Ints
    fabric: NDArray[np.object_]
    use: NDArray[np.object_]
    floors: Ints
    year: Ints
    height_m: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    # A box inside the footprint, in the face's turned frame.
    box: NDArray[np.float64]
    shape_4326: Geometries
    centre: Coordinates
    # Number in its estate (栋), or in its block.
    number: Ints
    address: list[str]
    names: list[str | None]

    def __len__(self) -> int:
        return len(self.face)

    @property
    def floor_area_m2(self) -> NDArray[np.float64]:
        """Ground area times floors."""
        return self.area_m2 * self.floors

    def columns(self, first_estate: int) -> Columns:
        """Return the columns of the building table, without ids and keys."""
        estate = pd.array(self.estate + first_estate, dtype="Int32")
        estate[self.estate < 0] = pd.NA
        return {
            "estate_id": pd.Series(estate),
            "name": pd.Series(self.names, dtype=object),
            "address": pd.Series(self.address, dtype=object),
            "use": pd.Series(self.use).astype("category"),
            "floors": self.floors.astype(np.int16),
            "year": self.year.astype(np.int16),
            "height_m": self.height_m.astype(np.float32),
            "floor_area_m2": np.round(self.floor_area_m2).astype(np.int32),
            "source": words(np.zeros(len(self), dtype=np.int64), ["demo"]),
            "geom": self.shape_4326,
            "centre": self.centre,
        }


@dataclass(frozen=True)
class Entrances:
    """One row an entrance, in the order of their buildings."""

    building: Ints
    # 1, 2 … in its building.
    number: Ints
    point: Coordinates
    names: list[str]
    address: list[str]


def make_buildings(
    site: Site, built: list[Built], estates: Estates, addresses: Addresses, rng: np.random.Generator
) -> Buildings:
    """Return the buildings of a site as one table."""
    face = np.concatenate([b.boxes.lot for b in built])
    box = np.concatenate([b.boxes.bounds for b in built])
    shape = site.turned(np.concatenate([b.shapes for b in built]), face, 1.0)
    fabric = np.concatenate([np.full(len(b.boxes), b.fabric, dtype=object) for b in built])
    use = np.concatenate([np.full(len(b.boxes), b.use, dtype=object) for b in built])
    floors = np.concatenate([b.floors for b in built])
    degrees = site.plane.geometries_to_degrees(shape)
    # Rounding to whole 1e-7 degrees must not push a wall over the edge of its face.
    middle = _turned(site, face, (box[:, :2] + box[:, 2:]) / 2)
    lonlat = site.plane.to_degrees(middle)
    order = hilbert_order(lonlat)
    face, box, floors, lonlat = face[order], box[order], floors[order], lonlat[order]
    shape, degrees, fabric, use = shape[order], degrees[order], fabric[order], use[order]
    estate = estates.of_face[face]
    group = np.where(estate >= 0, estate, len(estates.names) + site.block[face])
    number = _numbered(group)
    height = floors * np.array([_FLOOR_M.get(str(f), 3.0) for f in fabric])
    return Buildings(
        face=face,
        estate=estate,
        fabric=fabric,
        use=use,
        floors=floors,
        year=_years(fabric, group, rng),
        height_m=np.round(height + rng.uniform(0.3, 3.5, len(height)), 1),
        area_m2=shapely.area(shape),
        box=box,
        shape_4326=degrees,
        centre=lonlat,
        number=number,
        address=[
            f"{estates.address[e]}{estates.names[e]['zh']}{n}栋"
            if e >= 0
            else f"{addresses.of_block(b)}{n}号楼"
            for e, b, n in zip(
                estate.tolist(), site.block[face].tolist(), number.tolist(), strict=True
            )
        ],
        names=[
            f"{estates.names[e]['zh']}{n}栋" if e >= 0 else None
            for e, n in zip(estate.tolist(), number.tolist(), strict=True)
        ],
    )


def _turned(site: Site, face: Ints, xy: Coordinates) -> Coordinates:
    """Return points of turned frames in metres of the plane."""
    cos, sin = np.cos(site.angle[face]), np.sin(site.angle[face])
    return np.column_stack([xy[:, 0] * cos - xy[:, 1] * sin, xy[:, 0] * sin + xy[:, 1] * cos])


def _numbered(group: Ints) -> Ints:
    order = np.argsort(group, kind="stable")
    _, counts = np.unique(group[order], return_counts=True)
    number = np.empty(len(group), dtype=np.int64)
    number[order] = repeated(counts)[1] + 1
    return number


def _years(fabric: NDArray[np.object_], group: Ints, rng: np.random.Generator) -> Ints:
    """Return years of building: an estate is built within a year or two."""
    groups, of = np.unique(group, return_inverse=True)
    share = np.clip(rng.beta(1.6, 1.6, len(groups))[of] + rng.normal(0, 0.03, len(of)), 0, 1)
    span = np.array([_YEARS[str(f)] for f in fabric])
    years = np.round(span[:, 0] + share * (span[:, 1] - span[:, 0]))
    return np.asarray(years, dtype=np.int64)


def make_entrances(site: Site, buildings: Buildings) -> Entrances:
    """Return entrances: a stairwell every 17 m of a slab, else one or two doors."""
    width = buildings.box[:, 2] - buildings.box[:, 0]
    fabric = buildings.fabric
    count = np.ones(len(buildings), dtype=np.int64)
    slab = np.isin(fabric, ["garden", "old"])
    count[slab] = np.maximum(np.round(width[slab] / 17), 1)
    count[np.isin(fabric, ["office", "mall", "school", "hospital", "factory", "public"])] = 2
    building, step = repeated(count)
    box = buildings.box[building]
    share = (step + 0.5) / count[building]
    # Just inside the north wall, where stairwells are: never over a neighbour's line.
    x = box[:, 0] + (box[:, 2] - box[:, 0]) * share
    y = box[:, 1] + (box[:, 3] - box[:, 1]) * np.where(fabric[building] == "tower", 0.6, 0.72)
    point = _turned(site, buildings.face[building], np.column_stack([x, y]))
    dwelling = np.isin(fabric, ["garden", "old", "tower"])[building]
    names = [
        f"{n + 1}单元" if d else _DOORS.get(str(f), "正门" if n == 0 else "侧门")
        for n, d, f in zip(step.tolist(), dwelling.tolist(), fabric[building], strict=True)
    ]
    return Entrances(
        building=building,
        number=step + 1,
        point=site.plane.to_degrees(point),
        names=names,
        address=[
            buildings.address[b] + name for b, name in zip(building.tolist(), names, strict=True)
        ],
    )


def entrance_columns(entrances: Entrances, first_building: int) -> Columns:
    """Return the columns of the entrance table, without ids and keys."""
    return {
        "building_id": (entrances.building + first_building).astype(np.int32),
        "name": pd.Series(entrances.names, dtype=object),
        "address": pd.Series(entrances.address, dtype=object),
        "geom": entrances.point,
    }
