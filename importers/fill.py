"""What a table needs beside what a file says: agreed words, areas, lengths, points inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from importers import fields
from importers.coordinates import Area
from importers.fitting import point_inside
from importers.sources import Footprints
from layers.layer import Layer

Geometries = NDArray[Any]

# What goes where, unless the file says more.
_WALKED = ("primary", "secondary", "tertiary", "residential", "service", "path")
_DRIVEN = ("motorway", "trunk", "primary", "secondary", "tertiary", "residential", "service")
# Derived column → the columns it is derived from; none: from the place alone.
_FOLLOWS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "estates": {"centre": frozenset()},
    "buildings": {"centre": frozenset(), "floor_area_m2": frozenset(("floors", "height_m"))},
    "roads": {
        "length_m": frozenset(),
        "walk": frozenset(("kind",)),
        "drive": frozenset(("kind",)),
    },
}
_CONSTANTS: Mapping[str, Mapping[str, Any]] = {
    "people": {"count": 1, "sex": "unknown", "residence": "unknown", "care": 0},
    "households": {"count": 1, "tenure": "unknown"},
    "estates": {"kind": "mixed"},
    "buildings": {"use": "unknown", "source": ""},
    "facilities": {"kind": "other", "state": "open", "name": ""},
    "incidents": {"severity": "ordinary", "stage": "report", "source": "other", "returned": 0},
    "roads": {"oneway": False, "passes": False},
    "barriers": {"kind": "wall"},
    "water": {"kind": "lake"},
    "green": {"kind": "grass"},
}


def fill(
    layer: Layer, frame: pd.DataFrame, geometry: Geometries, area: Area, footprints: Footprints
) -> pd.DataFrame:
    """Return the frame with every column a table must have.

    Parameters
    ----------
    layer
        Whose table.
    frame
        Columns of the table as far as the file has them; None where it is silent.
    geometry
        One for each row, in EPSG:4326, of the kind the table holds.
    area
        Gives the metric CRS.
    footprints
        How floor area is estimated.
    """
    filled = frame.copy()
    for name, value in _CONSTANTS.get(layer.id, {}).items():
        agreed = fields.default(layer, name)
        _default(filled, name, value if agreed is None else agreed)
    derive = _DERIVED.get(layer.id)
    if derive:
        derive(filled, geometry, area, footprints)
    return filled


def following(layer: Layer, given: frozenset[str]) -> tuple[str, ...]:
    """Return the derived columns that change when a file changes a row's place or ``given``."""
    return tuple(
        name
        for name, sources in _FOLLOWS.get(layer.id, {}).items()
        if name not in given and (not sources or not given.isdisjoint(sources))
    )


def _default(frame: pd.DataFrame, name: str, value: Any) -> None:  # noqa: ANN401
    if name not in frame:
        frame[name] = pd.Series([value] * len(frame), index=frame.index, dtype="object")
        return
    there = frame[name].notna()
    if not there.all():
        frame[name] = frame[name].astype("object").where(there, value)


def metric(geometry: Geometries, area: Area) -> Geometries:
    """Return geometries in the city's metric CRS."""
    transformer = Transformer.from_crs(4326, area.metric_crs, always_xy=True)
    return np.asarray(
        shapely.transform(
            geometry, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
        )
    )


def _buildings(
    frame: pd.DataFrame, geometry: Geometries, area: Area, footprints: Footprints
) -> None:
    frame["centre"] = point_inside(geometry)
    ground_m2 = shapely.area(metric(geometry, area))
    floors = known_floors(frame, footprints)
    if "floors" in frame or "height_m" in frame:
        frame["floors"] = floors.astype("Int64")
    estimated = np.rint(ground_m2 * floors.fillna(footprints.floors_when_unknown).to_numpy())
    given = frame.get("floor_area_m2", pd.Series(np.nan, index=frame.index))
    given = pd.to_numeric(given, errors="coerce").astype("float64")
    frame["floor_area_m2"] = given.where(given.notna(), estimated).round().astype("int64")


def known_floors(frame: pd.DataFrame, footprints: Footprints) -> pd.Series[Any]:
    """Return the floors a building has, by its height where it has no floors; NaN unknown."""
    empty = pd.Series(np.nan, index=frame.index)
    floors = pd.to_numeric(frame.get("floors", empty), errors="coerce").astype("float64")
    height = pd.to_numeric(frame.get("height_m", empty), errors="coerce").astype("float64")
    by_height = (height / footprints.storey_height_m).round().clip(lower=1)
    return floors.where(floors.notna(), by_height)


def _estates(frame: pd.DataFrame, geometry: Geometries, *_: object) -> None:
    frame["centre"] = point_inside(geometry)


def _roads(frame: pd.DataFrame, geometry: Geometries, area: Area, _: Footprints) -> None:
    length = pd.Series(shapely.length(metric(geometry, area)), index=frame.index)
    given = pd.to_numeric(frame.get("length_m", length), errors="coerce")
    frame["length_m"] = given.where(given.notna(), length)
    for name, kinds in (("walk", _WALKED), ("drive", _DRIVEN)):
        kind = frame.get("kind", pd.Series(None, index=frame.index, dtype="object"))
        by_kind = kind.isin(kinds)
        given = frame.get(name, by_kind)
        frame[name] = given.where(given.notna(), by_kind).astype(bool)


_DERIVED: Mapping[str, Callable[[pd.DataFrame, Geometries, Area, Footprints], None]] = {
    "buildings": _buildings,
    "estates": _estates,
    "roads": _roads,
}
