"""Reading OpenStreetMap files (.osm.pbf, .osm): its tags as tables of what there is.

What tags say in many ways is said in one: whether one may walk and drive there, in which direction,
how fast. Meaning of the tags: wiki.openstreetmap.org, Key:access, Key:oneway and Key:maxspeed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError

from gis.errors import FileError
from importers.fitting import ground_m2
from importers.vectors import Parts
from layers.catalog.roads import ROADS

SUFFIXES = (".pbf", ".osm")
ROAD_COLUMNS = ("osm_id", "name", "highway", "walk", "drive", "oneway", "passes", "maxspeed")
BARRIER_COLUMNS = ("osm_id", "name", "kind")
PLACE_COLUMNS = ("osm_id", "name", "class", "operator", "phone", "capacity", "address", "area_m2")

_SETTINGS = Path(__file__).with_name("osmconf.ini")
_CRS = "EPSG:4326"
_KINDS = next(field for field in ROADS.fields if field.name == "kind").words
# What is planned, raced on or waited at is no road.
_HIGHWAYS = frozenset(_KINDS).union(*_KINDS.values())
# Tags that say what a place is, the most telling one first.
_CLASSES = (
    "amenity", "healthcare", "shop", "leisure", "office", "emergency", "public_transport",
    "railway", "highway", "tourism",
)  # fmt: skip
# Tags of what one does not walk or drive through, and which barrier that is.
_BARRIERS = (
    ("waterway", ("river", "canal"), "river"),
    ("railway", ("rail", "light_rail", "subway", "narrow_gauge"), "railway"),
    ("barrier", ("wall", "fence", "city_wall", "retaining_wall", "guard_rail"), "wall"),
)
_GATES = ("gate", "lift_gate", "swing_gate", "entrance", "kissing_gate", "sliding_gate")
_LEVEL_CROSSINGS = ("level_crossing", "crossing")
_YES, _NO = ("yes", "designated", "permissive", "true", "1"), ("no", "private", "false", "0")
_AGAINST = ("-1", "reverse")
_ROUND = ("roundabout", "circular")
_KMH_A_MILE = 1.609344


def read_osm(path: Path, table: str | None) -> Parts:
    """Read a table of an OpenStreetMap file: "roads", "places" or "barriers".

    A road that may be driven only against its line is turned round. Of a place with an area the
    point inside it stands for it; a key tells nodes (n), ways (w) and relations (r) apart.
    """
    return _TABLES[osm_table(path, table)](path)


def osm_table(path: Path, table: str | None) -> str:
    """Return the table's name, checked."""
    if table in _TABLES:
        return str(table)
    what = "has several layers" if table is None else f"has no layer {table!r}"
    raise FileError(
        f"{path.name} {what}. There are: {', '.join(_TABLES)}. Name one (--table).",
        key="error.many_tables" if table is None else "error.no_table",
        file=path.name, table=table, known=tuple(_TABLES),
    )  # fmt: skip


def osm_columns(path: Path, table: str | None) -> list[str]:
    """Return the columns of a table without reading the file."""
    return list(_COLUMNS[osm_table(path, table)])


def _roads(path: Path) -> Parts:
    tags, lines = _read(path, "lines")
    kept = (tags["highway"].isin(_HIGHWAYS) & (tags["area"] != "yes")).to_numpy()
    tags, lines = tags[kept].reset_index(drop=True), lines[kept]
    against = tags["oneway"].isin(_AGAINST).to_numpy()
    lines[against] = shapely.reverse(lines[against])
    motorway = tags["highway"] == "motorway"
    # A roundabout and a motorway have one direction without saying so.
    oneway = (tags["oneway"].isin(_YES) | against | tags["junction"].isin(_ROUND) | motorway) & ~(
        tags["oneway"].isin(_NO)
    )
    on_foot, by_car = _allowed(tags, "access", "foot"), _allowed(tags, "access", "vehicle")
    by_car = _allowed(tags, "motor_vehicle").combine_first(by_car)
    # On a footway `access=yes` is said of those on foot.
    is_path = tags["highway"].isin(_KINDS["path"])
    # Along a road of cars with a pavement one walks.
    paved = tags["sidewalk"].isin(("both", "left", "right", "yes"))
    frame = pd.DataFrame({
        "osm_id": "w" + tags["osm_id"],
        "name": tags["name"],
        "highway": tags["highway"],
        "walk": on_foot.where(on_foot.notna() | ~paved, True),
        "drive": by_car.mask(by_car.isin([True]) & is_path, None),
        "oneway": oneway,
        "passes": _passes(tags),
        "maxspeed": [_kmh(value) for value in tags["maxspeed"]],
    })  # fmt: skip
    return _parts(path, frame, lines)


