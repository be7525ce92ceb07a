"""Coordinate systems that layers are taken out in."""

from __future__ import annotations

from dataclasses import dataclass

from pyproj import CRS
from pyproj.exceptions import CRSError

from dashboard.text import Say
from gis.city import City
from gis.errors import CityGridError

CGCS2000, WGS84 = "4490", "4326"
# Zones of three degrees around the meridians from 75 to 135 degrees east: EPSG:4534 to EPSG:4554.
_FIRST_ZONE, _FIRST_MERIDIAN, _LAST_MERIDIAN = 4534, 75, 135


@dataclass(frozen=True)
class System:
    """A system that is offered."""

    # Of EPSG.
    code: str
    name: str


def offered(city: City, say: Say) -> tuple[System, ...]:
    """Return the systems most people take: CGCS2000, its zone in metres, WGS 84, the city's."""
    found = [System(CGCS2000, "CGCS2000")]
    if (zone := _zone(city)) is not None:
        code, meridian = zone
        found.append(System(code, say("cover_out.zone", meridian=meridian)))
    found.append(System(WGS84, "WGS 84"))
    own = city.metric_crs.rpartition(":")[2]
    if own not in {each.code for each in found}:
        found.append(System(own, say("cover_out.own_system")))
    return tuple(found)


def _zone(city: City) -> tuple[str, int] | None:
    """Return the 3-degree zone of CGCS2000 a city lies in; None where there is none."""
    meridian = 3 * round(city.centre_4326[0] / 3)
    if not _FIRST_MERIDIAN <= meridian <= _LAST_MERIDIAN:
        return None
    return str(_FIRST_ZONE + (meridian - _FIRST_MERIDIAN) // 3), meridian


def crs_of(said: str, metric_crs: str) -> CRS:
    """Return the system that is meant by an EPSG code, or by "metric" for the city's own.

    Raises
    ------
    CityGridError
        There is none of that code, or it is none for maps: of heights, of the centre of the earth.
    """
    code = metric_crs if said == "metric" else f"EPSG:{said.upper().removeprefix('EPSG:').strip()}"
    try:
        found = CRS.from_user_input(code)
    except CRSError as error:
        raise _none(said) from error
    if len(found.axis_info) != 2 or not (found.is_geographic or found.is_projected):
        raise _none(said)
    return found


def _none(said: str) -> CityGridError:
    return CityGridError(
        f"There is no coordinate system for maps that is EPSG:{said}; CGCS2000 is 4490.",
        key="cover_out.no_crs", crs=said,
    )  # fmt: skip
