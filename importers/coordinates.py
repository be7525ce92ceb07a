"""Where the rows of a file lie: coordinates of any kind made EPSG:4326, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from gis import crs_china
from gis.crs_china import Coordinates, Shifted
from gis.errors import FileError, SettingsError
from importers.values import Wrong
from layers.locating.notation import SHIFTED_AS, ReadAs

# Coordinates are kept to 1e-7°, about a centimetre, so that shared vertices are equal bit for bit.
DECIMALS = 7
# Coordinates are read in the way that puts most of them within this distance of the city.
_NEAR_DEGREES = 0.5
_MOST = 0.5
# A row farther away than this is a mistake, not a place outside the border.
FARTHEST_KM = 300.0
_KM_PER_DEGREE = 111.2

NOTHING = "there is no geometry and no coordinates"

Bounds = tuple[float, float, float, float]
"""West, south, east, north in EPSG:4326."""


@dataclass(frozen=True)
class Area:
    """Where rows are expected."""

    bounds_4326: Bounds
    metric_crs: str

    def near(self, lonlat: Coordinates) -> NDArray[np.bool_]:
        """Whether places lie in the city or close by."""
        west, south, east, north = self.bounds_4326
        lon, lat = lonlat[:, 0], lonlat[:, 1]
        pad = _NEAR_DEGREES
        inside: NDArray[np.bool_] = (lon > west - pad) & (lon < east + pad)
        return inside & (lat > south - pad) & (lat < north + pad)  # fmt: skip

    def distance_km(self, lonlat: Coordinates) -> NDArray[np.float64]:
        """Return about how far places are from the city's box; 0 inside it."""
        west, south, east, north = self.bounds_4326
        nearest = np.column_stack(
            (np.clip(lonlat[:, 0], west, east), np.clip(lonlat[:, 1], south, north))
        )
        lon1, lat1, lon2, lat2 = np.radians(np.column_stack((lonlat, nearest))).T
        half = np.sin((lat2 - lat1) / 2) ** 2
        half += np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
        angle = 2 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
        return np.asarray(np.degrees(angle) * _KM_PER_DEGREE, dtype=np.float64)


@dataclass(frozen=True)
class Placed:
    """Geometries in EPSG:4326, None where ``wrong`` says why."""

    geometry: NDArray[Any]
    wrong: Wrong
    notes: tuple[str, ...]
    # How the coordinates were read; None where there are none.
    read_as: ReadAs | None = None


@dataclass(frozen=True)
class _Reading:
    """One way to understand pairs of numbers as degrees."""

    says: str
    to_degrees: Callable[[Coordinates], Coordinates]
    read_as: ReadAs = ReadAs.DEGREES


def parse_crs(name: str) -> str:
    """Return ``name`` as pyproj or `crs_china` knows it; raise SettingsError for no such system."""
    plain_name = name.strip().casefold().replace("-", "")
    if plain_name in tuple(Shifted):
        return plain_name
    try:
        return str(CRS.from_user_input(name).to_string())
    except CRSError as error:
        raise SettingsError(
            f"No coordinate system is called {name!r}. Write for example EPSG:4326, EPSG:4547, "
            "gcj02 or bd09.",
            key="error.no_crs",
            crs=name,
        ) from error


def place(
    geometry: NDArray[Any], declared: str | None, area: Area, *, is_certain: bool = False
) -> Placed:
    """Return geometries in EPSG:4326 on the 1e-7° grid.

    Parameters
    ----------
    geometry
        Shapely geometries in the file's own coordinates; None where there is none.
    declared
        The coordinate system the file claims, a name or "gcj02" or "bd09"; None if it is silent.
    area
        Where the rows are expected. Files lie about their system; a claim that puts most rows far
        away gives way to another reading of the same numbers that puts them near.
    is_certain
        The user named the system: it is not doubted.

    Raises
    ------
    FileError
        No reading of the coordinates puts rows on the earth.
    """
    wrong: Wrong = {int(i): NOTHING for i in np.flatnonzero(_empty(geometry))}
    there = ~_empty(geometry)
    if not there.any():
        return Placed(np.full(len(geometry), None, dtype=object), wrong, ())
    first = _first_points(geometry[there])
    system, notes = (declared, ()) if is_certain else _understood(declared)
    reading, more = _choose(first, system, area, is_certain=is_certain)
    moved = np.full(len(geometry), None, dtype=object)
    # Coordinates that no formula can take would turn into warnings and NaN.
    moved[there] = shapely.transform(
        geometry[there], lambda xy: np.round(reading.to_degrees(xy), DECIMALS)
    )
    degrees = np.full((len(geometry), 2), np.nan)
    degrees[there] = _first_points(moved[there])
    for index in np.flatnonzero(there & ~_is_plausible(degrees, area)):
        wrong[int(index)] = _fault(degrees[index], area)
        moved[index] = None
    return Placed(moved, wrong, (*notes, *more), reading.read_as)


def _empty(geometry: NDArray[Any]) -> NDArray[np.bool_]:
    empty: NDArray[np.bool_] = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    return empty


