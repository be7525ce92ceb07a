"""The one function that says where something is: coordinates, codes, addresses, crossings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import shapely
from sqlalchemy import Connection, func, select

from gis import locate as ground
from gis import places
from gis.city import LANGUAGES, City
from gis.tables import building, zoning
from layers import search
from layers.locating import addresses, areas, names, notation, relations, roads, writing
from layers.locating.addresses import Found
from layers.locating.located import How, Located
from layers.locating.names import Asked, Name
from layers.locating.notation import ReadAs
from layers.locating.roads import Roads
from layers.locating.titles import titled
from layers.locating.writing import Written

LIMIT = 8
# What a place gains by being where somebody is, and how fast that fades.
_NEAR, _NEAR_M = 0.04, 800.0
# What a place loses that does not lie in the part of the city that was named.
_ELSEWHERE = 0.85
# Worse fits than this share of the best one are not told.
_WORTH = 0.6
_LEAST = 0.35
# Two places this alike cannot be told apart.
_AS_GOOD = 0.015
# A unit by a part of its name; a house number that nobody has.
_PART_OF_UNIT, _UNKNOWN_NUMBER, _UNKNOWN_BLOCK, _ANYWHERE = 0.75, 0.9, 0.75, 0.62
_DOUBTFUL = {ReadAs.MAYBE_GCJ02: 0.6, ReadAs.MAYBE_BD09: 0.5}
_CODE = re.compile(r"(?=.*\d)[\w.:/-]{2,40}", re.ASCII)
_HOUSE = re.compile(r"\d(?:号|栋|幢|座|单元|巷|弄|米)|[&/]")
_LONGEST_UNIT = 24
# Where web maps show places GCJ-02 or BD-09 away from where they are.
_SHIFTED_ZONES = frozenset(("Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Harbin"))
_DEGREE_M = 111_200.0


def locate(
    db: Connection,
    city: City,
    text: str,
    *,
    near: tuple[float, float] | None = None,
    limit: int = LIMIT,
) -> list[Located]:
    """Return the places that a text may mean, the best first; none if it means none.

    Only what lies open is looked at: buildings, facilities, streets, units; no person.

    Parameters
    ----------
    db
        Its city's index of names is filled: `layers.locating.index`.
    text
        Coordinates in any common notation, the code of a unit or a building, the name of a
        facility or an estate, a crossing of two roads, so many metres along a road from somewhere,
        or an address; with slips, in simplified or traditional characters, pinyin or initials.
    near
        Longitude and latitude of who asks: of places that fit alike the nearer comes first.
    """
    plain = writing.plain(text)
    root = places.root(db)
    if not writing.joined(plain) or root is None or root.bounds_4326 is None:
        return []
    is_shifted = city.timezone in _SHIFTED_ZONES
    read = notation.read(text, root.bounds_4326, city.metric_crs, is_shifted=is_shifted)
    if read:
        return _placed(db, [_of_coordinates(reading) for reading in read][:limit])
    asked = _Asked(db, city, plain)
    found = [*_codes(db, text), *asked.found()]
    found = _ranked(found, near, asked.area)[: 3 * limit]
    places_ = titled(db, found)
    # Of equal fits the one that says least besides: 安路2号8号楼 is no number 2 with an estate.
    size = len(writing.joined(plain))
    places_.sort(key=lambda place: (-_rounded(place, near), _longer(place, size)))
    once: dict[tuple[str, int | None, str, float], Located] = {}
    for place in places_:
        title = place.titles[LANGUAGES[0]] if place.id is None else ""
        spot = round(place.lon, 4) if place.id is None else 0.0
        once.setdefault((place.kind, place.id, title, spot), place)
    return _doubted(_placed(db, list(once.values())[:limit]))


class _Asked:
    """One text in plain form, and the names it may mean."""

    def __init__(self, db: Connection, city: City, plain: str) -> None:
        self._db = db
        self._plain = plain
        named = areas.named(db, plain)
        self.area = named.area
        self._rest = named.text
        self._roads = Roads(db, city, named.area)

    def found(self) -> Iterator[Found]:
        """Return all the places that the text may mean, in no order."""
        told = list(self._along())
        yield from told
        crossed = list(self._crossings(self._rest))
        yield from crossed
        if not told and not crossed:
            yield from self._address(self._rest)

    def _along(self) -> Iterator[Found]:
        for told in relations.along(self._plain):
            on, _ = self._road(told.road)
            if not on:
                continue
            starts = list(self._crossings(told.place))
            place, _ = self._road(told.place)
            starts += self._roads.crossings(on, place)
            if not starts:
                starts = list(self._address(told.place))
            starts.sort(key=lambda start: -start.score)
            for start in starts[:3]:
                yield from self._roads.along(on, start, told.metres, told.heading)

    def _crossings(self, text: str) -> Iterator[Found]:
        for told in relations.crossings(text):
            one, _ = self._road(told.one)
            other, _ = self._road(told.other)
            same = {road.title for road in one[:1]} & {road.title for road in other[:1]}
            met = list(self._roads.crossings(one, other))
            yield from met
            if same:
                yield from self._roads.middles(one[:1])
            elif not met and _is_sure(one) and _is_sure(other):
                yield from self._roads.nearest(one[0], other[0])
            elif not met and (_is_sure(one) or _is_sure(other)):
                # One of the two is known: better than nothing.
                for place in self._roads.middles((one if _is_sure(one) else other)[:1]):
                    yield replace(place, score=place.score * _ANYWHERE)

    def _road(self, text: str) -> tuple[list[roads.Road], Written]:
        written = writing.take_apart(areas.named(self._db, text).text)
        if not written.runs:
            return [], written
        run = written.runs[0]
        alike = names.names(self._db, [Asked(run.name)])[0]
        found = self._roads.of(alike, run.branch)
        # A much less likely name is no guess for a road that is there.
        best = found[0].name.likeness if found else 0.0
        return [road for road in found if road.name.likeness >= best - 0.1], written

    def _address(self, text: str) -> Iterator[Found]:
        written = writing.take_apart(text)
        wholes = {writing.joined(writing.trimmed(text))}
        if text == self._rest:
            # A part of the city may belong to the name of what stands there.
            wholes.add(writing.joined(writing.trimmed(self._plain)))
        runs = [Asked(run.name) for run in written.runs]
        asked = [*runs, *(Asked(whole, is_whole=True) for whole in sorted(wholes))]
        alike_names = names.names(self._db, asked)
        named, of_whole = alike_names[: len(runs)], _best_of(alike_names[len(runs) :])
        found = addresses.find(self._db, written, named, of_whole)
        yield from found
        best = max((place.score for place in found), default=0.0)
        has_number = bool(written.number is not None or written.bare or written.block)
        if not written.runs or (has_number and best >= addresses.SURE):
            return
        run, alike = written.runs[0], named[0]
        # Only a part of what was typed is made use of.
        counted = addresses.weights(written)
        share = (counted[0] / sum(counted)) * (_UNKNOWN_BLOCK if written.block else 1.0)
        for place in self._roads.numbers(alike, run.branch, written):
            yield replace(place, score=place.score * share * _UNKNOWN_NUMBER)
        for place in self._roads.middles(self._roads.of(alike, run.branch)[:3]):
            yield replace(place, score=place.score * share * (_ANYWHERE if has_number else 1.0))


def _best_of(some: Sequence[Sequence[Name]]) -> list[Name]:
    """Return names once, each as alike as it is to any of several texts."""
    best: dict[int, Name] = {}
    for name in (name for names_ in some for name in names_):
        if name.id not in best or best[name.id].likeness < name.likeness:
            best[name.id] = name
    return list(best.values())


def _is_sure(found: Sequence[roads.Road]) -> bool:
    """Whether a road is meant, not only called alike."""
    return bool(found) and found[0].name.likeness >= addresses.SURE


def _rounded(place: Located, near: tuple[float, float] | None) -> float:
    return round(place.score + _bonus(place, near), 2)


def _longer(place: Located, typed: int) -> int:
    return abs(len(place.titles[LANGUAGES[0]]) - typed)


def _bonus(place: Located | Found, near: tuple[float, float] | None) -> float:
    """Return what a place gains by being near."""
    if near is None:
        return 0.0
    return _NEAR * math.exp(-_apart(place.lon, place.lat, *near) / _NEAR_M)


def _of_coordinates(reading: notation.Reading) -> Located:
    title = f"{reading.lat:.6f}, {reading.lon:.6f}"
    return Located(
        How.COORDINATES,
        dict.fromkeys(LANGUAGES, title),
        reading.lon,
        reading.lat,
        _DOUBTFUL.get(reading.read_as, 1.0),
        reading.within_m,
        read_as=reading.read_as,
    )


def _codes(db: Connection, text: str) -> Iterator[Found]:
    """Return units by code or name, and buildings by code."""
    typed = text.strip()
    plain = writing.plain(typed)
    # No unit is called like a house; asking for one anyway would take half of the time.
    may_be_unit = len(plain) <= _LONGEST_UNIT and not _HOUSE.search(plain)
    for unit, is_exact in search.units(db, typed, 3) if may_be_unit else ():
        west, south, east, north = unit.bounds_4326
        far = max(_apart(unit.lon, unit.lat, x, y) for x in (west, east) for y in (south, north))
        score = 1.0 if is_exact else _PART_OF_UNIT
        yield Found(How.UNIT, unit.lon, unit.lat, score, far, "unit", unit.id)
    if _CODE.fullmatch(typed):
        c = building.c
        query = select(c.id, func.ST_X(c.centre), func.ST_Y(c.centre)).where(c.key == typed)
        for id_, lon, lat in db.execute(query):
            yield Found(How.CODE, lon, lat, 1.0, 25.0, "building", id_)


def _ranked(
    found: Iterable[Found],
    near: tuple[float, float] | None,
    area: Any,  # noqa: ANN401 - shapely
) -> list[Found]:
    """Return the best first; what fits far worse than the best is left out."""
    scored = []
    for place in found:
        score = place.score
        if area is not None and not shapely.intersects_xy(area, place.lon, place.lat):
            score *= _ELSEWHERE
        scored.append((score + _bonus(place, near), replace(place, score=min(score, 1.0))))
    # Of equal fits the more exact one, then the one with the smaller number.
    scored.sort(key=lambda one: (-one[0], one[1].within_m or 0.0, one[1].kind, one[1].id or 0))
    best = scored[0][1].score if scored else 0.0
    return [place for _, place in scored if place.score >= max(_LEAST, _WORTH * best)]


def _placed(db: Connection, found: Sequence[Located]) -> list[Located]:
    """Return places with the unit each lies in."""
    main = db.scalar(select(zoning.c.id).where(zoning.c.is_main))
    if main is None:
        return list(found)
    return [
        replace(place, unit_id=ground.unit_at(db, main, place.lon, place.lat)) for place in found
    ]


def _doubted(found: list[Located]) -> list[Located]:
    """Say of the first whether others fit as well."""
    if len(found) > 1 and found[0].score - found[1].score < _AS_GOOD:
        found[0] = replace(found[0], is_doubtful=True)
    return found


def _apart(lon: float, lat: float, x: float, y: float) -> float:
    """Return about how many metres lie between two places in EPSG:4326."""
    return math.hypot((x - lon) * math.cos(math.radians(lat)), y - lat) * _DEGREE_M
