"""What is worth a remark about units being edited: as data, for people to read and act on.

Gaps, overlaps and orphans are not among them: `Division` takes none. A remark that is hard keeps
a change from being handed in; one that is soft needs a comment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import shapely

from gis.city import City, Zoning
from gis.division.cutting import Take
from gis.division.delta import EXCLUSIVE, Delta, Unit
from gis.division.division import Division, Operation
from gis.division.joining import Merge
from gis.division.rings import Rings, chain, edges, ordered, polygons, rings_of, shape
from gis.findings import Place
from gis.ruler import Ruler, places


class Rule(StrEnum):
    """What a remark is about."""

    OUTSIDE_PARENT = "outside_parent"
    """Ground would change sides across the border of a unit of a locked level."""
    IN_PIECES = "in_pieces"
    """A unit is not in one piece."""
    SLIVER = "sliver"
    """A unit, or a piece of one, is too small or too narrow to be meant."""
    TOO_SMALL = "too_small"
    """Fewer households than a unit of this level should have."""
    TOO_BIG = "too_big"
    """More households than a unit of this level should have."""
    BUILDING_CUT = "building_cut"
    """An edge runs through a building."""
    NOBODY = "nobody"
    """Nobody lives in a unit."""
    ENCLAVE = "enclave"
    """A unit lies wholly inside another."""
    CODE = "code"
    """A unit has no code, or one that its level or its parent does not allow."""
    NO_HEAD = "no_head"
    """A unit of a level that has heads has none."""


@dataclass(frozen=True)
class Remark:
    """One thing found: rule, units, place, size, and what would put it right."""

    rule: Rule
    units: tuple[int, ...]
    is_hard: bool
    place: Place | None = None
    # Square metres, or households where the rule is about their number.
    size: float | None = None
    remedy: Operation | None = None
    # Which one it is of several of one rule about the same units.
    ordinal: int = 0

    @property
    def key(self) -> str:
        """What it is answered by: the same for as long as the thing remarked on stays."""
        units = "_".join(map(str, self.units))
        return f"{self.rule}.{units}" + (f".{self.ordinal}" if self.ordinal else "")


@dataclass(frozen=True)
class Ground:
    """What lies on the units being checked, as far as it is known."""

    # By unit; of units left out nothing is said.
    households: Mapping[int, float] = field(default_factory=dict)
    people: Mapping[int, float] = field(default_factory=dict)
    # Footprints in grid steps.
    buildings: Sequence[shapely.Geometry] = ()
    # Units of levels that have heads, and have none.
    headless: Collection[int] = ()
    # Outlines of units above the faces that change.
    outlines: Mapping[int, Rings] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """The numbers of `city.toml` that checks go by; what is not given there is not checked.

    ``sliver_m2`` and ``sliver_m``; for a level of key ``grid``: ``grid_households_least`` and
    ``grid_households_most``; ``building_share`` is the part of a footprint that may lie over an
    edge before the building is cut, ``building_cut_is_hard`` (1 or 0) whether that is forbidden.
    """

    city: City
    zoning: Zoning
    # Levels whose borders may not change.
    locked_levels: frozenset[int] = frozenset()

    def limit(self, name: str) -> float | None:
        """Return a number of `city.toml`; None where it is not given."""
        return self.city.limits.get(name)


def check(
    division: Division, delta: Delta, rules: Rules, ground: Ground | None = None
) -> tuple[Remark, ...]:
    """Return what is worth a remark about the units of a change, hard ones first.

    Parameters
    ----------
    division
        After the change.
    delta
        Which units it concerns; what they were is compared for locked levels only.
    """
    ground = ground or Ground()
    here = sorted(n for n in delta.new if n in division.units)
    faces = [n for n in here if division.units[n].rings is not None]
    remarks = [
        *_outside(division, delta, rules),
        *(found for n in here for found in _codes(division, n, rules)),
        *(found for n in faces for found in _shape(division, n, rules)),
        *(found for n, rings in ground.outlines.items() for found in _apart(n, rings, rules)),
        *_cut(division, faces, rules, ground),
        *(
            found
            for n in _sized(division, here, ground)
            for found in _size(division, n, rules, ground)
        ),
        *(
            Remark(Rule.NO_HEAD, (n,), False, _place_of(division, n))
            for n in sorted(ground.headless)
            if n in division.units
        ),
    ]
    return tuple(_numbered(sorted(remarks, key=lambda remark: not remark.is_hard)))


def _numbered(remarks: Iterable[Remark]) -> Iterator[Remark]:
    """Tell remarks of one rule about the same units apart."""
    seen: dict[str, int] = {}
    for remark in remarks:
        count = seen[remark.key] = seen.get(remark.key, -1) + 1
        yield replace(remark, ordinal=count) if count else remark


def _sized(division: Division, here: Iterable[int], ground: Ground) -> list[int]:
    """Return the units whose numbers are looked at: those that change, and those around them."""
    known = {*ground.households, *ground.people}
    return sorted(n for n in {*here, *known} if n in division.units)


def _apart(number: int, rings: Rings, rules: Rules) -> Iterator[Remark]:
    """Say of a unit above the faces that it is not in one piece."""
    islands = [ordered(island) for island in polygons(rings)] if rings else []
    if len(islands) < 2:
        return
    areas = _ruler(rules).area_m2(np.array([shape(island) for island in islands], dtype=object))
    main = int(areas.argmax())
    for k, island in enumerate(islands):
        if k != main:
            yield Remark(Rule.IN_PIECES, (number,), False, _place(island), float(areas[k]))


def _outside(division: Division, delta: Delta, rules: Rules) -> Iterator[Remark]:
    """Compare the outlines of what changes, unit by unit of a locked level."""
    before = {**division.units, **delta.old}
    for n in delta.new.keys() - delta.old.keys():
        before.pop(n, None)
    for level in sorted(rules.locked_levels):
        was, now = (
            _by_ancestor(units, numbers, level)
            for units, numbers in ((before, delta.old), (division.units, delta.new))
        )
        for above in sorted(was.keys() | now.keys()):
            moved = chain(was.get(above, ())) ^ chain(now.get(above, ()))
            if moved:
                place = tuple(x / 1e7 for x in min(moved)[0])
                yield Remark(
                    Rule.OUTSIDE_PARENT, (above,), is_hard=True, place=(place[0], place[1])
                )
        for n in sorted(delta.old.keys() & delta.new.keys()):
            # What lies in a unit above the faces goes with it.
            sides = _ancestor(before, n, level), _ancestor(division.units, n, level)
            if division.units[n].rings is None and sides[0] != sides[1]:
                yield Remark(Rule.OUTSIDE_PARENT, (n, *sides), is_hard=True)


def _ancestor(units: Mapping[int, Unit], number: int, level: int) -> int:
    """Return the unit of a level, or the nearest wider one, that a unit lies in."""
    while units[number].level > level and (parent := units[number].parent) is not None:
        number = parent
    return number


def _by_ancestor(
    units: Mapping[int, Unit], numbers: Iterable[int], level: int
) -> dict[int, list[Rings]]:
    found: dict[int, list[Rings]] = {}
    for number in numbers:
        rings = units[number].rings
        if rings is not None:
            found.setdefault(_ancestor(units, number, level), []).append(rings)
    return found


def _codes(division: Division, number: int, rules: Rules) -> Iterator[Remark]:
    unit = division.units[number]
    patterns = {level.number: level.code_pattern for level in rules.zoning.levels}
    pattern = patterns.get(unit.level, "")
    parent = division.units[unit.parent].code if unit.parent is not None else ""
    follows = rules.city.codes_follow_parent and rules.zoning.is_main
    if (
        not unit.code
        or (pattern and not re.fullmatch(pattern, unit.code))
        or (follows and not unit.code.startswith(parent))
    ):
        place = _place(unit.rings) if unit.rings else None
        yield Remark(Rule.CODE, (number,), is_hard=True, place=place)


def _shape(division: Division, number: int, rules: Rules) -> Iterator[Remark]:
    """Look at a face's pieces one by one, and at what lies around it."""
    islands = [ordered(island) for island in polygons(division.face(number))]
    areas = _ruler(rules).area_m2(np.array([shape(island) for island in islands], dtype=object))
    main = int(areas.argmax())
    for k, island in enumerate(islands):
        neighbour = _longest_border(division, number, island)
        remedy: Operation | None = None
        if neighbour is not None and len(islands) > 1:
            remedy = Take(neighbour, island, [number])
        elif neighbour is not None:
            remedy = Merge([number, neighbour], neighbour)
        size = float(areas[k])
        if _is_sliver(island, size, rules):
            yield Remark(Rule.SLIVER, (number,), True, _place(island), size, remedy)
        elif k != main:
            yield Remark(Rule.IN_PIECES, (number,), True, _place(island), size, remedy)
    around = {division.left_of(b, a) for a, b in edges(division.face(number))} - {number}
    if len(around) == 1 and (outer := next(iter(around))) is not None:
        remedy = Merge([number, outer], outer)
        size, place = float(areas.sum()), _place(islands[main])
        yield Remark(Rule.ENCLAVE, (number, outer), False, place, size, remedy)


