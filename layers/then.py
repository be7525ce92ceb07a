"""Numbers on the boundaries of then: what there is today, counted by the faces there were on a day.

Persons, and incidents that may be about persons, are counted on a face of then only for who sees
all of today's units on its ground; a face that has not changed since has today's numbers, as
everybody is told them. So no difference of two boundaries tells more than the numbers of today.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import ColumnElement, Connection, Double, any_, func, select

from gis import past, places, units
from gis.access.viewer import Ranges, Viewer
from gis.access.views import seen_count
from gis.errors import NotFoundError
from gis.raster_index import NOWHERE, RasterIndex
from gis.tables import STORED_CRS, measure, unit_version
from layers import disclosure
from layers.catalog import LAYERS
from layers.columns import Array, fetch
from layers.layer import Layer

# Less than this part of a face is the rounding of a line.
LEAST_SHARE = 1e-3
# Of these everybody sees every row.
OPEN_LAYERS = ("buildings", "facilities")
GUARDED = ("households", "people", "incidents")
MOST_FACES = 5_000


@dataclass(frozen=True)
class Then:
    """Faces as they were, and what lies on them today; None where it is not told."""

    # Indexed by unit id: code, name_zh, name_en, geometry (EPSG:4326).
    faces: gpd.GeoDataFrame
    # By the name of a measure, in the order of the faces.
    numbers: Mapping[str, tuple[int | None, ...]]
    # Of the faces, those that are the same today.
    unchanged: frozenset[int]


def numbers_then(
    db: Connection, viewer: Viewer, day: dt.date, within: int, now: dt.datetime
) -> Then:
    """Return today's rows on the faces of a day within a unit of then, as a viewer may know them.

    Parameters
    ----------
    db
        As the role `app`, acting for the viewer.

    Raises
    ------
    NotFoundError
        There was no such unit on that day.
    """
    city = places.city_of(db)
    frame = past.units_on(db, city.main.key, day, today=now.astimezone(city.tz).date())
    if within not in frame.index:
        raise NotFoundError(
            f"There was no unit {within} on {day}.", key="error.no_unit_then", day=f"{day}"
        )
    faces = _below(frame, within)
    if len(faces) > MOST_FACES:
        raise NotFoundError(
            f"{len(faces):,} faces are too many at once: ask for a unit further down.",
            key="error.too_many_then", most=MOST_FACES,
        )  # fmt: skip
    zoning_id = places.zoning_ids(db)[city.main.key]
    same = _unchanged(db, faces.index.tolist(), past.moment_of(city, day))
    index = RasterIndex(faces.geometry.to_numpy(), np.arange(len(faces)))
    numbers: dict[str, tuple[int | None, ...]] = {}
    for name in OPEN_LAYERS:
        found = _counted(db, LAYERS[name], faces, index)
        numbers[name] = tuple(found.tolist())
    covers = _covering(db, zoning_id, faces, same)
    for name in GUARDED:
        held = viewer.cases if name == "incidents" else viewer.units
        found = _counted(db, LAYERS[name], faces, index)
        is_own = [_all_in(covers[n], held) for n in faces.index]
        told = _told(db, name, [n for n in faces.index if n in same])
        numbers[name] = tuple(
            int(count) if own else told.get(n)
            for n, count, own in zip(faces.index, found, is_own, strict=True)
        )
    return Then(faces[["code", "name_zh", "name_en", "geometry"]], numbers, same)


def _below(frame: gpd.GeoDataFrame, within: int) -> gpd.GeoDataFrame:
    codes = {frame.code[within]}
    # Widest first, so that what is above is known.
    for code, parent in zip(frame.code, frame.parent_code, strict=True):
        if parent in codes:
            codes.add(code)
    return frame[frame.is_face & frame.code.isin(codes)]


def _unchanged(db: Connection, numbers: list[int], at: dt.datetime) -> frozenset[int]:
    c = unit_version.c
    query = select(c.unit_id).where(
        c.unit_id == any_(numbers), c.valid.op("@>")(at), func.upper_inf(c.valid)  # type: ignore[arg-type]
    )  # fmt: skip
    return frozenset(db.scalars(query))


def _counted(
    db: Connection, layer: Layer, faces: gpd.GeoDataFrame, index: RasterIndex
) -> Array:  # fmt: skip
    """Return the sum of a layer's rows that the viewer sees, by position of the face."""
    c = layer.table.c
    point = c[layer.point]
    box = func.ST_MakeEnvelope(*faces.total_bounds.tolist(), STORED_CRS)
    weight: ColumnElement[int] = c[layer.weight] if layer.weight != "rows" else func.count()
    columns = [
        func.ST_X(point, type_=Double).label("x"),
        func.ST_Y(point, type_=Double).label("y"),
    ]
    if layer.weight != "rows":
        columns.append(weight.label("n"))
    found = fetch(db, select(*columns).where(point.bool_op("&&")(box)))
    there = index.locate(np.column_stack([found["x"], found["y"]]))
    inside = there != NOWHERE
    weights = found["n"][inside] if "n" in found else None
    summed = np.bincount(there[inside], weights, minlength=len(faces))
    counts: Array = summed.astype(np.int64)
    return counts


def _covering(
    db: Connection, zoning_id: int, faces: gpd.GeoDataFrame, same: frozenset[int]
) -> dict[int, list[int]]:
    """Return for each face of then the faces of today that have some of its ground."""
    found: dict[int, list[int]] = {n: [n] for n in faces.index if n in same}
    changed = faces[~faces.index.isin(same)]
    if changed.empty:
        return found
    today = units.faces(db, zoning_id)
    now, then = today.geometry.to_numpy(), changed.geometry.to_numpy()
    left, right = shapely.STRtree(now).query(then, predicate="intersects")
    common = shapely.area(shapely.intersection(then[left], now[right]))
    smaller = np.minimum(shapely.area(then)[left], shapely.area(now)[right])
    is_shared = common > LEAST_SHARE * smaller
    for n in changed.index:
        found[n] = []
    ids = today.id.to_numpy()
    for at, other in zip(left[is_shared], right[is_shared], strict=True):
        found[int(changed.index[at])].append(int(ids[other]))
    return found


def _all_in(numbers: Iterable[int], held: Ranges) -> bool:
    listed = list(numbers)
    return bool(listed) and all(any(low <= n <= high for low, high in held) for n in listed)


def _told(db: Connection, name: str, numbers: list[int]) -> dict[int, int]:
    """Return today's numbers of units as the viewer is told them; unknown ones are left out."""
    if not numbers:
        return {}
    v, s = unit_version.c, seen_count.c
    query = (
        select(v.unit_id, v.zoning_id, v.level, s.unit_id.is_not(None), s.n)
        .select_from(unit_version)
        .outerjoin(measure, measure.c.name == name)
        .outerjoin(seen_count, (s.unit_id == v.unit_id) & (s.measure_id == measure.c.id))
        .where(v.unit_id == any_(numbers), func.upper_inf(v.valid))  # type: ignore[arg-type]
    )
    told = disclosure.of(db)
    found = {}
    for unit_id, zoning_id, level, is_there, n in db.execute(query):
        if is_there and n is not None:
            found[unit_id] = int(n)
        elif not is_there and told.is_told(name, zoning_id, level, is_seen=False):
            found[unit_id] = 0
    return found
