"""What a change of boundaries does to numbers: before and after, for each unit that gains or loses.

**Persons.** Exact numbers of them are for who holds the rows on both sides. Everybody else is told
what follows from the latest release and from the buildings, which all may see: persons a unit was
released with are taken to live where its homes are, in proportion to their floor area, and what
comes out is rounded. So no two positions of a border tell more of a home than the release does.
People in care are counted for who may see care on both sides, and for nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection, any_, func, select

from gis.access.viewer import Ranges, Viewer
from gis.city import City
from gis.division.delta import EXCLUSIVE, Delta
from gis.division.division import Division
from gis.division.rings import Rings
from gis.tables import unit_version
from layers import moving
from layers.disclosure import is_personal
from layers.impact_shapes import Shape, Shapes, Sides
from layers.impact_tree import Flow, Heights
from layers.moving import Moving, Vector
from layers.stored_numbers import StoredNumbers

NUMBERS: Mapping[str, tuple[int, str]] = {
    "households": (moving.HOUSEHOLDS, "households"),
    "buildings": (moving.BUILDINGS, "buildings"),
    "floor_area": (moving.FLOOR_AREA, "buildings.floor_area_m2"),
    "people": (moving.PEOPLE, "people"),
    "people_60": (moving.PEOPLE_60, "people.age_group.60"),
    "care": (moving.CARE, ""),
    "open_incidents": (moving.OPEN, "incidents.status.open"),
}
"""What is counted, by its key: where it stands in a row's vector, and the stored measure."""

AREA = "area_m2"
ROUNDED_TO = 10
CARE_MEASURES = "people.care"


@dataclass(frozen=True)
class Value:
    """A number before and after; None where it is not told."""

    before: float | None
    after: float | None
    is_exact: bool


@dataclass(frozen=True)
class Row:
    """What a change does to one unit."""

    unit: int
    # Loses, gains, both, same.
    side: str
    values: Mapping[str, Value]
    pieces: int | None
    compactness: Sides | None
    # From the target, as a share of it.
    deviation: Sides | None


@dataclass(frozen=True)
class Numbers:
    """What a change does to the units of one level."""

    level: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass
class _Sum:
    """What goes into a unit, less what goes out of it."""

    exact: Vector = field(default_factory=moving.nothing)
    # The same by what was released, for who may not know better.
    told: Vector = field(default_factory=moving.nothing)
    is_held: bool = True
    is_cared: bool = True


