"""The impact sheet 调整影响表: who and what changes hands by a change of boundaries, for a viewer.

Told from today's rows before anything takes effect. Numbers of persons are exact where the viewer
holds the rows on both sides, and totals by the release, rounded to ten, elsewhere; who is in care
is counted where he may see it, and never leaves the screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import shapely
from sqlalchemy import Connection

from gis.access.viewer import Viewer
from gis.division.delta import Delta, Unit
from layers import impact_lists, impact_persons, selection, statistics
from layers.handed_over import HandedOver, Step, Way, handed_over
from layers.impact_lists import Building, Estate, Facility, Incident, Lists, Official
from layers.impact_persons import NONE_TOLD, Persons, Told, holds, rounded
from layers.layer import Names

OPEN = "incidents.status.open"
_MEASURES = (
    "buildings", "buildings.floor_area_m2", "facilities", OPEN, "households",
    "people",
)  # fmt: skip
_PERSONAL = ("households", "people")


class Fate(StrEnum):
    """What becomes of a unit."""

    CREATED = "created"
    RETIRED = "retired"
    RENAMED = "renamed"
    RECODED = "recoded"
    MOVED = "moved"
    """It gets another parent."""
    REDRAWN = "redrawn"


@dataclass(frozen=True)
class Numbers:
    """What is counted on both sides; None: not told to the viewer."""

    area_m2: float
    buildings: int
    floor_area_m2: int
    facilities: int
    open_incidents: int
    households: int | None
    people: int | None
    # Otherwise households and people are rounded to ten.
    is_exact: bool = True

    def __add__(self, other: Numbers) -> Numbers:
        return self._with(other, 1)

    def __sub__(self, other: Numbers) -> Numbers:
        return self._with(other, -1)

    def rough(self) -> Numbers:
        """Return the same with persons rounded, as those that are added to it are."""
        return replace(self, is_exact=False)._with(NOTHING, 1)

    def _with(self, other: Numbers, times: int) -> Numbers:
        is_exact = self.is_exact and other.is_exact
        sums: dict[str, Any] = {}
        for each in fields(self)[:-1]:
            one, more = getattr(self, each.name), getattr(other, each.name)
            total = None if one is None or more is None else one + times * more
            if total is not None and each.name in _PERSONAL and not is_exact:
                total = rounded(total)
            sums[each.name] = total
        return Numbers(**sums, is_exact=is_exact)


NOTHING = Numbers(0.0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Party:
    """A unit as the sheet names it; new ones of a draft have negative ids."""

    id: int
    level: int
    code: str
    names: Names
    kind: str


@dataclass(frozen=True)
class Pair:
    """What goes from one unit to another of a level."""

    step: Step
    numbers: Numbers
    # None where the viewer does not hold both sides.
    persons: Persons | None


@dataclass(frozen=True)
class Line:
    """A unit concerned: what it was and becomes (None: is not there), and its numbers."""

    id: int
    level: int
    fates: tuple[Fate, ...]
    was: Party | None
    becomes: Party | None
    parent_was: Party | None
    parent_becomes: Party | None
    before: Numbers | None
    after: Numbers | None
    gains: Numbers
    loses: Numbers


@dataclass(frozen=True)
class ImpactSheet:
    """Who and what changes hands, and the units concerned; widest level first."""

    zoning_id: int
    parties: Mapping[int, Party]
    lines: tuple[Line, ...]
    pairs: tuple[Pair, ...]
    buildings: tuple[Building, ...]
    estates: tuple[Estate, ...]
    facilities: tuple[Facility, ...]
    # Those the viewer may see; so many more go with units as a whole.
    incidents: tuple[Incident, ...]
    hidden_incidents: int
    officials: tuple[Official, ...]
    # Ground that changes hands, by the finest units it goes from and to.
    moved_4326: tuple[tuple[Step, shapely.Geometry], ...]

    def at(self, level: int) -> tuple[Pair, ...]:
        """Return the pairs of a level."""
        return tuple(pair for pair in self.pairs if pair.step.level == level)


def sheet(db: Connection, viewer: Viewer, delta: Delta) -> ImpactSheet:
    """Return the impact sheet of a change of today's units.

    Parameters
    ----------
    db
        Acting for the viewer.
    delta
        As a draft has it: new units with negative numbers, or all of them numbered.

    Raises
    ------
    BoundaryError
        If the units are not any more what the change began with.
    """
    moving = handed_over(db, delta)
    lists = impact_lists.read(db, moving)
    persons = impact_persons.read(db, viewer, moving, lists.buildings)
    hidden = _hidden(db, moving, lists)
    ways = _ways(moving, lists, persons, hidden)
    pairs = _pairs(moving, ways, persons)
    numbers = sorted({*delta.units, *(n for p in pairs for n in (p.step.giver, p.step.taker))})
    numbers = [n for n in numbers if _is_concerned(moving, n, pairs)]
    lines = sorted(
        (_line(db, viewer, moving, number, pairs) for number in numbers),
        key=lambda line: (line.level, (line.was or line.becomes or _NOBODY).code),
    )
    parties = {n: _party(n, unit) for n, unit in {**moving.before, **moving.after}.items()}
    return ImpactSheet(
        zoning_id=moving.zoning_id,
        parties=parties,
        lines=tuple(lines),
        pairs=pairs,
        buildings=impact_persons.with_households(lists.buildings, persons),
        estates=lists.estates,
        facilities=lists.facilities,
        incidents=lists.incidents,
        hidden_incidents=sum(hidden.values()),
        officials=impact_lists.officials(db, viewer, numbers),
        moved_4326=tuple((moving.steps(p.way)[-1], p.shape_4326) for p in moving.pieces),
    )


def _is_concerned(moving: HandedOver, number: int, pairs: Iterable[Pair]) -> bool:
    is_party = any(number in (pair.step.giver, pair.step.taker) for pair in pairs)
    return is_party or any(True for _ in _fates(moving, number))


def _hidden(db: Connection, moving: HandedOver, lists: Lists) -> dict[Way, int]:
    """Return how many open incidents go with units as a whole and are not the viewer's to see.

    Units' numbers are everybody's. Of a part of a unit nobody is told: it would say where they are.
    """
    seen = Counter(each.way for each in lists.incidents)
    found = {}
    for way in moving.ways:
        if moving.is_whole(way):
            [there] = statistics.numbers(db, way[0], [OPEN]).values()
            if (there or 0) > seen[way]:
                found[way] = (there or 0) - seen[way]
    return found


def _ways(
    moving: HandedOver, lists: Lists, persons: Mapping[Way, Told], hidden: Mapping[Way, int]
) -> dict[Way, Numbers]:
    """Return what goes each way."""
    area_m2: dict[Way, float] = {}
    for piece in moving.pieces:
        area_m2[piece.way] = area_m2.get(piece.way, 0.0) + piece.area_m2
    buildings = Counter(each.way for each in lists.buildings)
    floors_m2: Counter[Way] = Counter()
    for each in lists.buildings:
        floors_m2[each.way] += each.floor_area_m2
    facilities = Counter(each.way for each in lists.facilities)
    incidents = Counter(each.way for each in lists.incidents)
    result = {}
    for way in sorted({*area_m2, *buildings, *facilities, *incidents, *persons, *hidden}):
        told = persons.get(way, NONE_TOLD)
        result[way] = Numbers(
            area_m2.get(way, 0.0),
            buildings[way],
            floors_m2[way],
            facilities[way],
            incidents[way] + hidden.get(way, 0),
            told.households,
            told.people,
            told.is_exact,
        )
    return result


_NOBODY = Party(0, 0, "", {}, "")


def _pairs(
    moving: HandedOver, ways: Mapping[Way, Numbers], persons: Mapping[Way, Told]
) -> tuple[Pair, ...]:
    by_step: dict[Step, list[Way]] = {}
    for way in ways:
        for step in moving.steps(way):
            by_step.setdefault(step, []).append(way)
    pairs = []
    for step, mine in by_step.items():
        told = [persons[way].persons for way in mine if way in persons]
        known = [each for each in told if each is not None]
        pairs.append(
            Pair(
                step,
                total(ways[way] for way in mine),
                impact_persons.total(known) if len(known) == len(told) else None,
            )
        )
    codes = {n: unit.code for n, unit in {**moving.before, **moving.after}.items()}
    key = {p.step: (p.step.level, codes[p.step.giver], codes[p.step.taker]) for p in pairs}
    return tuple(sorted(pairs, key=lambda pair: key[pair.step]))


def total(numbers: Iterable[Numbers]) -> Numbers:
    """Return the sum of numbers."""
    return sum(numbers, NOTHING)


def _line(
    db: Connection, viewer: Viewer, moving: HandedOver, number: int, pairs: tuple[Pair, ...]
) -> Line:
    was, becomes = moving.before.get(number), moving.after.get(number)
    gains = total(p.numbers for p in pairs if p.step.taker == number)
    loses = total(p.numbers for p in pairs if p.step.giver == number)
    before = _numbers(db, viewer, number) if was else None
    if before is not None and not (gains - loses).is_exact:
        # An exact number beside a rounded one would tell of a change that there is not.
        before = before.rough()
    after = None
    if becomes:
        after = (before or NOTHING) + gains - loses
    return Line(
        number,
        (was or becomes or Unit(0, None, "")).level,
        tuple(_fates(moving, number)),
        _party(number, was) if was else None,
        _party(number, becomes) if becomes else None,
        _parent(moving.before, was),
        _parent(moving.after, becomes),
        before,
        after,
        gains,
        loses,
    )


def _numbers(db: Connection, viewer: Viewer, number: int) -> Numbers:
    """Return what is stored of a unit, or released where it is not the viewer's own."""
    found = statistics.numbers(db, number, _MEASURES)
    return Numbers(
        area_m2=selection.version(db, number).area_m2 or 0.0,
        buildings=found["buildings"] or 0,
        floor_area_m2=found["buildings.floor_area_m2"] or 0,
        facilities=found["facilities"] or 0,
        open_incidents=found[OPEN] or 0,
        households=found["households"],
        people=found["people"],
        is_exact=holds(viewer.units, number),
    )


def _fates(moving: HandedOver, number: int) -> Iterable[Fate]:
    old, new = moving.delta.old.get(number), moving.delta.new.get(number)
    if old is None or new is None:
        if new is not None:
            yield Fate.CREATED
        elif old is not None:
            yield Fate.RETIRED
        return
    if old.code != new.code:
        yield Fate.RECODED
    if dict(old.names) != dict(new.names):
        yield Fate.RENAMED
    if old.parent != new.parent:
        yield Fate.MOVED
    # A vertex more on an edge that others move is no other area.
    if any(number in p.way and p.way[0] != p.way[1] for p in moving.pieces):
        yield Fate.REDRAWN


def _party(number: int, unit: Unit) -> Party:
    return Party(number, unit.level, unit.code, unit.names, unit.kind)


def _parent(units: Mapping[int, Unit], unit: Unit | None) -> Party | None:
    if unit is None or unit.parent is None:
        return None
    return _party(unit.parent, units[unit.parent])
