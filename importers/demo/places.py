"""Where incidents may happen and facilities may stand: doors, parks, points along the streets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from importers.demo.addresses import Addresses
from importers.demo.buildings import Buildings, Entrances
from importers.demo.classes import Setting
from importers.demo.columns import hilbert_order
from importers.demo.happenings import Places
from importers.demo.mesh import Ints
from importers.demo.rows import Floats
from importers.demo.services import Sites
from importers.demo.site import Site
from importers.demo.streetscape import Streetscape

_SETTING = {
    "village": Setting.VILLAGE, "garden": Setting.ESTATE, "tower": Setting.ESTATE,
    "old": Setting.ESTATE, "club": Setting.ESTATE, "factory": Setting.SITE,
    "warehouse": Setting.SITE, "tank": Setting.SITE, "pavilion": Setting.STREET,
}  # fmt: skip
# So many of a hundred blocks of offices and towers are being built on.
_BUILDING_SITES = 7
_POINT_EVERY_M = 45.0


@dataclass(frozen=True)
class BuiltUp:
    """A district that is built: what places and facilities are chosen from.

    Attributes
    ----------
    community_name
        The name of each face's community, without its ending.
    capacity
        Dwellings behind each entrance.
    """

    site: Site
    buildings: Buildings
    entrances: Entrances
    streets: Streetscape
    addresses: Addresses
    community_name: NDArray[np.object_]
    capacity: Ints


def make_places(built: BuiltUp) -> Places:
    """Return where incidents may happen, in Hilbert order."""
    site, buildings, streets = built.site, built.buildings, built.streets
    building = built.entrances.building
    setting = np.array([_SETTING.get(str(f), Setting.CENTRE) for f in buildings.fabric])
    is_site = (site.block[buildings.face] * 37 % 100 < _BUILDING_SITES) & np.isin(
        buildings.fabric, ["office", "podium", "tower"]
    )
    setting[is_site] = Setting.SITE
    floor_m2 = buildings.floor_area_m2[building]
    work = np.where(built.capacity == 0, np.minimum(floor_m2 / 400, 60), 0.0)
    weight = np.sqrt(built.capacity + work + 1.0)
    along = streets.along(_POINT_EVERY_M)
    busy = streets.busyness(site.plane.to_metres(built.entrances.point), weight, along.point)
    xy = np.vstack([built.entrances.point, site.plane.to_degrees(along.point)])
    order = hilbert_order(xy)
    address = np.concatenate([np.array(buildings.address, dtype=object)[building], along.name])
    settings = np.concatenate([setting[building], np.full(len(along.point), Setting.STREET)])
    return Places(
        xy=xy[order],
        weight=np.concatenate([weight, busy])[order],
        setting=settings[order].astype(np.int8),
        address=address[order],
    )


def make_sites(built: BuiltUp, people: int) -> tuple[Sites, Floats]:
    """Return where facilities may stand, in Hilbert order, and the people about each."""
    site, buildings, streets = built.site, built.buildings, built.streets
    parts = [_doors(built), _parks(built), _kerbs(built)]
    xy = np.vstack([part.xy for part in parts])
    homes = np.zeros(len(buildings), dtype=np.float64)
    np.add.at(homes, built.entrances.building, built.capacity)
    home_weight = homes[_single(site, buildings)]
    middle = site.plane.to_metres(buildings.centre)
    around = streets.busyness(middle, homes, site.plane.to_metres(xy[len(home_weight) :]))
    weight = np.concatenate([home_weight + 0.05 * homes.mean(), around * 0.1])
    order = hilbert_order(xy)
    return Sites(
        xy=xy[order],
        use=np.concatenate([part.use for part in parts])[order],
        name_stem=np.concatenate([part.name_stem for part in parts])[order],
        address=np.concatenate([part.address for part in parts])[order],
        area_m2=np.concatenate([part.area_m2 for part in parts])[order],
    ), (weight / weight.sum() * people)[order]


def _single(site: Site, buildings: Buildings) -> Ints:
    """Return the buildings a facility may lie in: of a school or a hospital only the largest."""
    block = site.block[buildings.face]
    alone = np.isin(buildings.use, ["school", "hospital"])
    order = np.lexsort([-buildings.floor_area_m2, block])
    first = order[np.r_[True, np.diff(block[order]) > 0]]
    keep = ~alone
    keep[first] = True
    return np.flatnonzero(keep)


def _doors(built: BuiltUp) -> Sites:
    buildings = built.buildings
    at = _single(built.site, buildings)
    first = np.searchsorted(built.entrances.building, np.arange(len(buildings)))
    is_school = buildings.use[at] == "school"
    lot_m2 = shapely.area(built.site.faces[buildings.face[at]])
    return Sites(
        xy=built.entrances.point[first[at]],
        use=buildings.use[at],
        name_stem=built.community_name[buildings.face[at]],
        address=np.array(buildings.address, dtype=object)[at],
        area_m2=np.where(is_school, lot_m2, 0.0),
    )


def _parks(built: BuiltUp) -> Sites:
    site = built.site
    face = np.flatnonzero(np.isin(site.use, ["park", "bank", "shore"]))
    face = face[shapely.area(site.faces[face]) > 2000]
    inner = shapely.get_coordinates(shapely.point_on_surface(site.faces[face]))
    return Sites(
        xy=site.plane.to_degrees(inner),
        use=np.full(len(face), "park", dtype=object),
        name_stem=built.community_name[face],
        address=np.array([built.addresses.of_block(b) for b in site.block[face].tolist()], object),
        area_m2=shapely.area(site.faces[face]),
    )


def _kerbs(built: BuiltUp) -> Sites:
    streets = built.streets
    along = streets.along(70.0, ("primary", "secondary", "tertiary", "residential"))
    corners = streets.junctions()
    point = np.vstack([along.point, corners.point])
    name = np.concatenate([along.name, corners.name])
    use = ["road"] * len(along.point) + ["junction"] * len(corners.point)
    return Sites(
        xy=built.site.plane.to_degrees(point),
        use=np.array(use, dtype=object),
        name_stem=np.array([str(n)[:2] for n in name], dtype=object),
        address=name,
        area_m2=np.zeros(len(point)),
    )
