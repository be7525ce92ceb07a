"""Coordinates as people write and paste them, read as degrees."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gis.crs_china import Shifted, to_wgs84
from gis.projecting import between

# A pair of plain numbers is a place when it has so many decimals; "6 2" is a building and a door.
_LEAST_DECIMALS = 3
# A pair of numbers beyond this is in metres.
_LARGEST_DEGREES = 360.0
Bounds = tuple[float, float, float, float]


class ReadAs(StrEnum):
    """How a pair of numbers was understood."""

    DEGREES = "degrees"
    # With minutes, and perhaps seconds.
    MINUTES = "minutes"
    METRES = "metres"
    GCJ02 = "gcj02"
    BD09 = "bd09"
    # Nobody said so: as if it came from a web map.
    MAYBE_GCJ02 = "maybe_gcj02"
    MAYBE_BD09 = "maybe_bd09"


@dataclass(frozen=True)
class Reading:
    """One way to read a text as a place in EPSG:4326."""

    lon: float
    lat: float
    read_as: ReadAs
    # How far the last digit that was written reaches.
    within_m: float


# Who shifts coordinates, by what a text says of them or by the address they were copied from.
_SHIFTERS = (
    (Shifted.BD09, re.compile(r"bd-?09|baidu|百度")),
    (Shifted.GCJ02, re.compile(r"gcj-?02|amap|autonavi|高德|map\.qq\.com|腾讯|火星")),
)
SHIFTED_AS = {Shifted.GCJ02: ReadAs.GCJ02, Shifted.BD09: ReadAs.BD09}
_MAYBE = {Shifted.GCJ02: ReadAs.MAYBE_GCJ02, Shifted.BD09: ReadAs.MAYBE_BD09}
_HALVES = (
    (re.compile(r"东经|東經|\beast\b"), " e "),
    (re.compile(r"西经|西經|\bwest\b"), " w "),
    (re.compile(r"北纬|北緯|\bnorth\b"), " n "),
    (re.compile(r"南纬|南緯|\bsouth\b"), " s "),
    (re.compile(r"经度|經度|\b(?:longitude|long|lng|lon)\b\s*[:=]?"), " x "),
    (re.compile(r"纬度|緯度|\b(?:latitude|lat)\b\s*[:=]?"), " y "),
)
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_ANGLE = re.compile(
    rf"(?P<before>[nsewxy])?\s*[:=]?\s*(?P<d>{_NUMBER})\s*"
    r"(?:[°º度d:]\s*(?:(?P<m>\d+(?:\.\d+)?)\s*['′’分m:]?\s*"
    r"(?:(?P<s>\d+(?:\.\d+)?)\s*(?:\"|″|”|''|′′|秒|s(?![a-z]))?)?)?)?"
    r"\s*(?P<after>[nsew](?![a-z0-9.]))?"
)
_MARK = re.compile(r"\d\s*[°º度d]")
_SPACED = re.compile(r"(\d+)\s+(\d+)\s+(\d+(?:\.\d+)?)\s*([nsew])\b")
_PLAIN = re.compile(rf"(?P<x>{_NUMBER})[\s,;/|]+(?P<y>{_NUMBER})")
_URL = re.compile(r"^(?:https?://|geo:)\S+$")
_NORTH, _EAST = frozenset("nsy"), frozenset("ewx")
# What may stand around coordinates.
_NOISE = re.compile(r"坐标|座標|位置|经纬|gps|wgs-?84|point|[()\[\]{}<>:,;=&|，、。]|\s")


def read(text: str, bounds_4326: Bounds, metric_crs: str, *, is_shifted: bool) -> list[Reading]:
    """Return what a text means as coordinates, the likeliest first; nothing if it has none.

    Parameters
    ----------
    text
        "121.5,25.03" in either order, degrees with minutes and seconds, Chinese words, full-width
        digits, metres of the city's own system, an address copied from a web map.
    bounds_4326
        The city's box: of two orders the one nearer to it is meant.
    metric_crs
        What metres are read in.
    is_shifted
        Web maps of the country show places GCJ-02 or BD-09 away from where they are: then plain
        degrees are also read as if they had come from one.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    shifter = next((system for system, said in _SHIFTERS if said.search(plain)), None)
    for _, said in _SHIFTERS:
        plain = plain if _URL.match(plain) else said.sub(" ", plain)
    found = _degrees(plain, bounds_4326) or _metres(plain, bounds_4326, metric_crs)
    if found is None:
        return []
    lon, lat, read_as, within_m = found
    if read_as is ReadAs.METRES:
        return [Reading(lon, lat, read_as, within_m)]
    if shifter is not None:
        return [_unshifted(lon, lat, shifter, SHIFTED_AS[shifter], within_m)]
    readings = [Reading(lon, lat, read_as, within_m)]
    if is_shifted:
        readings += [_unshifted(lon, lat, s, _MAYBE[s], within_m) for s in Shifted]
    return readings


