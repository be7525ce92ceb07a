"""An answer as GeoPackage: units of each level with numbers, facilities, what is uncovered."""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from sqlalchemy import func, select

from dashboard.coverage.out.content import Content
from dashboard.coverage.out.suggestion import HEADINGS, Suggestion, cells
from dashboard.coverage.out.systems import crs_of
from dashboard.coverage.tried import letter, places, rounded, rounded_to
from gis.tables import STORED_CRS, building, facility, unit_version
from layers.columns import Ints
from layers.coverage.released import HOUSEHOLDS, PEOPLE
from layers.coverage.sites import Brought

# Where the head of an SQLite file counts its changes.
CHANGES = (24, 92)


def geopackage(content: Content, crs: str) -> bytes:
    """Return an answer as GeoPackage in a coordinate system (`crs_of`).

    The same answer and moment give the same bytes.
    """
    system = crs_of(crs, content.scene.city.metric_crs)
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        path = Path(folder) / "coverage.gpkg"
        for level in content.levels:
            frame = _units(content, content.at(level))
            _write(path, frame, level.key, "MultiPolygon", system)
        _write(path, _facilities(content), "facilities", "Point", system)
        _write(path, _uncovered(content), "uncovered_buildings", "Point", system)
        if content.suggestion is not None and content.suggestion.sites:
            _write(path, _suggested(content.suggestion), "suggested_sites", "Point", system)
        if content.brought is not None:
            _write(path, _tried(content, content.brought), "tried_sites", "Point", system)
        stamp(path, content.now)
        return path.read_bytes()


def _write(path: Path, frame: gpd.GeoDataFrame, layer: str, kind: str, system: CRS) -> None:
    frame.to_crs(system).to_file(path, driver="GPKG", layer=layer, geometry_type=kind)


def _units(content: Content, at: Ints) -> gpd.GeoDataFrame:
    named = content.named(at)
    v = unit_version.c
    shapes = {
        row.unit_id: shapely.from_wkb(bytes(row.wkb))
        for row in content.scene.db.execute(
            select(v.unit_id, func.ST_AsBinary(v.geom).label("wkb")).where(
                v.unit_id.in_([unit for unit, *_ in named]), func.upper_inf(v.valid)
            )
        )
    }
    columns: dict[str, object] = {
        "code": [code for _, code, _, _ in named],
        "name": [name for _, _, name, _ in named],
        # Numbers of persons that are not exact come of the release.
        "people_exact": content.seen.people.is_exact[at],
    }
    for each in content.columns:
        numbers = each.numbers[at]
        columns[each.key] = np.round(numbers, 4 if each.is_share else each.decimals)
    geometry = [shapes[unit] for unit, *_ in named]
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=STORED_CRS)


def _facilities(content: Content) -> gpd.GeoDataFrame:
    seen = content.after or content.seen
    there = seen.found.facilities
    c = facility.c
    rows = {
        row.id: row
        for row in content.scene.db.execute(
            select(c.id, c.name, c.kind, c.state).where(c.id.in_(there.ids.tolist()))
        )
    }
    back = Transformer.from_crs(content.scene.city.metric_crs, STORED_CRS, always_xy=True)
    lon, lat = back.transform(*there.points_m.T) if len(there.ids) else ((), ())
    # What a scenario opens is in no table.
    new = content.scene.say("cover_out.new_facility")
    said = [rows.get(n) for n in there.ids.tolist()]
    return gpd.GeoDataFrame(
        {
            "facility": there.ids,
            "name": [new if row is None else row.name for row in said],
            "kind": [content.asked.kinds[0] if row is None else row.kind for row in said],
            "state": ["supposed" if row is None else row.state for row in said],
        },
        geometry=shapely.points(np.round(lon, 7), np.round(lat, 7)),
        crs=STORED_CRS,
    )


def _suggested(found: Suggestion) -> gpd.GeoDataFrame:
    rows = [cells(site) for site in found.sites]
    columns = dict(zip(HEADINGS, zip(*rows, strict=True), strict=True))
    lon, lat = columns.pop("lon"), columns.pop("lat")
    return gpd.GeoDataFrame(
        {key: list(values) for key, values in columns.items()},
        geometry=shapely.points(np.round(lon, 7), np.round(lat, 7)), crs=STORED_CRS,
    )  # fmt: skip


def _tried(content: Content, brought: Brought) -> gpd.GeoDataFrame:
    """Return the places that are tried, and what each brings beside those before it."""
    tried, to = places(content.scene.view), rounded_to(content.scene)

    def gains(group: str) -> list[float]:
        return [rounded(each.get(group, 0), to) for each in brought.by_place]

    return gpd.GeoDataFrame(
        {
            "site": [letter(k) for k in range(len(tried))],
            "people": gains(PEOPLE),
            "households": gains(HOUSEHOLDS),
            "buildings": [each["buildings"] for each in brought.by_place],
            "is_off": list(brought.is_off),
        },
        geometry=shapely.points(np.array(tried)), crs=STORED_CRS,
    )  # fmt: skip


def _uncovered(content: Content) -> gpd.GeoDataFrame:
    seen, homes = content.after or content.seen, content.homes
    tree = seen.tree
    place, root = tree.places(homes.unit_ids), seen.place(content.scene.unit.id)
    share = homes.share(seen.found.reach.is_reached)
    inside = (place >= root) & (place < tree.ends[root])
    at = np.flatnonzero(inside & (share < 1) & homes.is_home)
    b = building.c
    rows = {
        row.id: row
        for row in content.scene.db.execute(
            select(
                b.id, b.key, b.address, func.ST_X(b.centre).label("lon"),
                func.ST_Y(b.centre).label("lat"),
            ).where(b.id.in_(homes.ids[at].tolist()))
        )
    }  # fmt: skip
    said = [rows[n] for n in homes.ids[at].tolist()]
    return gpd.GeoDataFrame(
        {
            "building": [row.key for row in said],
            "address": [row.address or "" for row in said],
            "doors_reached_share": np.round(share[at], 3),
        },
        geometry=shapely.points([row.lon for row in said], [row.lat for row in said]),
        crs=STORED_CRS,
    )


def stamp(path: Path, moment: dt.datetime) -> None:
    """Write when a GeoPackage was made: the same content and moment are the same bytes."""
    with sqlite3.connect(path) as file:
        told = moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        file.execute("UPDATE gpkg_contents SET last_change = ?", (told,))
    file.close()
    # How often SQLite wrote it, which hangs on how long that took; twice, and alike where nobody
    # wrote it since: https://www.sqlite.org/fileformat.html#file_change_counter
    with path.open("r+b") as raw:
        for place in CHANGES:
            raw.seek(place)
            raw.write((1).to_bytes(4, "big"))