def _is_sliver(island: Rings, area_m2: float, rules: Rules) -> bool:
    least_m2, least_m = rules.limit("sliver_m2"), rules.limit("sliver_m")
    if least_m2 is not None and area_m2 < least_m2:
        return True
    return least_m is not None and bool(
        Ruler(rules.city.metric_crs, least_m).is_narrow(np.array([shape(island)]))[0]
    )


def _longest_border(division: Division, number: int, island: Rings) -> int | None:
    length: dict[int, float] = {}
    for a, b in edges(island):
        other = division.left_of(b, a)
        if other is not None and other != number:
            length[other] = length.get(other, 0.0) + float(np.hypot(a[0] - b[0], a[1] - b[1]))
    return max(length, key=lambda n: (length[n], -n), default=None)


def _cut(
    division: Division, faces: Sequence[int], rules: Rules, ground: Ground
) -> Iterator[Remark]:
    share = rules.limit("building_share")
    if share is None or not ground.buildings or not faces:
        return
    is_hard = bool(rules.limit("building_cut_is_hard"))
    for building, common in _over_edges(division, faces, ground.buildings):
        cut = sorted(n for n, area in common.items() if area > share * building.area)
        if len(cut) > 1 and set(cut) & set(faces):
            owner = max(cut, key=lambda n: common[n])
            remedy = Take(owner, rings_of(building), [n for n in cut if n != owner])
            over = building.area - common[owner]
            size = float(_ruler(rules).area_m2(np.array([building]))[0]) * over / building.area
            place = places(np.array([building]))[0]
            yield Remark(Rule.BUILDING_CUT, tuple(cut), is_hard, place, size, remedy)


