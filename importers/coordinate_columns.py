"""Coordinates that stand in a table's columns: two numbers, "lon,lat" in one cell, or WKT."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis.crs_china import Coordinates
from importers.values import plain

_X = (
    "经度", "lng", "lon", "long", "longitude", "x", "x坐标", "坐标x", "经度坐标", "x_wgs84",
    "wgs84_x", "lng84", "gps_x", "pointx", "point_x", "coordx", "twd97x", "twd97_x", "横坐标",
)  # fmt: skip
_Y = (
    "纬度", "lat", "latitude", "y", "y坐标", "坐标y", "纬度坐标", "y_wgs84", "wgs84_y", "lat84",
    "gps_y", "pointy", "point_y", "coordy", "twd97y", "twd97_y", "纵坐标",
)  # fmt: skip
_BOTH = (
    "坐标", "经纬度", "lnglat", "lonlat", "latlng", "location", "coordinates", "gps", "wkt",
    "坐标点", "地理坐标", "位置坐标", "经纬度坐标", "geom", "geometry", "the_geom",
)  # fmt: skip
_PAIR = re.compile(r"[(\[]?\s*([^,;\s]+)\s*[,;\s]\s*([^,;\s]+?)\s*[)\]]?")
_SEXAGESIMAL = re.compile(
    r"(?P<d>\d+)[°度](?:(?P<m>\d+(?:\.\d+)?)['′分](?:(?P<s>\d+(?:\.\d+)?)(?:\"|″|′′|''|秒))?)?(?P<half>[NSEW]?)"
)


def find(headers: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that hold coordinates: two (x, y), one with both, or none."""
    found = {plain(header).replace(" ", ""): header for header in headers}
    x = next((found[name] for name in _X if name in found), None)
    y = next((found[name] for name in _Y if name in found), None)
    if x is not None and y is not None:
        return (x, y)
    both = next((found[name] for name in _BOTH if name in found), None)
    return () if both is None else (both,)


def read(frame: pd.DataFrame, names: Sequence[str]) -> NDArray[Any]:
    """Return the geometries that texts in columns describe; None where they cannot be read."""
    if len(names) == 2:
        xy = np.column_stack([_numbers(frame[name]) for name in names])
        return _points(xy)
    texts = frame[names[0]].astype("string").fillna("")
    geometry: NDArray[Any] = np.full(len(frame), None, dtype=object)
    is_wkt = texts.str.match(r"\s*(SRID=\d+;)?(MULTI)?(POINT|POLYGON|LINESTRING)", case=False)
    wkt = is_wkt.to_numpy(dtype=bool)
    bare = texts[wkt].str.replace(r"^\s*SRID=\d+;", "", regex=True).to_numpy(dtype=object)
    geometry[wkt] = shapely.from_wkt(bare, on_invalid="ignore")
    matches = [_PAIR.fullmatch(unicodedata.normalize("NFKC", t)) for t in texts[~wkt]]
    xy = np.array(
        [[_degrees(m[1]), _degrees(m[2])] if m else [np.nan, np.nan] for m in matches]
    ).reshape(-1, 2)
    geometry[~wkt] = _points(xy)
    return geometry


def _points(xy: Coordinates) -> NDArray[Any]:
    geometry = np.full(len(xy), None, dtype=object)
    there = np.isfinite(xy).all(axis=1)
    geometry[there] = shapely.points(xy[there])
    return geometry


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    fast = pd.to_numeric(column, errors="coerce").to_numpy(float, copy=True, na_value=np.nan)
    for index in np.flatnonzero(np.isnan(fast)):
        fast[index] = _degrees(unicodedata.normalize("NFKC", str(column.iloc[index])))
    return fast


def _degrees(text: str) -> float:
    text = text.strip()
    if match := _SEXAGESIMAL.fullmatch(text):
        value = float(match["d"]) + float(match["m"] or 0) / 60 + float(match["s"] or 0) / 3600
        return -value if match["half"] in ("S", "W") else value
    try:
        return float(text)
    except ValueError:
        return float("nan")