def _first_points(geometry: NDArray[Any]) -> Coordinates:
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    return np.asarray(coordinates[np.searchsorted(owner, np.arange(len(geometry)))], dtype=float)


def _understood(declared: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Return the system a file claims under its short name; None where nobody knows it."""
    if declared is None or declared in tuple(Shifted):
        return declared, ()
    try:
        crs = CRS.from_user_input(declared)
    except CRSError:
        return None, (f"Nobody knows the coordinate system {declared!r} that the file names.",)
    authority = crs.to_authority()
    return ":".join(authority) if authority else declared, ()


def _choose(
    xy: Coordinates, declared: str | None, area: Area, *, is_certain: bool
) -> tuple[_Reading, tuple[str, ...]]:
    claimed = _reading(declared or "EPSG:4326", "")
    if _near_share(claimed, xy, area) >= _MOST:
        return claimed, ()
    others = [reading for reading in _readings(area) if _near_share(reading, xy, area) >= _MOST]
    if others and not is_certain:
        what = f"its coordinates are no {declared}" if declared else "they are no degrees"
        if declared and CRS.from_user_input(declared).is_geographic:
            what = f"as {declared} they lie elsewhere"
        return others[0], (f"Coordinates read as {others[0].says}: {what}.",)
    if not others and _on_earth(claimed, xy):
        return claimed, ()
    (west, south), (east, north) = np.nanmin(xy, axis=0), np.nanmax(xy, axis=0)
    hint = f" They would fit as {others[0].says}." if others else ""
    raise FileError(
        f"The coordinates (x {west:g} … {east:g}, y {south:g} … {north:g}) lie nowhere near the "
        f"city as {declared or 'degrees'}.{hint} Say with --crs which system they are in, "
        f"for example {area.metric_crs}, EPSG:4326, gcj02 or bd09.",
        key="error.coordinates_nowhere",
        x=f"{west:g} … {east:g}",
        y=f"{south:g} … {north:g}",
        crs=area.metric_crs,
    )


def _reading(name: str, says: str) -> _Reading:
    if name in tuple(Shifted):
        system = Shifted(name)
        return _Reading(says, lambda xy: crs_china.to_wgs84(xy, system), SHIFTED_AS[system])
    crs = CRS.from_user_input(name)
    if crs.equals(CRS.from_epsg(4326), ignore_axis_order=True):
        return _Reading(says, lambda xy: xy)
    # Official axis order of some systems is north first; files are x, y.
    transformer = Transformer.from_crs(crs, 4326, always_xy=True)
    return _Reading(
        says, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])),
        ReadAs.METRES if crs.is_projected else ReadAs.DEGREES,
    )  # fmt: skip


def _readings(area: Area) -> list[_Reading]:
    metric = _reading(area.metric_crs, f"{area.metric_crs} (metres)").to_degrees
    name = area.metric_crs
    return [
        _Reading("degrees", lambda xy: xy),
        _Reading("degrees with 360 added to the longitude", lambda xy: xy - (360.0, 0.0)),
        _Reading("degrees with latitude first", lambda xy: xy[:, ::-1]),
        _Reading(f"{name} (metres)", metric, ReadAs.METRES),
        _Reading(f"{name} with x to the north", lambda xy: metric(xy[:, ::-1]), ReadAs.METRES),
        _Reading(
            f"{name} with a zone number before x",
            lambda xy: metric(xy % (1_000_000, 10_000_000)),
            ReadAs.METRES,
        ),
        _Reading(
            f"{name} with x to the north and a zone number before y",
            lambda xy: metric(xy[:, ::-1] % (1_000_000, 10_000_000)),
            ReadAs.METRES,
        ),
    ]


def _near_share(reading: _Reading, xy: Coordinates, area: Area) -> float:
    return float(area.near(reading.to_degrees(xy)).mean())


def _on_earth(reading: _Reading, xy: Coordinates) -> bool:
    degrees = reading.to_degrees(xy)
    return bool(((np.abs(degrees[:, 0]) <= 180) & (np.abs(degrees[:, 1]) <= 90)).any())


def _is_plausible(degrees: Coordinates, area: Area) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        on_earth = (np.abs(degrees[:, 0]) <= 180) & (np.abs(degrees[:, 1]) <= 90)
        near: NDArray[np.bool_] = on_earth & (area.distance_km(degrees) <= FARTHEST_KM)
    return near


def _fault(degrees: Coordinates, area: Area) -> str:
    lon, lat = degrees
    if not np.isfinite(degrees).all():
        return "the coordinates are no numbers"
    if abs(lon) > 180 or abs(lat) > 90:
        return f"the coordinates ({lon:g}, {lat:g}) are no degrees"
    if area.near(degrees[None, ::-1])[0]:
        return f"longitude and latitude ({lon:g}, {lat:g}) are exchanged"
    far = area.distance_km(degrees[None, :])[0]
    return f"the place ({lon:g}, {lat:g}) is {far:,.0f} km away from the city"