def _passes(tags: pd.DataFrame) -> pd.Series[Any]:
    """Whether a way leads over or under what it crosses."""
    over = [tags[key].notna() & (tags[key] != "no") for key in ("bridge", "tunnel")]
    return over[0] | over[1]


def _barriers(path: Path) -> Parts:
    tags, lines = _read(path, "lines")
    kind = pd.Series(None, index=tags.index, dtype="object")
    for key, values, told in _BARRIERS:
        kind = kind.mask(kind.isna() & tags[key].isin(values), told)
    # Under a railway on a bridge one walks.
    kept = (kind.notna() & tags["highway"].isna() & ~_passes(tags)).to_numpy()
    frame = pd.DataFrame({"osm_id": "w" + tags["osm_id"], "name": tags["name"], "kind": kind})
    return _parts(path, frame[kept].reset_index(drop=True), lines[kept])


def _allowed(tags: pd.DataFrame, *keys: str) -> pd.Series[Any]:
    """Return whether one may, as the last key that says so has it; None where none does."""
    found = pd.Series(None, index=tags.index, dtype="object")
    for key in keys:
        found = found.mask(tags[key].isin(_YES), True).mask(tags[key].isin(_NO), False)
    return found


def _kmh(value: Any) -> float | None:  # noqa: ANN401
    """Return a speed in km/h; None where it is a word ("walk", "CN:urban")."""
    said = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(km/?h|kph|mph)?", str(value).strip(), re.IGNORECASE)
    if said is None:
        return None
    return round(float(said[1]) * (_KMH_A_MILE if (said[2] or "").lower() == "mph" else 1.0))


def _places(path: Path) -> Parts:
    points, at = _read(path, "points")
    areas, shapes = _read(path, "multipolygons")
    points["osm_id"] = "n" + points["osm_id"]
    areas["osm_id"] = ("r" + areas["osm_id"]).combine_first("w" + areas["osm_way_id"])
    tags = pd.concat([points, areas.drop(columns="osm_way_id")], ignore_index=True)
    places = np.concatenate([at, shapely.point_on_surface(shapes)])
    classes = pd.Series(None, index=tags.index, dtype="object")
    for key in _CLASSES:
        classes = classes.combine_first(tags[key])
    # Where a barrier is open: the class that facilities know as a gate.
    is_gate = tags["barrier"].isin(_GATES) | tags["railway"].isin(_LEVEL_CROSSINGS)
    classes = classes.mask(is_gate, "gate")
    kept = classes.notna().to_numpy()
    street = tags["addr:street"].fillna("") + tags["addr:housenumber"].fillna("")
    frame = pd.DataFrame({
        "osm_id": tags["osm_id"],
        "name": tags["name"],
        "class": classes,
        "operator": tags["operator"],
        "phone": tags["phone"],
        "capacity": tags["capacity"],
        "address": tags["addr:full"].combine_first(street.where(street != "", None)),
        "area_m2": np.round(np.concatenate([np.full(len(at), np.nan), ground_m2(shapes)]), 1),
    })  # fmt: skip
    return _parts(path, frame[kept].reset_index(drop=True), places[kept])


def _read(path: Path, layer: str) -> tuple[pd.DataFrame, NDArray[Any]]:
    try:
        meta, _, wkb, fields = pyogrio.raw.read(path, layer=layer, CONFIG_FILE=str(_SETTINGS))
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise FileError(
            f"{path.name} cannot be read: {error}", key="error.unreadable",
            file=path.name, why=str(error),
        ) from error  # fmt: skip
    columns = dict(zip(map(str, meta["fields"]), fields, strict=True))
    frame = pd.DataFrame(
        {name: pd.Series(value, dtype="object") for name, value in columns.items()}
    )
    shapes: NDArray[Any] = np.asarray(shapely.from_wkb(wkb), dtype=object).reshape(-1)
    return frame, shapes


def _parts(path: Path, frame: pd.DataFrame, geometry: NDArray[Any]) -> Parts:
    if frame.empty:
        raise FileError(
            f"{path.name} has no rows; fetch or export it again.",
            key="error.no_rows",
            file=path.name,
        )
    return Parts(frame, geometry, _CRS, np.arange(1, len(frame) + 1, dtype=np.int64), ())


_TABLES: Mapping[str, Callable[[Path], Parts]] = {
    "roads": _roads,
    "places": _places,
    "barriers": _barriers,
}
_COLUMNS = {"roads": ROAD_COLUMNS, "places": PLACE_COLUMNS, "barriers": BARRIER_COLUMNS}