class Impact:
    """The numbers of one draft, for one viewer."""

    def __init__(
        self, viewer: Viewer, city: City, within: Iterable[int], measure: str | None = None
    ) -> None:
        self._seen, self._care = viewer.units, viewer.care
        self._city = city
        self._within = tuple(within)
        self._measure = measure
        self._moving = Moving(measure)
        self._stored = StoredNumbers(self._names(), care=moving.CARE)
        self._shapes = Shapes(city)
        # How many exclusive units lie directly in a unit today.
        self._exclusive: dict[int, int] = {}

    def numbers(
        self,
        db: Connection,
        division: Division,
        total: Delta,
        *,
        level: int | None = None,
        is_kept: bool = True,
    ) -> Numbers:
        """Return the numbers of the units that a change concerns.

        Parameters
        ----------
        division
            After the change.
        total
            From today on.
        level
            Of which level; by default the widest at which ground changes hands, but none wider
            than the units the draft was made for.
        is_kept
            Whether the change stands: then the next one is counted from there.
        """
        shifted = self._moving.at(db, division, total, is_kept=is_kept)
        heights = Heights(division, total)
        at = level or heights.level(self._within)
        flows = heights.flows(shifted.pairs, at)
        shown = self._shown(heights, flows, at)
        needed = {n for flow in flows for n in heights.line(flow.home)} | shown
        needed |= {c for f in flows if f.is_rest for c in heights.children_today(f.home)}
        parents = {p for n in shown if (p := heights.parent_today(n)) is not None}
        needed |= parents
        self._count_exclusive(db, parents)
        self._stored.load(db, {n for n in needed if n > 0})
        if self._care:
            whole = {f.home for f in flows if f.is_rest}
            whole |= {c for n in whole for c in heights.children_today(n)} | shown
            self._stored.load_care(db, {n for n in whole if n > 0})
        sums = self._sums(heights, flows)
        shapes = self._shapes.of(db, heights, shown, at)
        rows = [self._row(n, at, heights, sums.get(n, _Sum()), shapes[n]) for n in sorted(shown)]
        order = ("loses", "both", "gains", "same")
        rows.sort(key=lambda row: (order.index(row.side), row.unit < 0, abs(row.unit)))
        keys = [key for key in self._keys() if any(key in row.values for row in rows)]
        return Numbers(at, tuple(keys), tuple(rows))

    def _count_exclusive(self, db: Connection, parents: set[int]) -> None:
        asked = sorted(parents - self._exclusive.keys())
        if asked:
            v = unit_version.c
            query = (
                select(v.parent_id, func.count())
                .where(
                    v.parent_id == any_(asked),  # type: ignore[arg-type]
                    v.kind == EXCLUSIVE,
                    func.upper_inf(v.valid),
                )
                .group_by(v.parent_id)
            )
            self._exclusive |= {**dict.fromkeys(asked, 0), **dict(db.execute(query).all())}

    def outline(self, unit: int) -> Rings:
        """Return the outline of a unit of the numbers told last, after the change."""
        return self._shapes.after(unit)

    def _names(self) -> dict[int, str]:
        names = {place: name for place, name in NUMBERS.values() if name}
        return names | ({moving.CHOSEN: self._measure} if self._measure else {})

    def _keys(self) -> tuple[str, ...]:
        return (*NUMBERS, AREA, *((self._measure,) if self._measure else ()))

    def _shown(self, heights: Heights, flows: Iterable[Flow], level: int) -> set[int]:
        shown = {n for flow in flows for n in (flow.giver, flow.taker)}
        shown |= heights.changed(level)
        return shown | {n for n in self._within if heights.is_of(n, level)}

    def _sums(self, heights: Heights, flows: Iterable[Flow]) -> dict[int, _Sum]:
        sums: dict[int, _Sum] = {}
        for flow in flows:
            exact = flow.adds + (self._own(heights, flow.home) if flow.is_rest else 0.0)
            held = _within(self._seen, flow.home) and _within(self._seen, flow.now)
            cared = _within(self._care, flow.home) and _within(self._care, flow.now)
            told = exact if held else self._told(heights, flow, exact)
            for unit, sign in ((flow.giver, -1), (flow.taker, 1)):
                here = sums.setdefault(unit, _Sum())
                here.exact = here.exact + sign * exact
                # What one side is told to lose the other is told to gain.
                here.told = here.told + sign * _rounded(told)
                here.is_held &= held
                here.is_cared &= cared
        return sums

    def _own(self, heights: Heights, unit: int) -> Vector:
        """Return what hangs on a unit itself: all of a face; of others what no child has."""
        found = self._stored.vector(unit)
        for child in heights.children_today(unit):
            found = found - self._stored.vector(child)
        return found

    def _told(self, heights: Heights, flow: Flow, exact: Vector) -> Vector:
        """Return what a flow comes to by the release: persons by the floor area of homes."""
        found = exact.copy()
        line = heights.line(flow.home)
        share = self._share_of_homes(heights, flow)
        released = self._stored.vector(line[0])
        people = np.nan_to_num(released[moving.PEOPLE]) * share
        for place, name in self._names().items():
            if not is_personal(name):
                continue
            if not np.isnan(released[place]):
                found[place] = released[place] * share
                continue
            # Not told of so small a unit: the share of people it has in the one around it.
            found[place] = 0.0
            for above in line[1:]:
                wide = self._stored.vector(above)
                if not np.isnan(wide[place]) and wide[moving.PEOPLE] > 0:
                    found[place] = people * wide[place] / wide[moving.PEOPLE]
                    break
        return found

    def _share_of_homes(self, heights: Heights, flow: Flow) -> float:
        if flow.is_rest and not heights.is_face_today(flow.home):
            # What hangs between units was never released.
            return 0.0
        whole = self._moving.whole(flow.home)
        homes = moving.HOME_AREA if whole[moving.HOME_AREA] else moving.FLOOR_AREA
        part = flow.adds[homes] / whole[homes] if whole[homes] else 0.0
        return float(part + 1.0 if flow.is_rest else part)

    def _row(self, unit: int, level: int, heights: Heights, here: _Sum, shape: Shape) -> Row:
        is_held = here.is_held and _within(self._seen, unit)
        is_cared = here.is_cared and _within(self._care, unit)
        is_gone = heights.is_gone(unit)
        stored = moving.nothing() if unit < 0 else self._stored.vector(unit)
        values: dict[str, Value] = {}
        for key in self._keys():
            if key == AREA:
                values[key] = Value(shape.area_m2.before, shape.area_m2.after, is_exact=True)
                continue
            place, name = NUMBERS.get(key) or (moving.CHOSEN, self._measure or "")
            needs_care = key == "care" or name.startswith(CARE_MEASURES)
            if needs_care and not is_cared:
                continue
            is_exact = is_held or not (needs_care or is_personal(name))
            values[key] = _value(stored[place], here, place, is_exact=is_exact, is_gone=is_gone)
        deviation = self._deviation(unit, level, heights, values["households"])
        return Row(unit, shape.side, values, shape.pieces, shape.compactness, deviation)

    def _deviation(self, unit: int, level: int, heights: Heights, value: Value) -> Sides | None:
        """Return how far households are from the city's target, or the mean of basic siblings.

        None for an exclusive unit: nobody is meant to live in it.
        """
        here = heights.division.units.get(unit) or heights.today(unit)
        if here is not None and here.kind == EXCLUSIVE:
            return None
        target = self._city.limits.get(f"{self._level_key(level)}_households_target")
        before = after = target
        parent = heights.parent_today(unit)
        if target is None and parent is not None:
            whole = self._stored.vector(parent)[moving.HOUSEHOLDS]
            was, now = heights.siblings(parent, self._exclusive[parent])
            before = whole / was if was else None
            after = whole / now if now else None
        return Sides(_share(value.before, before), _share(value.after, after))

    def _level_key(self, level: int) -> str:
        keys = {one.number: one.key for one in self._city.main.levels}
        return keys.get(level, "")


def _value(stored: float, here: _Sum, place: int, *, is_exact: bool, is_gone: bool) -> Value:
    if np.isnan(stored):
        return Value(None, None, is_exact)
    if is_exact:
        after = 0.0 if is_gone else float(stored + here.exact[place])
        return Value(float(stored), after, is_exact=True)
    before = float(_rounded(stored))
    after = 0.0 if is_gone else max(0.0, before + float(here.told[place]))
    return Value(before, after, is_exact=False)


def _rounded(n: Vector | float) -> Vector:
    """Return numbers rounded to tens, halves upwards, and of what is below zero the same."""
    rounded: Vector = np.floor(np.asarray(n) / ROUNDED_TO + 0.5) * ROUNDED_TO
    return rounded


def _share(value: float | None, target: float | None) -> float | None:
    if value is None or not target or np.isnan(target):
        return None
    return round(value / target - 1, 4)


def _within(ranges: Ranges, unit: int) -> bool:
    """Whether a unit is among some; one that the draft makes is as its ground is."""
    return unit < 0 or any(low <= unit <= high for low, high in ranges)