def _unshifted(lon: float, lat: float, system: Shifted, as_: ReadAs, within_m: float) -> Reading:
    x, y = to_wgs84(np.array([[lon, lat]]), system)[0]
    return Reading(round(float(x), 7), round(float(y), 7), as_, within_m)


def _degrees(plain: str, bounds: Bounds) -> _Found | None:
    for pair in _pairs(plain):
        (first, one, fine_one, has_one), (second, two, fine_two, has_two) = pair
        within_m = max(fine_one, fine_two) * 111_200
        if first == "lat" or second == "lon":
            one, two = two, one
        elif not first and not second:
            one, two = _ordered(one, two, bounds)
        if abs(one) <= 180 and abs(two) <= 90:
            return one, two, ReadAs.MINUTES if has_one or has_two else ReadAs.DEGREES, within_m
    return None


# Longitude, latitude, how they were read, and how far the last digit reaches.
_Found = tuple[float, float, ReadAs, float]
# Which of both it is, its degrees, how far its last digit reaches, whether it has minutes.
_Angle = tuple[str, float, float, bool]


def _pairs(plain: str) -> Iterator[tuple[_Angle, _Angle]]:
    if _URL.match(plain):
        # Of an address, the first pair of numbers with decimals.
        for match in re.finditer(rf"(?<![\d.])({_NUMBER})(?=(?:,|%2c|/)({_NUMBER}))", plain):
            if _decimals(match[1]) >= 3 and _decimals(match[2]) >= 3:
                yield _bare(match[1]), _bare(match[2])
        return
    for pattern, short in _HALVES:
        plain = pattern.sub(short, plain)
    plain = _SPACED.sub(r"\1°\2′\3″\4", plain)
    left = _NOISE.sub("", _ANGLE.sub("", plain))
    angles = [match for match in _ANGLE.finditer(plain) if match["d"]]
    if left or len(angles) != 2:
        return
    is_marked = all(m["before"] or m["after"] or _MARK.search(m[0]) for m in angles)
    decimals = [_decimals(match["d"]) for match in angles]
    if is_marked or (min(decimals) > 0 and sum(decimals) >= _LEAST_DECIMALS):
        yield _angle(angles[0]), _angle(angles[1])


def _bare(number: str) -> _Angle:
    return "", float(number), 0.5 * 10.0 ** -_decimals(number), False


def _angle(match: re.Match[str]) -> _Angle:
    letter = match["before"] or match["after"] or ""
    which = "lat" if letter in _NORTH and letter else "lon" if letter in _EAST and letter else ""
    value = abs(float(match["d"]))
    finest, unit = match["d"], 1.0
    for part, share in (("m", 60.0), ("s", 3600.0)):
        if match[part]:
            value += float(match[part]) / share
            finest, unit = match[part], share
    is_negative = match["d"].startswith("-") or letter in ("s", "w")
    reaches = 0.5 * 10.0 ** -_decimals(finest) / unit
    return which, -value if is_negative else value, reaches, match["m"] is not None


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def _ordered(one: float, two: float, bounds: Bounds) -> tuple[float, float]:
    """Return longitude and latitude of two numbers of which nobody said which is which."""
    if abs(one) > 90:
        return one, two
    if abs(two) > 90:
        return two, one
    return min(((one, two), (two, one)), key=lambda pair: _away(pair, bounds))


def _away(place: tuple[float, float], bounds: Bounds) -> float:
    lon, lat = place
    west, south, east, north = bounds
    return max(west - lon, lon - east, 0.0) + max(south - lat, lat - north, 0.0)


def _metres(plain: str, bounds: Bounds, metric_crs: str) -> _Found | None:
    match = _PLAIN.fullmatch(_NOISE_AROUND.sub("", plain).strip(" ,;xy:="))
    if match is None:
        return None
    one, two = float(match["x"]), float(match["y"])
    if min(abs(one), abs(two)) <= _LARGEST_DEGREES:
        return None
    back = between(metric_crs, 4326)
    places = [back.transform(x, y) for x, y in ((one, two), (two, one))]
    places = [place for place in places if np.isfinite(place).all()]
    if not places:
        return None
    lon, lat = min(places, key=lambda place: _away(place, bounds))
    # Metres of another place's system would lie anywhere: they are read only near the city.
    if _away((lon, lat), bounds) > 1.0:
        return None
    within_m = 0.5 * 10.0 ** -min(_decimals(match["x"]), _decimals(match["y"]))
    return round(lon, 7), round(lat, 7), ReadAs.METRES, within_m


_NOISE_AROUND = re.compile(r"坐标|座標|twd97|cgcs2000|[()\[\]]")
