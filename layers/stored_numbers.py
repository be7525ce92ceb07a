"""Stored numbers of some units as vectors: as the viewer may know them, read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from sqlalchemy import Connection, any_, func, select

from gis.access.views import care_place, is_seen
from gis.access.views import seen_count as counted
from gis.tables import measure, unit_version
from layers import disclosure
from layers.moving import Vector, nothing

_c = unit_version.c


class StoredNumbers:
    """Numbers of units, by where they stand in a vector; NaN where one is not told.

    Parameters
    ----------
    names
        Measures by their place in the vector.
    care
        The place of people in care, which no measure counts.
    """

    def __init__(self, names: Mapping[int, str], care: int) -> None:
        self._names = dict(names)
        self._care = care
        self._known: dict[int, Vector] = {}
        # Units whose people in care were counted.
        self._counted: set[int] = set()

    def vector(self, unit: int) -> Vector:
        """Return the numbers of a unit that was loaded."""
        return self._known[unit]

    def load(self, db: Connection, units: Iterable[int]) -> None:
        """Read the numbers of units that were not read yet."""
        lacking = sorted(set(units) - self._known.keys())
        if not lacking:
            return
        found = dict[int, dict[str, int | None]]((n, {}) for n in lacking)
        query = (
            select(counted.c.unit_id, measure.c.name, counted.c.n)
            .join(measure, measure.c.id == counted.c.measure_id)
            .where(
                counted.c.unit_id == any_(lacking),  # type: ignore[arg-type]
                measure.c.name.in_(self._names.values()),
            )
        )
        for unit, name, n in db.execute(query):
            found[unit][name] = n
        absent = self._absent(db, lacking, found)
        for unit, numbers in found.items():
            vector = nothing()
            for place, name in self._names.items():
                n = numbers[name] if name in numbers else absent[unit].get(name)
                vector[place] = np.nan if n is None else n
            self._known[unit] = vector

    def _absent(
        self, db: Connection, units: list[int], found: Mapping[int, Mapping[str, object]]
    ) -> dict[int, dict[str, int | None]]:
        """Return what it means of each unit that a number is not there: zero, or not told."""
        told = disclosure.of(db)
        query = select(_c.unit_id, _c.zoning_id, _c.level, is_seen(_c.unit_id)).where(
            _c.unit_id == any_(units),  # type: ignore[arg-type]
            func.upper_inf(_c.valid),
        )
        absent: dict[int, dict[str, int | None]] = {n: {} for n in units}
        for unit, zoning_id, level, seen in db.execute(query):
            for name in self._names.values():
                if name not in found[unit]:
                    is_zero = told.is_told(name, zoning_id, level, is_seen=seen)
                    absent[unit][name] = 0 if is_zero else None
        return absent

    def load_care(self, db: Connection, units: Iterable[int]) -> None:
        """Count the people in care, in units and all below them, that the viewer knows of."""
        lacking = sorted(set(units) - self._counted)
        if not lacking:
            return
        below = unit_version.alias("below")
        inside = select(_c.unit_id.label("above"), below.c.unit_id).where(
            _c.unit_id == any_(lacking),  # type: ignore[arg-type]
            below.c.zoning_id == _c.zoning_id,
            below.c.lft.between(_c.lft, _c.rgt),
            func.upper_inf(_c.valid),
            func.upper_inf(below.c.valid),
        )
        above: dict[int, list[int]] = {}
        for number, unit in db.execute(inside):
            above.setdefault(unit, []).append(number)
        # The units by name, else the planner reads everybody to find the few in care.
        query = (
            select(care_place.c.unit_id, func.sum(care_place.c.count))
            .where(care_place.c.unit_id == any_(sorted(above)))  # type: ignore[arg-type]
            .group_by(care_place.c.unit_id)
        )
        for unit, n in db.execute(query):
            for number in above[unit]:
                self._known[number][self._care] += int(n)
        self._counted |= set(lacking)