def _over_edges(
    division: Division, faces: Sequence[int], buildings: Sequence[shapely.Geometry]
) -> Iterator[tuple[shapely.Geometry, dict[int, float]]]:
    """Yield the buildings that the outlines of faces run through, and their area by face."""
    tree = shapely.STRtree(list(buildings))
    lines = np.array([shapely.boundary(shape(division.face(n))) for n in faces], dtype=object)
    crossed: list[int] = np.unique(tree.query(lines, predicate="intersects")[1]).tolist()
    for k in crossed:
        building = buildings[k]
        west, south, east, north = map(int, building.bounds)
        near = division.near(west, south, east, north)
        yield building, {n: building.intersection(shape(division.face(n))).area for n in near}


def _size(division: Division, number: int, rules: Rules, ground: Ground) -> Iterator[Remark]:
    unit = division.units[number]
    place = _place_of(division, number)
    keys = {level.number: level.key for level in rules.zoning.levels}
    least, most = (
        rules.limit(f"{keys.get(unit.level)}_households_{end}") for end in ("least", "most")
    )
    households = ground.households.get(number)
    # Nobody is meant to live in a mall, a park or a school.
    is_lived_in = unit.kind != EXCLUSIVE
    if is_lived_in and households is not None and least is not None and households < least:
        yield Remark(Rule.TOO_SMALL, (number,), False, place, households)
    if households is not None and most is not None and households > most:
        yield Remark(Rule.TOO_BIG, (number,), False, place, households)
    if is_lived_in and ground.people.get(number) == 0:
        yield Remark(Rule.NOBODY, (number,), False, place)


def _ruler(rules: Rules) -> Ruler:
    return Ruler(rules.city.metric_crs, rules.city.tolerance_m)


def _place_of(division: Division, number: int) -> Place | None:
    rings = division.units[number].rings
    return _place(rings) if rings else None


def _place(rings: Rings) -> Place:
    return places(np.array([shape(rings)], dtype=object))[0]
