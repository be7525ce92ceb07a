"""Boundaries from the files of a plan: one frame of units for each zoning, as checks want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis.city import City, Zoning
from gis.errors import FileError
from gis.tables import STORED_CRS
from importers import values
from importers.coordinates import Area, place
from importers.plan import UNIT_FIELDS, Plan
from importers.read import read
from importers.sources import Source, Units

# Before there are boundaries, the city is looked for this far around its first view.
_AROUND_DEGREES = 1.0
# Faults of single rows are listed up to this many; a wrong column makes thousands.
_MOST_NAMED = 5

_COLUMNS = ("code", "name_zh", "name_en", "level", "parent_code", "kind", "geometry")


def area_of_view(city: City) -> Area:
    """Return where the city is expected before its boundaries are known."""
    lon, lat = city.centre_4326
    pad = _AROUND_DEGREES
    return Area((lon - pad, lat - pad, lon + pad, lat + pad), city.metric_crs)


def area_of(frame: gpd.GeoDataFrame, city: City) -> Area:
    """Return where rows are expected, by the boundaries of the city."""
    west, south, east, north = frame.total_bounds
    if not np.isfinite([west, south, east, north]).all():
        return area_of_view(city)
    return Area((float(west), float(south), float(east), float(north)), city.metric_crs)


def zonings(plan: Plan, faults: list[str]) -> dict[str, gpd.GeoDataFrame]:
    """Read the units of every zoning; a zoning whose files have faults is left out.

    Returns
    -------
    dict
        Key of the zoning → code, name_zh, name_en, level (1 = widest), parent_code, kind and
        geometry in EPSG:4326, as `gis.coverage.check` wants them.
    """
    found: dict[str, gpd.GeoDataFrame] = {}
    for zoning in plan.city.zonings:
        parts = plan.levels if zoning.is_main else {zoning.key: plan.zonings.get(zoning.key)}
        before = len(faults)
        frames = [
            _level(plan.city, zoning, level.number, parts.get(level.key), faults)
            for level in zoning.levels
        ]
        frames = [frame for frame in frames if len(frame)]
        if len(faults) == before and frames:
            found[zoning.key] = gpd.GeoDataFrame(
                pd.concat(frames, ignore_index=True), geometry="geometry", crs=STORED_CRS
            )
        elif len(faults) == before:
            faults.append(f"city.toml: no file says what the units of {zoning.key!r} are.")
    return found


def _level(
    city: City, zoning: Zoning, number: int, units: Units | None, faults: list[str]
) -> pd.DataFrame:
    empty = pd.DataFrame(columns=_COLUMNS)
    if units is None:
        return empty
    frames = [_written(units.written, number)] if units.written else []
    if units.source is not None:
        try:
            frames.append(_from_file(city, units.source, number, faults))
        except FileError as error:
            faults.append(f"{zoning.key}: {error}")
    return pd.concat(frames, ignore_index=True) if frames else empty


def _written(units: tuple[Mapping[str, str], ...], number: int) -> pd.DataFrame:
    frame = pd.DataFrame([{name: unit.get(name, "") for name in UNIT_FIELDS} for unit in units])
    return _columns(frame, np.full(len(frame), None, dtype=object), number)


def _from_file(city: City, source: Source, number: int, faults: list[str]) -> pd.DataFrame:
    rows = read(source.file, table=source.table, encoding=source.encoding)
    kept = np.ones(len(rows), dtype=bool)
    for rule in source.only:
        kept &= rule.holds(rows.frame).to_numpy(dtype=bool)
    rows = rows.where(kept)
    frame = pd.DataFrame(index=rows.frame.index)
    for name in UNIT_FIELDS:
        column = source.columns.get(name)
        if column is None:
            frame[name] = ""
            continue
        read_one = values.code if name in ("code", "parent") else values.text
        converted = values.convert(column.fill(rows.frame), read_one)
        frame[name] = [value or "" for value in converted.values]
        _list(faults, source, {int(rows.numbers[i]): w for i, w in converted.wrong.items()})
    geometry = np.full(len(rows), None, dtype=object) if rows.geometry is None else rows.geometry
    placed = place(
        geometry, source.crs or rows.crs, area_of_view(city), is_certain=source.crs is not None
    )
    wrong = {i: w for i, w in placed.wrong.items() if not _is_empty(geometry[i])}
    _list(faults, source, {int(rows.numbers[i]): w for i, w in wrong.items()})
    return _columns(frame, placed.geometry, number)


def _columns(frame: pd.DataFrame, geometry: NDArray[Any], number: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code": frame["code"],
            "name_zh": frame["name_zh"],
            "name_en": frame["name_en"],
            "level": number,
            "parent_code": frame["parent"],
            "kind": frame["kind"],
            "geometry": geometry,
        }
    )


def _list(faults: list[str], source: Source, wrong: Mapping[int, str]) -> None:
    shown = list(wrong.items())
    faults += [f"{source.title}: row {row}: {what}." for row, what in shown[:_MOST_NAMED]]
    if len(shown) > _MOST_NAMED:
        faults.append(f"{source.title}: {len(shown) - _MOST_NAMED:,} more rows have such faults.")


def _is_empty(geometry: Any) -> bool:  # noqa: ANN401
    return bool(geometry is None or shapely.is_empty(geometry))
